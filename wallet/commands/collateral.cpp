#include <fmt/format.h>

#include <sstream>

#include "vm/base/hex.hpp"
#include "wallet/amount.hpp"
#include "wallet/commands/agreement.hpp"
#include "wallet/commands/allowance.hpp"
#include "wallet/commands/collateral_terms.hpp"
#include "wallet/commands/deployment.hpp"
#include "wallet/commands/program.hpp"
#include "wallet/commands/written.hpp"
#include "wallet/moment.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/history.hpp"
#include "wallet/session/terminal.hpp"

namespace talea::wallet {
namespace {

constexpr const char* template_name = "CollateralVault";
constexpr std::uint64_t power_pledge = 1;    // Powers.PLEDGE
constexpr const char* as_needed = "needed";  // in place of an amount, at close-out

struct Given {
    std::string vault, token, amount, in, out, evidence, reason, costs = "0", day, terms_file, book_name;
    std::uint64_t id = 0;
    bool terms = false;
};

/// The vault and agreement that a command names.
Result<Agreement> find_agreement(Session& session, const Given& given) {
    const auto vault = session.resolve(given.vault);
    if (!vault) return std::unexpected(vault.error());
    return read_agreement(session, *vault, given.id);
}

std::string words_of(const TokenTerms& token, const vm::u256& amount) {
    return format_amount(amount, token.decimals) + " " + token.symbol;
}

Order order_of(const Agreement& agreement, const std::string& words, std::string_view function,
               const std::vector<abi::Value>& arguments) {
    return {.title = fmt::format("{} (agreement {})", words, agreement.id),
            .to = agreement.vault,
            .data = encode_call(template_name, function, arguments),
            .value = {}};
}

Result<void> send(Session& session, const Agreement& agreement, const std::string& words, std::string_view function,
                  std::vector<abi::Value> arguments) {
    arguments.insert(arguments.begin(), abi::number(agreement.id));
    const auto outcome = carry_out(session, order_of(agreement, words, function, arguments));
    if (!outcome) return std::unexpected(outcome.error());
    return {};
}

/// A token of the schedule and an amount of it.
struct Lot {
    TokenTerms token;
    vm::u256 amount;
    const Position* position;
};

Result<Lot> read_lot(Session& session, const Agreement& agreement, const std::string& token_name,
                     const std::string& amount_text) {
    const auto token = find_token(session, token_name);
    if (!token) return std::unexpected(token.error());
    const auto position = agreement.find(*token);
    if (!position) return std::unexpected(position.error());
    if (amount_text == as_needed) {
        if ((*position)->close_price.is_zero())
            return fail(Exit::refused, "no price of " + token->symbol + " is frozen: nothing is being closed out");
        return Lot{*token, {}, *position};
    }
    const auto amount = parse_token_amount(amount_text, *token);
    if (!amount) return std::unexpected(amount.error());
    if (amount->bit_width() > 128) return fail(Exit::usage, "the amount " + amount_text + " is too large");
    return Lot{*token, *amount, *position};
}

/// "TFUND 1000"
Result<Lot> read_lot(Session& session, const Agreement& agreement, const std::string& text, const char* option) {
    std::istringstream words(text);
    std::string token, amount, more;
    words >> token >> amount;
    if (amount.empty() || words >> more)
        return fail(Exit::usage, fmt::format("\"{}\" is no lot; give {} as \"TFUND 1000\"", text, option));
    return read_lot(session, agreement, token, amount);
}

// ---------------------------------------------------------------- agreement

Result<void> agree(Session& session, const Given& given) {
    const auto vault = session.resolve(given.vault);
    if (!vault) return std::unexpected(vault.error());
    const auto terms = read_terms_file(session, given.terms_file);
    if (!terms) return std::unexpected(terms.error());
    const auto outcome = carry_out(
        session, {.title = fmt::format("propose the agreement of {} between {} and {}", given.terms_file,
                                       session.describe(terms->secured_party), session.describe(terms->pledgor)),
                  .to = *vault,
                  .data = encode_call(template_name, "agree", terms->arguments),
                  .value = {}});
    if (!outcome) return std::unexpected(outcome.error());
    if (!*outcome) return {};
    const auto agreed = find_event((*outcome)->receipt, template_name, "Agreed");
    if (!agreed) return fail(Exit::refused, "the receipt holds no agreement");
    const std::uint64_t id = (*agreed)["id"].word.low_u64();
    say(fmt::format("its number is {}; the other party accepts it", id));
    session.note("agreement", id);
    if (!session.settings().json) print(std::to_string(id));
    return {};
}

Result<void> accept(Session& session, const Given& given) {
    const auto agreement = find_agreement(session, given);
    if (!agreement) return std::unexpected(agreement.error());
    const auto terms = read_contract(session, agreement->vault, template_name, "termsOf", {abi::number(given.id)});
    if (!terms) return std::unexpected(terms.error());
    say(terms_to_json(session, *terms).dump(2));
    return send(session, *agreement, "accept these terms", "accept", {});
}

Result<void> state_exposure(Session& session, const Given& given) {
    const auto agreement = find_agreement(session, given);
    if (!agreement) return std::unexpected(agreement.error());
    const auto amount = read_decimal(given.amount, collateral_cash_decimals, "the exposure");
    if (!amount) return std::unexpected(amount.error());
    return send(session, *agreement, "state an exposure of " + format_cash(*amount), "stateExposure",
                {abi::number(*amount), abi::hash(text_hash(given.evidence))});
}

// ---------------------------------------------------------------- collateral

Result<void> post(Session& session, const Given& given) {
    const auto agreement = find_agreement(session, given);
    if (!agreement) return std::unexpected(agreement.error());
    const auto lot = read_lot(session, *agreement, given.token, given.amount);
    if (!lot) return std::unexpected(lot.error());
    const std::vector<abi::Value> arguments{abi::number(given.id), abi::address(lot->token.address),
                                            abi::number(lot->amount)};
    const auto outcome = carry_out_with_allowance(
        session,
        order_of(
            *agreement,
            fmt::format("{} {}", lot->position->in_place ? "pledge" : "deliver", words_of(lot->token, lot->amount)),
            "post", arguments),
        lot->token, lot->amount);
    if (!outcome) return std::unexpected(outcome.error());
    if (!*outcome) return {};
    const auto posted = find_event((*outcome)->receipt, template_name, "Posted");
    if (posted) say("it counts " + format_cash((*posted)["value"].word));
    if (find_event((*outcome)->receipt, template_name, "CallMet")) say("the call is met");
    return {};
}

Result<void> release(Session& session, const Given& given) {
    const auto agreement = find_agreement(session, given);
    if (!agreement) return std::unexpected(agreement.error());
    const auto lot = read_lot(session, *agreement, given.token, given.amount);
    if (!lot) return std::unexpected(lot.error());
    return send(session, *agreement, "take back " + words_of(lot->token, lot->amount), "release",
                {abi::address(lot->token.address), abi::number(lot->amount)});
}

Result<void> substitute(Session& session, const Given& given) {
    const auto agreement = find_agreement(session, given);
    if (!agreement) return std::unexpected(agreement.error());
    const auto in = read_lot(session, *agreement, given.in, "--in");
    if (!in) return std::unexpected(in.error());
    const auto out = read_lot(session, *agreement, given.out, "--out");
    if (!out) return std::unexpected(out.error());
    const std::vector<abi::Value> arguments{abi::number(given.id), abi::address(in->token.address),
                                            abi::number(in->amount), abi::address(out->token.address),
                                            abi::number(out->amount)};
    const auto outcome = carry_out_with_allowance(
        session,
        order_of(
            *agreement,
            fmt::format("post {} and take back {}", words_of(in->token, in->amount), words_of(out->token, out->amount)),
            "substitute", arguments),
        in->token, in->amount);
    if (!outcome) return std::unexpected(outcome.error());
    return {};
}

// ---------------------------------------------------------------- calls and default

Result<void> call(Session& session, const Given& given) {
    const auto agreement = find_agreement(session, given);
    if (!agreement) return std::unexpected(agreement.error());
    const std::vector<abi::Value> arguments(1, abi::number(given.id));
    const auto outcome =
        carry_out(session, order_of(*agreement,
                                    fmt::format("call {}, for a deficit of {}", format_cash(agreement->callable),
                                                format_cash(agreement->deficit)),
                                    "call", arguments));
    if (!outcome) return std::unexpected(outcome.error());
    if (!*outcome) return {};
    const auto called = find_event((*outcome)->receipt, template_name, "Called");
    if (!called) return {};
    const std::string amount = format_cash((*called)["amount"].word),
                      due = format_moment((*called)["due"].word.low_u64()),
                      cure = format_moment((*called)["cureUntil"].word.low_u64());
    session.note("amount", amount);
    session.note("due", due);
    session.note("cureUntil", cure);
    say(fmt::format("called {}, due {}, to be cured until {}", amount, due, cure));
    if (!session.settings().json) print(amount);
    return {};
}

Result<void> dispute(Session& session, const Given& given, bool decides) {
    const auto agreement = find_agreement(session, given);
    if (!agreement) return std::unexpected(agreement.error());
    const auto amount = read_decimal(given.amount, collateral_cash_decimals, "the dispute");
    if (!amount) return std::unexpected(amount.error());
    const std::string words =
        decides
            ? fmt::format("uphold {} of the {} in dispute", format_cash(*amount), format_cash(agreement->call.disputed))
            : fmt::format("dispute {} of the {} called", format_cash(*amount), format_cash(agreement->call.amount));
    return send(session, *agreement, words, decides ? "decide" : "dispute",
                {abi::number(*amount), abi::hash(text_hash(given.reason))});
}

Result<void> declare_default(Session& session, const Given& given) {
    const auto agreement = find_agreement(session, given);
    if (!agreement) return std::unexpected(agreement.error());
    return send(session, *agreement,
                fmt::format("declare default of {}, for {} that was called and lacks",
                            session.describe(agreement->pledgor), format_cash(agreement->standing)),
                "declareDefault", {abi::hash(text_hash(given.evidence))});
}

// ---------------------------------------------------------------- close-out

Result<void> close_out(Session& session, const Given& given) {
    const auto agreement = find_agreement(session, given);
    if (!agreement) return std::unexpected(agreement.error());
    const auto costs = read_decimal(given.costs, collateral_cash_decimals, "costs");
    if (!costs) return std::unexpected(costs.error());
    std::string prices;
    for (const Position& position : agreement->positions) {
        if (!position.posted.is_zero())
            prices += fmt::format(", {} at {}", words_of(position.token, position.posted),
                                  format_amount(position.price, collateral_price_decimals));
    }
    return send(session, *agreement,
                fmt::format("close out an exposure of {} and costs of {}{}", format_cash(agreement->exposure),
                            format_cash(*costs), prices),
                "closeOut", {abi::number(*costs), abi::hash(text_hash(given.evidence))});
}

/// The units named, or the fewest that cover what costs and exposure still lack.
vm::u256 units_to_sell(const Agreement& agreement, const Lot& lot, const Given& given, std::uint64_t discount_bps) {
    if (given.amount != as_needed) return lot.amount;
    return std::min(lot.position->posted, units_for(*lot.position, agreement.needed(), discount_bps));
}

Result<void> buy(Session& session, const Given& given) {
    const auto agreement = find_agreement(session, given);
    if (!agreement) return std::unexpected(agreement.error());
    const auto lot = read_lot(session, *agreement, given.token, given.amount);
    if (!lot) return std::unexpected(lot.error());
    const auto cash = find_token(session, vm::to_hex(agreement->cash));
    if (!cash) return std::unexpected(cash.error());
    const vm::u256 units = units_to_sell(*agreement, *lot, given, agreement->discount_bps);
    const vm::u256 price = cash_for(*lot->position, units, agreement->discount_bps);
    const std::vector<abi::Value> arguments{abi::number(given.id), abi::address(lot->token.address),
                                            abi::number(units)};
    const auto outcome = carry_out_with_allowance(
        session,
        order_of(*agreement, fmt::format("buy {} for {}", words_of(lot->token, units), words_of(*cash, price)), "buy",
                 arguments),
        *cash, price);
    if (!outcome) return std::unexpected(outcome.error());
    return {};
}

Result<void> redeem(Session& session, const Given& given) {
    const auto agreement = find_agreement(session, given);
    if (!agreement) return std::unexpected(agreement.error());
    const auto lot = read_lot(session, *agreement, given.token, given.amount);
    if (!lot) return std::unexpected(lot.error());
    const vm::u256 units = units_to_sell(*agreement, *lot, given, 0);
    const std::vector<abi::Value> arguments{abi::number(given.id), abi::address(lot->token.address),
                                            abi::number(units)};
    const auto outcome = carry_out(
        session,
        order_of(*agreement,
                 fmt::format("have {} redeem {}", session.describe(lot->position->fund), words_of(lot->token, units)),
                 "redeemInFund", arguments));
    if (!outcome) return std::unexpected(outcome.error());
    if (!*outcome) return {};
    const auto redeemed = find_event((*outcome)->receipt, template_name, "RedeemedInFund");
    if (!redeemed) return {};
    const std::string day = format_day(static_cast<std::uint32_t>((*redeemed)["requestId"].word.low_u64()));
    session.note("units", format_amount(units, lot->token.decimals));
    session.note("dealingDay", day);
    say("its dealing day is " + day);
    if (!session.settings().json) print(day);
    return {};
}

Result<void> collect(Session& session, const Given& given) {
    const auto agreement = find_agreement(session, given);
    if (!agreement) return std::unexpected(agreement.error());
    const auto token = find_token(session, given.token);
    if (!token) return std::unexpected(token.error());
    const auto day = read_day(given.day);
    if (!day) return std::unexpected(day.error());
    return send(session, *agreement, fmt::format("collect what the fund pays for {} of {}", token->symbol, given.day),
                "collect", {abi::address(token->address), abi::number(*day)});
}

Result<void> take_cash(Session& session, const Given& given) {
    const auto agreement = find_agreement(session, given);
    if (!agreement) return std::unexpected(agreement.error());
    const auto amount = given.amount == as_needed ? Result<vm::u256>(agreement->needed())
                                                  : read_decimal(given.amount, collateral_cash_decimals, "the cash");
    if (!amount) return std::unexpected(amount.error());
    return send(session, *agreement, "take " + format_cash(*amount) + " of pledged cash", "takeCash",
                {abi::number(*amount)});
}

/// terminate, end, claim: one number, one call.
Result<void> act(Session& session, const Given& given, const char* words, std::string_view function) {
    const auto agreement = find_agreement(session, given);
    if (!agreement) return std::unexpected(agreement.error());
    return send(session, *agreement, words, function, {});
}

// ---------------------------------------------------------------- set-up and tables

Result<void> admit(Session& session, const Given& given) {
    const auto vault = session.resolve(given.vault);
    if (!vault) return std::unexpected(vault.error());
    const auto token = find_token(session, given.token);
    if (!token) return std::unexpected(token.error());
    return carry_out(session, fmt::format("let {} pledge and seize {}", session.describe(*vault), token->symbol),
                     token->address, "RestrictedToken", "setAdmitted",
                     {abi::address(*vault), abi::number(power_pledge)});
}

Result<void> deploy_vault(Session& session, const Given& given) {
    const std::vector<abi::Value> arguments(2, abi::address({}));
    const auto outcome = deploy(session, template_name, arguments, given.book_name);
    if (!outcome) return std::unexpected(outcome.error());
    return {};
}

Result<void> show(Session& session, const Given& given) {
    const auto agreement = find_agreement(session, given);
    if (!agreement) return std::unexpected(agreement.error());
    if (!given.terms) return show_agreement(session, *agreement);
    const auto terms = read_contract(session, agreement->vault, template_name, "termsOf", {abi::number(given.id)});
    if (!terms) return std::unexpected(terms.error());
    print(terms_to_json(session, *terms).dump(session.settings().json ? -1 : 2));
    return {};
}

Result<void> eligibility(Session& session, const Given& given) {
    const auto agreement = find_agreement(session, given);
    if (!agreement) return std::unexpected(agreement.error());
    const auto lot = read_lot(session, *agreement, given.token, given.amount);
    if (!lot) return std::unexpected(lot.error());
    return show_eligibility(session, *agreement, lot->token, lot->amount);
}

// ---------------------------------------------------------------- the command line

/// The commands of this group, all of which fill one Given.
class Commands {
  public:
    Commands(Program& program, CLI::App& group, Given& given) : program_(program), group_(group), given_(given) {}

    void add_set_up();
    void add_agreement();
    void add_collateral();
    void add_calls();
    void add_close_out();
    void add_tables();

  private:
    using Body = Result<void> (*)(Session&, const Given&);

    CLI::App& add(const char* name, const char* summary, const std::string& example, const std::string& more = {}) {
        CLI::App& command = program_.add(group_, name, summary, "talea collateral " + example, more);
        command.add_option("vault", given_.vault, "The vault, by name or address")->required();
        return command;
    }
    /// A command about one agreement.
    CLI::App& add_numbered(const char* name, const char* summary, const std::string& rest,
                           const std::string& more = {}) {
        CLI::App& command = add(name, summary, std::string(name) + " vault 1" + rest, more);
        command.add_option("number", given_.id, "The agreement's number")->required();
        return command;
    }
    void lot(CLI::App& command, const char* amount = "Decimal, in the token's units") {
        command.add_option("token", given_.token, "The token")->required();
        command.add_option("amount", given_.amount, amount)->required();
    }
    void text(CLI::App& command, const char* option, std::string& into, const char* what) {
        command.add_option(option, into, std::string(what) + ": text whose keccak is recorded, or 0x and 64 digits");
    }
    void signs(CLI::App& command, Body body) {
        program_.signs(command);
        runs(command, body);
    }
    void runs(CLI::App& command, Body body) {
        program_.run(command, [&given = given_, body](Session& session) { return body(session, given); });
    }

    Program& program_;
    CLI::App& group_;
    Given& given_;
};

void Commands::add_set_up() {
    CLI::App& deployed = program_.add(
        group_, "deploy", "Deploy a collateral vault", "talea collateral deploy --as vault",
        "Then a registrar links it to the identity that answers for it (holder add), and the COMPLIANCE of each token "
        "pledged in place admits it (collateral admit).");
    deployed.add_option("--as", given_.book_name, "Name of it in the address book");
    signs(deployed, deploy_vault);

    CLI::App& admitted = add("admit", "Let the vault pledge and seize a token, as its COMPLIANCE",
                             "admit vault TFUND --account compliance");
    admitted.add_option("token", given_.token, "The token")->required();
    signs(admitted, admit);
}

void Commands::add_agreement() {
    CLI::App& agreed = add("agree", "Propose an agreement, as one of its parties",
                           "agree vault --terms collateral-terms.json --account clearing",
                           "Prints its number. The other party accepts it.");
    agreed.add_option("--terms", given_.terms_file, "File of terms, as `collateral show --terms` prints one")
        ->required();
    signs(agreed, agree);

    signs(
        add_numbered("accept", "Accept what the other party proposed; its terms are shown first", " --account member"),
        accept);

    CLI::App& stated = add_numbered("exposure", "State the exposure, as calculation agent",
                                    " 1800000 --evidence \"margin run\" --account clearing");
    stated.add_option("exposure", given_.amount, "Decimal, in cash")->required();
    text(stated, "--evidence", given_.evidence, "What shows it");
    signs(stated, state_exposure);

    signs(add_numbered("terminate", "End an agreement: all that is posted can be taken back", " --account clearing"),
          [](Session& session, const Given& given) { return act(session, given, "end the agreement", "terminate"); });
}

void Commands::add_collateral() {
    CLI::App& posted = add_numbered("post", "Post collateral, as pledgor", " TFUND 1000000 --account member",
                                    "Where the vault may not take so much yet, approves exactly that first.");
    lot(posted);
    signs(posted, post);

    CLI::App& released =
        add_numbered("release", "Take collateral back that is not needed, as pledgor", " TFUND 1000 --account member");
    lot(released);
    signs(released, release);

    CLI::App& substituted =
        add_numbered("substitute", "Post one asset and take another back, at least as much in value, at once",
                     " --in \"USDX 506154\" --out \"TFUND 500000\" --account member");
    substituted.add_option("--in", given_.in, "\"TOKEN AMOUNT\" that is posted")->required();
    substituted.add_option("--out", given_.out, "\"TOKEN AMOUNT\" that is taken back")->required();
    signs(substituted, substitute);
}

void Commands::add_calls() {
    signs(add_numbered("call", "Call the deficit, as secured party or calculation agent", " --account clearing"), call);

    CLI::App& disputed = add_numbered("dispute", "Dispute part of what is called and not delivered, as pledgor",
                                      " 50000 --reason \"stale price\" --account member");
    disputed.add_option("amount", given_.amount, "Decimal, in cash")->required();
    text(disputed, "--reason", given_.reason, "Why");
    signs(disputed, [](Session& session, const Given& given) { return dispute(session, given, false); });

    CLI::App& decided = add_numbered("decide", "Decide a dispute, as arbiter",
                                     " 20000 --reason \"price confirmed in part\" --account arbiter");
    decided.add_option("upheld", given_.amount, "What stays called of it; decimal, in cash")->required();
    text(decided, "--reason", given_.reason, "Why");
    signs(decided, [](Session& session, const Given& given) { return dispute(session, given, true); });

    CLI::App& defaulted = add_numbered("default", "Declare default once the cure has passed, as secured party",
                                       " --evidence \"notice of 25 November\" --account clearing");
    text(defaulted, "--evidence", given_.evidence, "What shows it");
    signs(defaulted, declare_default);
}

void Commands::add_close_out() {
    constexpr const char* units = "Decimal, in the token's units; or needed: just what covers costs and exposure";
    CLI::App& closed = add_numbered("close", "Begin close-out after default: freezes exposure and prices",
                                    " --costs 2500 --evidence \"close-out notice\" --account clearing",
                                    "Then `buy`, `redeem` and `collect`, `take-cash`, `end` and `claim`.");
    closed.add_option("--costs", given_.costs, "Costs that proceeds pay first; decimal, in cash")
        ->capture_default_str();
    text(closed, "--evidence", given_.evidence, "What shows them");
    signs(closed, close_out);

    CLI::App& bought = add_numbered("buy", "Buy units at the frozen price less the discount, as a listed buyer",
                                    " TFUND needed --account carol",
                                    "Where the vault may not take the cash yet, approves exactly that first.");
    lot(bought, units);
    signs(bought, buy);

    CLI::App& redeemed = add_numbered("redeem", "Have the asset's fund redeem units, as secured party",
                                      " TFUND needed --account clearing", "Prints the dealing day.");
    lot(redeemed, units);
    signs(redeemed, redeem);

    CLI::App& collected = add_numbered("collect", "Take what the fund pays for units of a dealing day",
                                       " TFUND --day 2026-11-25 --account clearing");
    collected.add_option("token", given_.token, "The token")->required();
    collected.add_option("--day", given_.day, "The dealing day")->required();
    signs(collected, collect);

    CLI::App& taken = add_numbered("take-cash", "Take pledged cash of the agreement's own currency, as secured party",
                                   " needed --account clearing");
    taken.add_option("amount", given_.amount, "Decimal, in cash; or needed")->required();
    signs(taken, take_cash);

    signs(add_numbered("end", "End close-out once costs and exposure are covered or nothing is left",
                       " --account clearing"),
          [](Session& session, const Given& given) { return act(session, given, "end the close-out", "endCloseOut"); });
    signs(add_numbered("claim", "Take one's share of the proceeds, as a party", " --account clearing"),
          [](Session& session, const Given& given) {
              return act(session, given, "claim one's share of the proceeds", "claim");
          });
}

void Commands::add_tables() {
    CLI::App& shown = add_numbered("show", "Show an agreement: state, exposure, value, call, close-out", " --terms");
    shown.add_flag("--terms", given_.terms, "Instead: its terms, as a file of terms has them");
    program_.tabulates(shown);
    runs(shown, show);

    CLI::App& valued = add_numbered("value", "Show what is posted and required, and what a call would ask for", "");
    program_.tabulates(valued);
    runs(valued, [](Session& session, const Given& given) -> Result<void> {
        const auto agreement = find_agreement(session, given);
        if (!agreement) return std::unexpected(agreement.error());
        return show_value(session, *agreement);
    });

    CLI::App& asked = add_numbered(
        "eligibility", "Ask the four tests of an asset: liquidity, price, custody, integration", " TFUND 1000000");
    lot(asked);
    program_.tabulates(asked);
    runs(asked, eligibility);

    CLI::App& listed = add("list", "List a vault's agreements", "list vault");
    program_.tabulates(listed);
    runs(listed, [](Session& session, const Given& given) -> Result<void> {
        const auto vault = session.resolve(given.vault);
        if (!vault) return std::unexpected(vault.error());
        return list_agreements(session, *vault);
    });
}

}  // namespace

void add_collateral_commands(Program& program) {
    CLI::App& group =
        program.group("collateral", "Collateral: agree, post, value, call, substitute, default, close out");
    static Given given;
    Commands commands(program, group, given);
    commands.add_set_up();
    commands.add_agreement();
    commands.add_collateral();
    commands.add_calls();
    commands.add_close_out();
    commands.add_tables();
}

}  // namespace talea::wallet
