#include <fmt/format.h>

#include <set>

#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"
#include "wallet/amount.hpp"
#include "wallet/commands/call_words.hpp"
#include "wallet/commands/custody_reports.hpp"
#include "wallet/commands/deployment.hpp"
#include "wallet/commands/program.hpp"
#include "wallet/commands/report.hpp"
#include "wallet/moment.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/history.hpp"
#include "wallet/session/terminal.hpp"

namespace talea::wallet {
namespace {

constexpr const char* template_name = "CustodyAccount";

struct Given {
    std::string account, token, to, amount, target, function, value = "0", change, book_name;
    std::vector<std::string> arguments, signers;
    std::uint64_t id = 0, threshold = 0;
    bool all = false;
};

/// An amount of a payment or limit: 128 bits.
Result<vm::u256> parse_payment(const std::string& text, const TokenTerms& token) {
    const auto amount = parse_token_amount(text, token);
    if (amount && !(*amount >> 128).is_zero())
        return fail(Exit::usage, "the amount \"" + text + "\" is beyond what any token has");
    return amount;
}

/// ICustodyAccount.Operation, read.
struct Operation {
    vm::Address target;
    std::uint64_t state = 0;
    std::uint64_t expiry = 0;
    vm::Address proposer, token;  ///< of a payment; zero: any other call
    vm::u256 amount;
    vm::Address to;
    vm::u256 value;
    vm::Bytes data;
};

Result<Operation> read_operation(Session& session, const vm::Address& account, std::uint64_t id) {
    const auto answer = read_contract(session, account, template_name, "operation", {abi::number(id)});
    if (!answer) return std::unexpected(answer.error());
    const auto& fields = answer->front().items;
    return Operation{.target = vm::to_address(fields[0].word),
                     .state = fields[1].word.low_u64(),
                     .expiry = fields[2].word.low_u64(),
                     .proposer = vm::to_address(fields[3].word),
                     .token = vm::to_address(fields[4].word),
                     .amount = fields[5].word,
                     .to = vm::to_address(fields[6].word),
                     .value = fields[7].word,
                     .data = fields[8].bytes};
}

/// What an operation would do, in words.
Result<std::string> describe(Session& session, const Operation& operation) {
    if (!operation.token.is_zero()) {
        const auto token = find_token(session, vm::to_hex(operation.token));
        if (!token) return std::unexpected(token.error());
        return fmt::format("pay {} {} to {}", format_amount(operation.amount, token->decimals), token->symbol,
                           session.describe(operation.to));
    }
    std::string words = "call " + session.describe(operation.target);
    if (!operation.data.empty())
        words += ": " + session.with_names(abi::describe_call(known_interface(), operation.data));
    if (!operation.value.is_zero()) words += " with " + vm::to_decimal(operation.value) + " wei";
    return words;
}

/// The number of what was proposed, and whether it was executed at once.
Result<void> propose(Session& session, std::string title, const vm::Address& account, std::string_view function,
                     const std::vector<abi::Value>& arguments) {
    const auto outcome = carry_out(session, {.title = std::move(title),
                                             .to = account,
                                             .data = encode_call(template_name, function, arguments),
                                             .value = {}});
    if (!outcome) return std::unexpected(outcome.error());
    if (!*outcome) return {};
    const auto event = find_event((*outcome)->receipt, template_name, "Proposed");
    if (!event) return fail(Exit::refused, "the node's receipt names no operation");
    const std::uint64_t id = (*event)["id"].word.low_u64();
    const bool executed = find_event((*outcome)->receipt, template_name, "Executed").has_value();
    say(fmt::format("the operation's number is {}; it {}", id,
                    executed ? "is executed: this key sufficed" : "waits for further signers"));
    session.note("operation", id);
    session.note("executed", executed);
    if (!session.settings().json) print(std::to_string(id));
    return {};
}

Result<void> pay(Session& session, const Given& given) {
    const auto account = session.resolve(given.account);
    if (!account) return std::unexpected(account.error());
    const auto token = find_token(session, given.token);
    if (!token) return std::unexpected(token.error());
    const auto to = session.resolve(given.to);
    if (!to) return std::unexpected(to.error());
    const auto amount = parse_payment(given.amount, *token);
    if (!amount) return std::unexpected(amount.error());
    return propose(session,
                   fmt::format("pay {} {} to {} out of {}", format_amount(*amount, token->decimals), token->symbol,
                               session.describe(*to), session.describe(*account)),
                   *account, "pay", {abi::address(token->address), abi::address(*to), abi::number(*amount)});
}

/// Any call.
Result<void> propose_call(Session& session, const Given& given) {
    const auto account = session.resolve(given.account);
    if (!account) return std::unexpected(account.error());
    const auto target = session.resolve(given.target);
    if (!target) return std::unexpected(target.error());
    const auto value = vm::u256_from_decimal(given.value);
    if (!value) return fail(Exit::usage, "the value \"" + given.value + "\" is no whole number of wei");
    const auto called = parse_call_words(given.function);
    if (!called) return std::unexpected(called.error());
    const auto data = encode_call_words(session, *called, given.arguments);
    if (!data) return std::unexpected(data.error());
    return propose(session,
                   fmt::format("propose that {} calls {} of {}", session.describe(*account), called->inputs.canonical(),
                               session.describe(*target)),
                   *account, "propose", {abi::address(*target), abi::number(*value), abi::bytes(*data)});
}

/// A change of the account by itself: which function, and what it takes.
struct ChangeKind {
    const char *word, *function;
    std::size_t arguments;
    const char* takes;
};
constexpr ChangeKind change_kinds[] = {{"add-signer", "addSigner", 1, "add-signer ACCOUNT"},
                                       {"remove-signer", "removeSigner", 1, "remove-signer ACCOUNT"},
                                       {"replace-signer", "replaceSigner", 2, "replace-signer LOST REPLACEMENT"},
                                       {"threshold", "setThreshold", 1, "threshold NUMBER"},
                                       {"limit", "setLimit", 3, "limit TOKEN AMOUNT KEYS"}};

Result<std::uint64_t> parse_count(const std::string& text, const char* of) {
    const auto count = vm::u256_from_decimal(text);
    if (!count || !count->fits_u64() || count->low_u64() > 255)
        return fail(Exit::usage, fmt::format("\"{}\" is no number of {}", text, of));
    return count->low_u64();
}

Result<std::vector<abi::Value>> understand(Session& session, const ChangeKind& kind,
                                           const std::vector<std::string>& texts) {
    std::vector<abi::Value> values;
    if (kind.function == std::string_view("setThreshold")) {
        const auto threshold = parse_count(texts[0], "signers");
        if (!threshold) return std::unexpected(threshold.error());
        values.push_back(abi::number(*threshold));
        return values;
    }
    if (kind.function == std::string_view("setLimit")) {
        const auto token = find_token(session, texts[0]);
        if (!token) return std::unexpected(token.error());
        const auto amount = parse_payment(texts[1], *token);
        if (!amount) return std::unexpected(amount.error());
        const auto keys = parse_count(texts[2], "keys");
        if (!keys) return std::unexpected(keys.error());
        return std::vector<abi::Value>{abi::address(token->address), abi::number(*amount), abi::number(*keys)};
    }
    for (const std::string& text : texts) {
        const auto signer = session.resolve(text);
        if (!signer) return std::unexpected(signer.error());
        values.push_back(abi::address(*signer));
    }
    return values;
}

Result<void> change(Session& session, const Given& given) {
    const auto account = session.resolve(given.account);
    if (!account) return std::unexpected(account.error());
    const ChangeKind* kind =
        std::ranges::find_if(change_kinds, [&](const ChangeKind& each) { return given.change == each.word; });
    if (kind == std::end(change_kinds)) {
        return fail(Exit::usage, "\"" + given.change +
                                     "\" is no change; add-signer, remove-signer, replace-signer, threshold and limit "
                                     "are");
    }
    if (given.arguments.size() != kind->arguments)
        return fail(Exit::usage, fmt::format("write it as `talea custody change {} {}`", given.account, kind->takes));
    const auto values = understand(session, *kind, given.arguments);
    if (!values) return std::unexpected(values.error());
    std::string words;
    for (const std::string& argument : given.arguments) words += " " + argument;
    return propose(
        session, fmt::format("propose the change {}{} of {}", kind->word, words, session.describe(*account)), *account,
        "propose",
        {abi::address(*account), abi::number(0), abi::bytes(encode_call(template_name, kind->function, *values))});
}

/// approve, execute, cancel: the title says what the operation would do.
Result<void> decide(Session& session, const Given& given, std::string_view word) {
    const auto account = session.resolve(given.account);
    if (!account) return std::unexpected(account.error());
    const auto operation = read_operation(session, *account, given.id);
    if (!operation) return std::unexpected(operation.error());
    std::string title = fmt::format("{} operation {} of {}", word, given.id, session.describe(*account));
    if (operation->state != 0) {
        const auto words = describe(session, *operation);
        if (!words) return std::unexpected(words.error());
        title += ": " + *words;
    }
    const abi::Value arguments[] = {abi::number(given.id)};
    const auto outcome = carry_out(
        session,
        {.title = std::move(title), .to = *account, .data = encode_call(template_name, word, arguments), .value = {}});
    if (!outcome) return std::unexpected(outcome.error());
    if (!*outcome || word == "cancel") return {};
    const bool executed = find_event((*outcome)->receipt, template_name, "Executed").has_value();
    say(executed ? "it is executed" : "it waits for further signers");
    session.note("executed", executed);
    return {};
}

Result<void> deploy_account(Session& session, const Given& given) {
    std::vector<abi::Value> signers;
    for (const std::string& name : given.signers) {
        const auto signer = session.resolve(name);
        if (!signer) return std::unexpected(signer.error());
        signers.push_back(abi::address(*signer));
    }
    const abi::Value arguments[] = {abi::list(std::move(signers)), abi::number(given.threshold)};
    const auto outcome = deploy(session, template_name, arguments, given.book_name);
    if (!outcome) return std::unexpected(outcome.error());
    return {};
}

/// What fewer keys may pay a day, of every token that has a limit.
Result<std::string> describe_limits(Session& session, const vm::Address& account) {
    const auto events = read_events(session, account, template_name, {"LimitSet"});
    if (!events) return std::unexpected(events.error());
    std::string limits;
    std::set<vm::Address> tokens;
    for (const Emitted& event : *events) tokens.insert(vm::to_address(event["token"].word));
    for (const vm::Address& address : tokens) {
        const auto token = find_token(session, vm::to_hex(address));
        if (!token) return std::unexpected(token.error());
        const auto limit = read_contract(session, account, template_name, "limitOf", {abi::address(address)});
        if (!limit) return std::unexpected(limit.error());
        const auto spent = read_word(session, account, template_name, "spentToday", {abi::address(address)});
        if (!spent) return std::unexpected(spent.error());
        const auto& fields = limit->front().items;
        if (fields[1].word.is_zero()) continue;
        limits += fmt::format("{}{} {} a day by {} keys, {} spent today", limits.empty() ? "" : "; ", token->symbol,
                              format_amount(fields[0].word, token->decimals), vm::to_decimal(fields[1].word),
                              format_amount(*spent, token->decimals));
    }
    return limits.empty() ? "none" : limits;
}

Result<void> show(Session& session, const Given& given) {
    const auto account = session.resolve(given.account);
    if (!account) return std::unexpected(account.error());
    const auto threshold = read_word(session, *account, template_name, "threshold");
    if (!threshold) return std::unexpected(threshold.error());
    const auto signers = read_contract(session, *account, template_name, "signers");
    if (!signers) return std::unexpected(signers.error());
    Report report;
    report.add("account", session.describe(*account));
    report.add("threshold", fmt::format("{} of {}", vm::to_decimal(*threshold), signers->front().items.size()));
    std::string names;
    for (const abi::Value& signer : signers->front().items)
        names += (names.empty() ? "" : ", ") + session.describe(vm::to_address(signer.word));
    report.add("signers", names);
    const auto limits = describe_limits(session, *account);
    if (!limits) return std::unexpected(limits.error());
    report.add("limits", *limits);

    const auto proposed = read_events(session, *account, template_name, {"Proposed"});
    if (!proposed) return std::unexpected(proposed.error());
    const auto now = pending_time(session);
    if (!now) return std::unexpected(now.error());
    Table table("operations", {{"id", Table::Align::right},
                               {"state"},
                               {"what"},
                               {"approvals", Table::Align::right},
                               {"expiry"},
                               {"proposer"}});
    for (const Emitted& event : *proposed) {
        const std::uint64_t id = event["id"].word.low_u64();
        if (given.id != 0 && id != given.id) continue;
        const auto operation = read_operation(session, *account, id);
        if (!operation) return std::unexpected(operation.error());
        constexpr const char* states[] = {"none", "open", "executed", "cancelled"};
        const bool expired = operation->state == 1 && operation->expiry < *now;
        if (given.id == 0 && !given.all && (operation->state != 1 || expired)) continue;
        const auto approvals = read_word(session, *account, template_name, "approvals", {abi::number(id)});
        if (!approvals) return std::unexpected(approvals.error());
        const auto words = describe(session, *operation);
        if (!words) return std::unexpected(words.error());
        table.add({std::to_string(id), expired ? "expired" : states[std::min<std::uint64_t>(operation->state, 3)],
                   *words, vm::to_decimal(*approvals), format_moment(operation->expiry),
                   session.describe(operation->proposer)});
    }
    if (given.id != 0 && table.empty()) return fail(Exit::refused, fmt::format("there is no operation {}", given.id));
    report.print(session, table);
    return {};
}

void add_show(Program& program, CLI::App& group, Given& given) {
    CLI::App& shown = program.add(group, "show", "Show signers, limits and open operations, or one operation",
                                  "talea custody show vault --all");
    shown.add_option("custody", given.account, "The custody account, by name or address")->required();
    shown.add_option("operation", given.id, "Only this one");
    shown.add_flag("--all", given.all, "Executed, cancelled and expired operations too");
    program.tabulates(shown);
    program.run(shown, [&given](Session& session) { return show(session, given); });
}

}  // namespace

void add_custody_commands(Program& program) {
    CLI::App& group = program.group("custody", "Accounts of several keys, with a daily limit for fewer");
    static Given given;
    const auto account_option = [](CLI::App& command) {
        command.add_option("custody", given.account, "The custody account, by name or address")->required();
    };

    CLI::App& deployed =
        program.add(group, "deploy", "Deploy a custody account of several keys",
                    "talea custody deploy --signer ann --signer ben --signer cho --threshold 2 --as vault",
                    "Then a registrar makes it a wallet of its owner's identity (holder add).");
    deployed.add_option("--signer", given.signers, "A signer; 1 to 16 of them")->required()->expected(1, 16);
    deployed.add_option("--threshold", given.threshold, "Signers that any operation needs")->required();
    deployed.add_option("--as", given.book_name, "Name of it in the address book");
    program.signs(deployed);
    program.run(deployed, [](Session& session) { return deploy_account(session, given); });

    CLI::App& paid = program.add(group, "pay", "Pay units out: at once within the daily limit, else proposed",
                                 "talea custody pay vault USDX bob 1000000 --account ann");
    account_option(paid);
    paid.add_option("token", given.token, "The token")->required();
    paid.add_option("to", given.to, "Who receives")->required();
    paid.add_option("amount", given.amount, "Decimal, in the token's units")->required();
    program.signs(paid);
    program.run(paid, [](Session& session) { return pay(session, given); });

    CLI::App& proposed = program.add(
        group, "propose", "Propose any call by the account, and approve it, as a signer",
        "talea custody propose vault fund \"requestRedeem(uint256,address,address)\" 1000000000 vault vault");
    account_option(proposed);
    proposed.add_option("contract", given.target, "Which contract it calls")->required();
    proposed.add_option("function", given.function, "The function's signature")->required();
    proposed.add_option("arguments", given.arguments, "Numbers, addresses or names, hex, [a,b], (a,b)");
    proposed.add_option("--value", given.value, "Wei")->capture_default_str();
    program.signs(proposed);
    program.run(proposed, [](Session& session) { return propose_call(session, given); });

    CLI::App& changed =
        program.add(group, "change", "Propose a change of signers, threshold or limits, as a signer",
                    "talea custody change vault replace-signer cho dan --account ann",
                    "Changes:\n"
                    "  add-signer ACCOUNT\n"
                    "  remove-signer ACCOUNT\n"
                    "  replace-signer LOST REPLACEMENT\n"
                    "  threshold NUMBER             signers that any operation needs\n"
                    "  limit TOKEN AMOUNT KEYS      so many keys may pay so much a day (0 0: no longer)");
    account_option(changed);
    changed.add_option("change", given.change, "Which change")->required();
    changed.add_option("arguments", given.arguments, "What it takes")->required();
    program.signs(changed);
    program.run(changed, [](Session& session) { return change(session, given); });

    struct Step {
        const char *name, *summary;
    };
    static constexpr Step steps[] = {
        {"approve", "Approve an operation; the last approval needed executes it"},
        {"execute", "Execute what is approved enough by now"},
        {"cancel", "Take an operation back, as its proposer"},
    };
    for (const Step& step : steps) {
        CLI::App& command = program.add(group, step.name, step.summary,
                                        fmt::format("talea custody {} vault 3 --account ben", step.name));
        account_option(command);
        command.add_option("operation", given.id, "The operation's number")->required();
        program.signs(command);
        program.run(command, [&step](Session& session) { return decide(session, given, step.name); });
    }
    add_show(program, group, given);
    add_custody_report_commands(program, group);
}

}  // namespace talea::wallet
