#include <fmt/format.h>

#include <sstream>

#include "vm/base/hex.hpp"
#include "wallet/amount.hpp"
#include "wallet/commands/deployment.hpp"
#include "wallet/commands/instruction.hpp"
#include "wallet/commands/program.hpp"
#include "wallet/commands/report.hpp"
#include "wallet/commands/written.hpp"
#include "wallet/moment.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/history.hpp"
#include "wallet/session/terminal.hpp"

namespace talea::wallet {
namespace {

constexpr const char* template_name = "Settlement";
constexpr std::uint64_t power_settle = 2;  // Powers.SETTLE

struct Given {
    std::string settlement, token, amount, cash, deadline, not_before, reference, trades_file, rule = "never",
                                                                                               book_name;
    std::vector<std::string> legs;
    std::uint64_t id = 0, fail_bps = 0, replaces = 0;
    bool allow = false, parties = false;
};

// ---------------------------------------------------------------- proposals

/// "TOKEN FROM TO AMOUNT", words apart by spaces.
Result<abi::Value> read_leg(Session& session, Tokens& tokens, const std::string& text) {
    std::istringstream words(text);
    std::string token_name, from_name, to_name, amount_text, more;
    words >> token_name >> from_name >> to_name >> amount_text;
    if (amount_text.empty() || words >> more) {
        return fail(
            Exit::usage,
            "\"" + text + "\" is no leg; write it as \"TOKEN FROM TO AMOUNT\", such as \"TFUND alice bob 100\"");
    }
    const auto address = session.resolve(token_name);
    if (!address) return std::unexpected(address.error());
    const auto token = tokens.find(*address);
    if (!token) return std::unexpected(token.error());
    const auto from = session.resolve(from_name);
    if (!from) return std::unexpected(from.error());
    const auto to = session.resolve(to_name);
    if (!to) return std::unexpected(to.error());
    const auto amount = parse_token_amount(amount_text, *token);
    if (!amount) return std::unexpected(amount.error());
    return abi::list({abi::address(token->address), abi::address(*from), abi::address(*to), abi::number(*amount)});
}

/// Sends the proposal and says the number it got.
Result<void> send_proposal(Session& session, const vm::Address& settlement, std::string title,
                           std::string_view function, abi::Value terms) {
    const std::vector<abi::Value> arguments(1, std::move(terms));
    const auto outcome = carry_out(session, {.title = std::move(title),
                                             .to = settlement,
                                             .data = encode_call(template_name, function, arguments),
                                             .value = {}});
    if (!outcome) return std::unexpected(outcome.error());
    if (!*outcome) return {};
    const auto proposed = find_event((*outcome)->receipt, template_name, "Proposed");
    if (!proposed) return fail(Exit::refused, "the receipt holds no proposal");
    const std::uint64_t id = (*proposed)["id"].word.low_u64();
    say("its number is " + std::to_string(id));
    session.note("instruction", id);
    if (!session.settings().json) print(std::to_string(id));
    return {};
}

Result<void> propose_netting(Session& session, const Given& given, const vm::Address& settlement,
                             std::uint64_t not_before, std::uint64_t deadline) {
    if (given.cash.empty()) return fail(Exit::usage, "name the trades' cash with --cash");
    if (given.rule != "never" && given.rule != "party")
        return fail(Exit::usage, "\"" + given.rule + "\" is no rule; never and party are");
    const auto cash = find_token(session, given.cash);
    if (!cash) return std::unexpected(cash.error());
    Tokens tokens(session);
    const auto rows = read_trades(session, tokens, given.trades_file, *cash);
    if (!rows) return std::unexpected(rows.error());
    std::vector<abi::Value> trades;
    for (const TradeRow& row : *rows) {
        trades.push_back(
            abi::list({abi::address(row.trade.seller), abi::number(row.trade.units), abi::address(row.trade.buyer),
                       abi::number(row.trade.cash), abi::address(row.trade.token)}));
    }
    std::string title =
        fmt::format("propose {} trades to be netted and settled until {}; a party that fails {}", rows->size(),
                    format_moment(deadline), given.rule == "party" ? "is dropped with its trades" : "stops them all");
    return send_proposal(session, settlement, std::move(title), "proposeNetting",
                         abi::list({abi::list(std::move(trades)), abi::address(cash->address),
                                    abi::number(given.rule == "party" ? 1U : 0U), abi::number(not_before),
                                    abi::number(deadline), abi::hash(text_hash(given.reference))}));
}

Result<void> propose(Session& session, const Given& given) {
    if (given.legs.empty() == given.trades_file.empty())
        return fail(Exit::usage, "give either --leg, as often as there are legs, or --trades FILE");
    const auto settlement = session.resolve(given.settlement);
    if (!settlement) return std::unexpected(settlement.error());
    const auto deadline = read_moment(given.deadline, "--deadline");
    if (!deadline) return std::unexpected(deadline.error());
    const auto not_before = read_moment(given.not_before, "--not-before");
    if (!not_before) return std::unexpected(not_before.error());
    if (!given.trades_file.empty()) return propose_netting(session, given, *settlement, *not_before, *deadline);
    Tokens tokens(session);
    std::vector<abi::Value> legs;
    for (const std::string& text : given.legs) {
        auto leg = read_leg(session, tokens, text);
        if (!leg) return std::unexpected(leg.error());
        legs.push_back(std::move(*leg));
    }
    const auto cash = resolve_or_zero(session, given.cash);
    if (!cash) return std::unexpected(cash.error());
    std::string title = fmt::format("propose {} legs to settle together until {}", legs.size(), given.deadline);
    return send_proposal(session, *settlement, std::move(title), "propose",
                         abi::list({abi::list(std::move(legs)), abi::address(*cash), abi::number(given.fail_bps),
                                    abi::number(*not_before), abi::number(*deadline), abi::number(given.replaces),
                                    abi::hash(text_hash(given.reference))}));
}

// ---------------------------------------------------------------- what parties say

/// "; alice gives 1,000.000000 TFUND and gets 1,012.000000 USDX"; empty where the account is no party.
Result<std::string> effect_on(Session& session, Tokens& tokens, const NetFlows& flows, const vm::Address& account) {
    std::string gives, gets;
    for (const auto& [place, flow] : flows) {
        if (place.first != account) continue;
        std::string& side = flow.gives().is_zero() ? gets : gives;
        const vm::u256 amount = flow.gives().is_zero() ? flow.gets() : flow.gives();
        if (amount.is_zero()) continue;
        const auto words = tokens.amount(place.second, amount);
        if (!words) return std::unexpected(words.error());
        side += (side.empty() ? "" : ", ") + *words;
    }
    if (gives.empty() && gets.empty()) return std::string();
    return fmt::format(": {} {}{}{}", session.name_or_address(account), gives.empty() ? "" : "gives " + gives,
                       gives.empty() || gets.empty() ? "" : " and ", gets.empty() ? "" : "gets " + gets);
}

Result<void> set_allowance(Session& session, const vm::Address& settlement, const TokenTerms& token,
                           const vm::u256& amount) {
    return carry_out(session,
                     fmt::format("let {} lock {} {} of yours", session.describe(settlement),
                                 format_amount(amount, token.decimals), token.symbol),
                     token.address, "RestrictedToken", "approve", {abi::address(settlement), abi::number(amount)});
}

/// Adds what `account` gives to what the settlement may lock of it already: net, or, where others may be dropped and
/// take with them what it gets, all of it.
Result<void> allow_outflow(Session& session, Tokens& tokens, const Instruction& instruction, const NetFlows& flows,
                           const vm::Address& account) {
    for (const auto& [place, flow] : flows) {
        const vm::u256 amount = instruction.drops_parties ? flow.given : flow.gives();
        if (place.first != account || amount.is_zero()) continue;
        const auto token = tokens.find(place.second);
        if (!token) return std::unexpected(token.error());
        const auto allowed = read_word(session, place.second, "RestrictedToken", "allowance",
                                       {abi::address(account), abi::address(instruction.settlement)});
        if (!allowed) return std::unexpected(allowed.error());
        const auto sum = vm::checked_add(*allowed, amount);
        if (!sum) continue;  // without limit already
        if (const auto done = set_allowance(session, instruction.settlement, *token, *sum); !done) return done;
    }
    return {};
}

Result<void> affirm(Session& session, const Given& given) {
    const auto settlement = session.resolve(given.settlement);
    if (!settlement) return std::unexpected(settlement.error());
    const auto signer = session.signer_address();
    if (!signer) return std::unexpected(signer.error());
    const auto instruction = read_instruction(session, *settlement, given.id);
    if (!instruction) return std::unexpected(instruction.error());
    Tokens tokens(session);
    const NetFlows flows = net_flows(instruction->legs);
    const auto effect = effect_on(session, tokens, flows, *signer);
    if (!effect) return std::unexpected(effect.error());
    if (given.allow && !(session.settings().unsigned_file.empty() && session.settings().reference.empty())) {
        return fail(Exit::usage,
                    "--allow takes a transaction a token and one more, so that one --unsigned file or --ref cannot "
                    "stand for them; use `talea settle allow` and affirm without it");
    }
    const auto affirmed = carry_out(session, fmt::format("affirm instruction {}{}", given.id, *effect), *settlement,
                                    template_name, "affirm", {abi::number(given.id)});
    if (!affirmed || !given.allow || session.settings().dry_run) return affirmed;
    return allow_outflow(session, tokens, *instruction, flows, *signer);
}

Result<void> allow(Session& session, const Given& given) {
    const auto settlement = session.resolve(given.settlement);
    if (!settlement) return std::unexpected(settlement.error());
    const auto token = find_token(session, given.token);
    if (!token) return std::unexpected(token.error());
    const auto amount = parse_token_amount(given.amount, *token);
    if (!amount) return std::unexpected(amount.error());
    return set_allowance(session, *settlement, *token, *amount);
}

/// lock, cancel: one number, one call.
Result<void> act(Session& session, const Given& given, std::string_view words, std::string_view function) {
    const auto settlement = session.resolve(given.settlement);
    if (!settlement) return std::unexpected(settlement.error());
    return carry_out(session, fmt::format("{} instruction {}", words, given.id), *settlement, template_name, function,
                     {abi::number(given.id)});
}

/// What became of a netting set: how many transfers stand for how many trades, and who was dropped.
void say_netted(Session& session, const Json& receipt) {
    const auto netted = find_event(receipt, template_name, "NetSettled");
    if (!netted) return;
    const std::uint64_t settled = (*netted)["tradesSettled"].word.low_u64(),
                        dropped = (*netted)["tradesDropped"].word.low_u64(),
                        transfers = (*netted)["transfers"].word.low_u64();
    session.note("tradesSettled", settled);
    session.note("tradesDropped", dropped);
    session.note("transfers", transfers);
    const std::string words = fmt::format("{} trades settled by {} transfers, {} dropped", settled, transfers, dropped);
    say(words);
    if (!session.settings().json) print(words);
}

Result<void> execute(Session& session, const Given& given) {
    const auto settlement = session.resolve(given.settlement);
    if (!settlement) return std::unexpected(settlement.error());
    const auto instruction = read_instruction(session, *settlement, given.id);
    if (!instruction) return std::unexpected(instruction.error());
    const std::vector<abi::Value> arguments(1, abi::number(given.id));
    const std::string title =
        instruction->netting
            ? fmt::format("net and settle {} trades of netting set {}", instruction->trades.size(), given.id)
            : fmt::format("settle {} legs of instruction {}", instruction->legs.size(), given.id);
    const auto outcome = carry_out(
        session, {.title = title,
                  .to = *settlement,
                  .data = encode_call(template_name, instruction->netting ? "settleNet" : "settle", arguments),
                  .value = {}});
    if (!outcome) return std::unexpected(outcome.error());
    if (*outcome && instruction->netting) say_netted(session, (*outcome)->receipt);
    return {};
}

// ---------------------------------------------------------------- tables

constexpr auto right = Table::Align::right;

Result<Table> table_of_legs(Session& session, Tokens& tokens, const Instruction& instruction) {
    Table table("legs", {{"token"}, {"from"}, {"to"}, {"amount", right}});
    for (const Leg& leg : instruction.legs) {
        const auto token = tokens.find(leg.token);
        if (!token) return std::unexpected(token.error());
        table.add({token->symbol, session.name_or_address(leg.from), session.name_or_address(leg.to),
                   format_amount(leg.amount, token->decimals)});
    }
    return table;
}

Result<Table> table_of_trades(Session& session, Tokens& tokens, const Instruction& instruction) {
    const auto cash = tokens.find(instruction.cash);
    if (!cash) return std::unexpected(cash.error());
    Table table("trades",
                {{"trade", right}, {"seller"}, {"buyer"}, {"token"}, {"units", right}, {"cash", right}, {"dropped"}});
    for (std::size_t i = 0; i < instruction.trades.size(); ++i) {
        const Trade& trade = instruction.trades[i];
        const auto token = tokens.find(trade.token);
        if (!token) return std::unexpected(token.error());
        const bool dropped = !((instruction.dropped >> static_cast<unsigned>(i)) & vm::u256{1}).is_zero();
        table.add({std::to_string(i + 1), session.name_or_address(trade.seller), session.name_or_address(trade.buyer),
                   token->symbol, format_amount(trade.units, token->decimals),
                   format_amount(trade.cash, cash->decimals), dropped ? "yes" : "no"});
    }
    return table;
}

/// Who gives and gets what, who has affirmed and what the settlement may lock: what is still to be done, and by whom.
Result<Table> table_of_parties(Session& session, Tokens& tokens, const Instruction& instruction) {
    Table table("parties", {{"party"}, {"affirmed"}, {"token"}, {"gives", right}, {"gets", right}, {"allowed", right}});
    std::map<vm::Address, bool> affirmed;
    std::map<std::pair<std::string, std::string>, std::vector<std::string>> rows;  // by party and token
    for (const auto& [place, flow] : net_flows(instruction.legs)) {
        const auto& [party, token_address] = place;
        if (!affirmed.contains(party)) {
            const auto said = read_word(session, instruction.settlement, template_name, "hasAffirmed",
                                        {abi::number(instruction.id), abi::address(party)});
            if (!said) return std::unexpected(said.error());
            affirmed[party] = !said->is_zero();
        }
        const auto token = tokens.find(token_address);
        if (!token) return std::unexpected(token.error());
        const auto allowed = read_word(session, token_address, "RestrictedToken", "allowance",
                                       {abi::address(party), abi::address(instruction.settlement)});
        if (!allowed) return std::unexpected(allowed.error());
        const std::string name = session.name_or_address(party);
        rows[{name, token->symbol + vm::to_hex(token_address)}] = {
            name,
            affirmed[party] ? "yes" : "no",
            token->symbol,
            format_amount(flow.gives(), token->decimals),
            format_amount(flow.gets(), token->decimals),
            *allowed == vm::u256::max() ? "any" : format_amount(*allowed, token->decimals)};
    }
    for (auto& [place, cells] : rows) table.add(std::move(cells));
    return table;
}

Result<void> show(Session& session, const Given& given) {
    const auto settlement = session.resolve(given.settlement);
    if (!settlement) return std::unexpected(settlement.error());
    const auto found = read_instruction(session, *settlement, given.id);
    if (!found) return std::unexpected(found.error());
    Tokens tokens(session);
    const auto table = given.parties    ? table_of_parties(session, tokens, *found)
                       : found->netting ? table_of_trades(session, tokens, *found)
                                        : table_of_legs(session, tokens, *found);
    if (!table) return std::unexpected(table.error());
    Report report;
    report.add(found->netting ? "nettingSet" : "instruction", std::to_string(found->id));
    report.add("state", std::string(to_string(found->state)));
    report.add("affirmed", fmt::format("{} of {}", found->affirmed, found->parties));
    if (found->netting) report.add("onFailure", found->drops_parties ? "drop the party" : "settle nothing");
    if (found->cancelling != 0) report.add("cancelling", fmt::format("{} of {}", found->cancelling, found->parties));
    if (found->not_before != 0) report.add("notBefore", format_moment(found->not_before));
    report.add("deadline", format_moment(found->deadline));
    if (found->settled_at != 0) report.add("settledAt", format_moment(found->settled_at));
    if (found->replaced_by != 0) report.add("replacedBy", std::to_string(found->replaced_by));
    if (!found->netting && !found->cash.is_zero()) {
        const auto charge = read_contract(session, *settlement, template_name, "failCharge", {abi::number(found->id)});
        if (!charge) return std::unexpected(charge.error());
        const auto words = tokens.amount(found->cash, (*charge)[2].word);
        if (!words) return std::unexpected(words.error());
        report.add("failCharge", fmt::format("{} for {} days", *words, (*charge)[1].word.low_u64()));
    }
    report.print(session, *table);
    return {};
}

/// All instructions and netting sets, from their events.
Result<void> list(Session& session, const Given& given) {
    const auto settlement = session.resolve(given.settlement);
    if (!settlement) return std::unexpected(settlement.error());
    const auto proposals = read_events(session, *settlement, template_name, {"Proposed"});
    if (!proposals) return std::unexpected(proposals.error());
    Table table("instructions",
                {{"number", right}, {"kind"}, {"state"}, {"affirmed"}, {"legs", right}, {"deadline"}, {"proposedBy"}});
    for (const Emitted& proposal : *proposals) {
        const auto found = read_instruction(session, *settlement, proposal["id"].word.low_u64());
        if (!found) return std::unexpected(found.error());
        table.add({std::to_string(found->id), found->netting ? "netting set" : "instruction",
                   std::string(to_string(found->state)), fmt::format("{} of {}", found->affirmed, found->parties),
                   std::to_string(found->legs.size()), format_moment(found->deadline),
                   session.name_or_address(vm::to_address(proposal["by"].word))});
    }
    Report().print(session, table);
    return {};
}

Result<void> admit(Session& session, const Given& given) {
    const auto settlement = session.resolve(given.settlement);
    if (!settlement) return std::unexpected(settlement.error());
    const auto token = find_token(session, given.token);
    if (!token) return std::unexpected(token.error());
    return carry_out(session, fmt::format("let {} lock and settle {}", session.describe(*settlement), token->symbol),
                     token->address, "RestrictedToken", "setAdmitted",
                     {abi::address(*settlement), abi::number(power_settle)});
}

Result<void> deploy_settlement(Session& session, const Given& given) {
    const std::vector<abi::Value> arguments(1, abi::address({}));
    const auto outcome = deploy(session, template_name, arguments, given.book_name);
    if (!outcome) return std::unexpected(outcome.error());
    return {};
}

// ---------------------------------------------------------------- the command line

void settlement_option(CLI::App& command, Given& given) {
    command.add_option("settlement", given.settlement, "The settlement, by name or address")->required();
}
void number_option(CLI::App& command, Given& given) {
    settlement_option(command, given);
    command.add_option("number", given.id, "The instruction's or netting set's number")->required();
}

void add_set_up(Program& program, CLI::App& group, Given& given) {
    CLI::App& deployed = program.add(group, "deploy", "Deploy a settlement", "talea settle deploy --as settlement",
                                     "Then each token's COMPLIANCE admits it (settle admit).");
    deployed.add_option("--as", given.book_name, "Name of it in the address book");
    program.signs(deployed);
    program.run(deployed, [&given](Session& session) { return deploy_settlement(session, given); });

    CLI::App& admitted = program.add(group, "admit", "Let the settlement lock and settle a token, as its COMPLIANCE",
                                     "talea settle admit settlement TFUND --account compliance");
    settlement_option(admitted, given);
    admitted.add_option("token", given.token, "The token")->required();
    program.signs(admitted);
    program.run(admitted, [&given](Session& session) { return admit(session, given); });

    CLI::App& allowed = program.add(group, "allow", "Say how much of yours the settlement may lock; locking uses it up",
                                    "talea settle allow settlement TFUND 1000000 --account alice");
    settlement_option(allowed, given);
    allowed.add_option("token", given.token, "The token")->required();
    allowed.add_option("amount", given.amount, "Decimal, in the token's units")->required();
    program.signs(allowed);
    program.run(allowed, [&given](Session& session) { return allow(session, given); });
}

void add_proposal(Program& program, CLI::App& group, Given& given) {
    CLI::App& proposed = program.add(
        group, "propose", "Propose legs that settle together, or trades that are netted",
        "talea settle propose settlement --leg \"TFUND alice bob 1000000\" "
        "--leg \"USDX bob alice 1012300\" --deadline 2026-11-23T21:00:00Z",
        "A file of trades is CSV with the columns seller, buyer, token, units and cash. Prints the number.");
    settlement_option(proposed, given);
    proposed.add_option("--leg", given.legs, "\"TOKEN FROM TO AMOUNT\"; 1 to 64 of them")->take_all();
    proposed.add_option("--trades", given.trades_file, "File of 1 to 100 trades to be netted");
    proposed.add_option("--deadline", given.deadline, "Last moment, at most 30 days ahead")->required();
    proposed.add_option("--not-before", given.not_before, "First moment it may settle");
    proposed.add_option("--cash", given.cash, "Token that trades are paid in, or whose legs a fail charge counts");
    proposed.add_option("--rule", given.rule, "What a party of a netting set that fails does to it: never, party");
    proposed.add_option("--fail-bps", given.fail_bps, "Fail charge, basis points of a year of 360 days")
        ->check(CLI::Range(0, 10'000));
    proposed.add_option("--replaces", given.replaces, "Expired instruction with the same legs, whose fail goes on");
    proposed.add_option("--reference", given.reference, "Text whose keccak is recorded, or 0x and 64 digits");
    program.signs(proposed);
    program.run(proposed, [&given](Session& session) { return propose(session, given); });
}

void add_steps(Program& program, CLI::App& group, Given& given) {
    CLI::App& affirmed = program.add(group, "affirm", "Affirm, as a party of it",
                                     "talea settle affirm settlement 1 --allow --account alice");
    number_option(affirmed, given);
    affirmed.add_flag("--allow", given.allow,
                      "Also let the settlement lock what you give: net, or all where parties are dropped");
    program.signs(affirmed);
    program.run(affirmed, [&given](Session& session) { return affirm(session, given); });

    CLI::App& executed = program.add(group, "execute", "Settle all at once: legs that are locked, or a netting set",
                                     "talea settle execute settlement 1 --account alice");
    number_option(executed, given);
    program.signs(executed);
    program.run(executed, [&given](Session& session) { return execute(session, given); });

    struct Step {
        const char *name, *summary, *words, *function;
    };
    static constexpr Step steps[] = {
        {"lock", "Lock what each party gives, net, once all have affirmed", "lock the legs of", "lock"},
        {"cancel", "Cancel a draft, or ask for the cancellation of what is affirmed", "cancel", "cancel"},
    };
    for (const Step& step : steps) {
        CLI::App& command = program.add(group, step.name, step.summary,
                                        fmt::format("talea settle {} settlement 1 --account alice", step.name));
        number_option(command, given);
        program.signs(command);
        program.run(command,
                    [&given, &step](Session& session) { return act(session, given, step.words, step.function); });
    }
}

void add_tables(Program& program, CLI::App& group, Given& given) {
    CLI::App& shown = program.add(group, "show", "Show an instruction and its legs, or a netting set and its trades",
                                  "talea settle show settlement 1 --parties");
    number_option(shown, given);
    shown.add_flag("--parties", given.parties, "Instead: what each party gives and gets, and what it has still to do");
    program.tabulates(shown);
    program.run(shown, [&given](Session& session) { return show(session, given); });

    CLI::App& listed =
        program.add(group, "list", "List all instructions and netting sets", "talea settle list settlement");
    settlement_option(listed, given);
    program.tabulates(listed);
    program.run(listed, [&given](Session& session) { return list(session, given); });

    static CapitalOptions capital;
    CLI::App& used = program.add(
        group, "capital", "The capital that trades bind, by the way they settle",
        "talea settle capital trades.csv --cash USDX --calendar calendar --mark TFUND=1.0123 --margin-bps 200",
        "Sums, over accounts and time, what is owed under trades agreed and unsettled times the margin rate, and the "
        "cash and units set aside for settlement; what settles together is netted by account and token. T+2, T+1 and "
        "end of day settle at the cut-off of the calendar's days, atomic gross a moment after a trade was agreed, "
        "atomic "
        "net at the end of each batch. The file is CSV with the columns agreed, seller, buyer, token, units and cash.");
    used.add_option("trades", capital.trades_file, "File of trades")->required();
    used.add_option("--cash", capital.cash, "Token that trades are paid in")->required();
    used.add_option("--calendar", capital.calendar, "Calendar of the settlement days")->required();
    used.add_option("--mark", capital.marks, "Cash for one unit of a token: TFUND=1.0123")->required()->take_all();
    used.add_option("--margin-bps", capital.margin_bps, "Margin on what is owed, basis points")
        ->required()
        ->check(CLI::Range(0, 10'000));
    used.add_option("--markets", capital.markets, "Market bits that must be open")->capture_default_str();
    used.add_option("--cut-off", capital.cut_off, "Local time of settlement runs")->capture_default_str();
    used.add_option("--set-aside", capital.set_aside, "How long before a run cash and units lie ready")
        ->capture_default_str();
    used.add_option("--atomic", capital.atomic, "From agreement to settlement of a single trade, all of it locked")
        ->capture_default_str();
    used.add_option("--batch", capital.batch, "How long trades wait to be netted together")->capture_default_str();
    program.tabulates(used);
    program.run(used, [](Session& session) { return show_capital(session, capital); });
}

}  // namespace

void add_settle_commands(Program& program) {
    CLI::App& group = program.group("settle", "Delivery versus payment: propose, affirm, lock and settle together");
    static Given given;
    add_set_up(program, group, given);
    add_proposal(program, group, given);
    add_steps(program, group, given);
    add_tables(program, group, given);
}

}  // namespace talea::wallet
