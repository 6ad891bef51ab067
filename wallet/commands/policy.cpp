#include <fmt/format.h>

#include <algorithm>

#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"
#include "wallet/commands/deployment.hpp"
#include "wallet/commands/program.hpp"
#include "wallet/commands/report.hpp"
#include "wallet/commands/rule_words.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/history.hpp"
#include "wallet/session/terminal.hpp"

namespace talea::wallet {
namespace {

struct Written {
    std::vector<std::string> rules;
    std::string file;
    std::uint64_t policy = 0;
};

/// A movement to judge.
struct Movement {
    std::string token, operation = "transfer", from, to, amount;
};

/// The rules named on the command line or in the file, as the registry takes them.
Result<abi::Value> rules_of(Session& session, Written& written) {
    if (!written.file.empty()) {
        if (!written.rules.empty()) return fail(Exit::usage, "name the rules either here or in a --file, not both");
        auto lines = read_rules_file(written.file);
        if (!lines) return std::unexpected(lines.error());
        written.rules = std::move(*lines);
    } else if (written.rules.empty()) {
        return fail(Exit::usage, "name the rules, or a file of them with --file");
    }
    return parse_rules(session, written.rules);
}

Result<void> create(Session& session, Written& written) {
    const auto rules = rules_of(session, written);
    if (!rules) return std::unexpected(rules.error());
    const abi::Value arguments[] = {*rules};
    const auto outcome = carry_out(session, {.title = fmt::format("create a policy of {} rules", written.rules.size()),
                                             .to = policies_address,
                                             .data = encode_call("IPolicies", "createPolicy", arguments),
                                             .value = {}});
    if (!outcome) return std::unexpected(outcome.error());
    if (!*outcome) return {};
    if (const auto created = find_event((*outcome)->receipt, "IPolicies", "PolicyCreated")) {
        const std::uint64_t id = (*created)["policyId"].word.low_u64();
        say(fmt::format("the policy's number is {}", id));
        session.note("policy", id);
        if (!session.settings().json) print(std::to_string(id));
    }
    return {};
}

/// A policy of the registry, read.
struct Stored {
    vm::Address owner;
    std::vector<abi::Value> rules;
};

Result<Stored> read_policy(Session& session, std::uint64_t id) {
    const auto head = read_contract(session, policies_address, "IPolicies", "policy", {abi::number(id)});
    if (!head) return std::unexpected(head.error());
    Stored stored{.owner = vm::to_address(head->front().word), .rules = {}};
    if (stored.owner.is_zero()) return fail(Exit::usage, fmt::format("there is no policy {}", id));
    auto rules = read_contract(session, policies_address, "IPolicies", "rules", {abi::number(id)});
    if (!rules) return std::unexpected(rules.error());
    stored.rules = std::move(rules->front().items);
    return stored;
}

/// Replaces the rules; before it is signed it is said which go and which come.
Result<void> set(Session& session, Written& written) {
    const auto rules = rules_of(session, written);
    if (!rules) return std::unexpected(rules.error());
    const auto before = read_policy(session, written.policy);
    if (!before) return std::unexpected(before.error());
    std::vector<std::string> old_words, new_words;
    for (const abi::Value& rule : before->rules) old_words.push_back(write_rule(rule));
    for (const abi::Value& rule : rules->items) new_words.push_back(write_rule(rule));
    for (const std::string& words : old_words)
        if (std::ranges::find(new_words, words) == new_words.end()) say("  - " + session.with_names(words));
    for (const std::string& words : new_words)
        if (std::ranges::find(old_words, words) == old_words.end()) say("  + " + session.with_names(words));
    return carry_out(
        session,
        fmt::format("replace the {} rules of policy {} by {}", old_words.size(), written.policy, new_words.size()),
        policies_address, "IPolicies", "setRules", {abi::number(written.policy), *rules});
}

Result<void> show(Session& session, std::uint64_t policy) {
    const auto stored = read_policy(session, policy);
    if (!stored) return std::unexpected(stored.error());
    Report report;
    report.add("policy", std::to_string(policy));
    report.add("owner", session.describe(stored->owner));
    Table table("rules", {{"rule", Table::Align::right}, {"words"}, {"asks"}});
    for (std::size_t i = 0; i < stored->rules.size(); ++i)
        table.add({std::to_string(i + 1), session.with_names(write_rule(stored->rules[i])),
                   explain_rule(session, stored->rules[i])});
    report.print(session, table);
    return {};
}

/// What each rule of a token's policy says of a movement, and what of it no rule is at fault for.
Result<void> explain(Session& session, const Movement& movement) {
    const auto token = find_token(session, movement.token);
    if (!token) return std::unexpected(token.error());
    if (operation_number(movement.operation) == 0)
        return fail(Exit::usage,
                    "there is no operation \"" + movement.operation +
                        "\"; transfer, issue, redeem, force, recover, pledge, seize, settle and return are");
    const auto from = resolve_or_zero(session, movement.from == "-" ? "" : movement.from);
    if (!from) return std::unexpected(from.error());
    const auto to = resolve_or_zero(session, movement.to == "-" ? "" : movement.to);
    if (!to) return std::unexpected(to.error());
    const auto amount = parse_token_amount(movement.amount, *token);
    if (!amount) return std::unexpected(amount.error());
    const auto bound =
        read_contract(session, policies_address, "IPolicies", "policyOf", {abi::address(token->address)});
    if (!bound) return std::unexpected(bound.error());
    const std::uint64_t policy = bound->front().word.low_u64();
    if (policy == 0) return fail(Exit::refused, token->symbol + " is bound to no policy");
    const auto stored = read_policy(session, policy);
    if (!stored) return std::unexpected(stored.error());
    const auto answer = session.ask("talea_preview", Json::array({Json{{"token", vm::to_hex(token->address)},
                                                                       {"operation", movement.operation},
                                                                       {"from", vm::to_hex(*from)},
                                                                       {"to", vm::to_hex(*to)},
                                                                       {"amount", vm::to_quantity(*amount)}}}));
    if (!answer) return std::unexpected(answer.error());
    const Json refusals = answer->value("refusals", Json::array());
    const auto verdict = [&](std::uint64_t rule) {
        std::string words;
        for (const Json& refusal : refusals) {
            if (refusal.value("rule", std::uint64_t{0}) != rule) continue;
            words += (words.empty() ? "" : "; ") +
                     fmt::format("refused ({}): {}", refusal.value("code", 0), refusal.value("sentence", ""));
            if (const std::string remedy = refusal.value("remedy", ""); !remedy.empty()) words += "; remedy: " + remedy;
        }
        return words.empty() ? std::string("allowed") : session.with_names(words);
    };
    Report report;
    report.add("policy", std::to_string(policy));
    report.add("allowed", refusals.empty() ? "yes" : "no");
    if (const std::string other = verdict(0); other != "allowed") report.add("besidesTheRules", other);
    Table table("rules", {{"rule", Table::Align::right}, {"asks"}, {"says"}});
    for (std::size_t i = 0; i < stored->rules.size(); ++i)
        table.add({std::to_string(i + 1), explain_rule(session, stored->rules[i]), verdict(i + 1)});
    report.print(session, table);
    return {};
}

}  // namespace

void add_policy_commands(Program& program) {
    CLI::App& group = program.group("policy", "Transfer policies: ordered rules that tokens are bound to");
    static Written written;
    static Movement movement;
    static std::string token;
    const auto rules_options = [](CLI::App& command) {
        command.add_option("rules", written.rules, "The rules, in order");
        command.add_option("--file", written.file, "File of rules, one a line");
    };

    CLI::App& made =
        program.add(group, "create", "Create a policy, owned by the signer",
                    "talea policy create known countries:deny:408,364 holders:3:3000000:50", rule_words_help);
    rules_options(made);
    program.signs(made);
    program.run(made, [](Session& session) { return create(session, written); });

    CLI::App& replaced = program.add(group, "set", "Replace a policy's rules, as its owner",
                                     "talea policy set 1 --file rules.txt --account admin", rule_words_help);
    replaced.add_option("policy", written.policy, "The policy's number")->required();
    rules_options(replaced);
    program.signs(replaced);
    program.run(replaced, [](Session& session) { return set(session, written); });

    CLI::App& shown = program.add(group, "show", "Show a policy, in the words that `set` takes, and what they ask",
                                  "talea policy show 1");
    shown.add_option("policy", written.policy, "The policy's number")->required();
    program.tabulates(shown);
    program.run(shown, [](Session& session) { return show(session, written.policy); });

    CLI::App& explained = program.add(
        group, "explain", "What each rule of a token's policy says of a movement",
        "talea policy explain TFUND issue - mallory 100",
        "All rules are asked, each with its refusal and remedy; for a token's own refusals see `talea explain`.");
    explained.add_option("token", movement.token, "The token")->required();
    explained.add_option("operation", movement.operation, "transfer, issue, redeem, pledge, seize, settle, return")
        ->required();
    explained.add_option("from", movement.from, "Who gives; \"-\": nobody (issue)")->required();
    explained.add_option("to", movement.to, "Who receives; \"-\": nobody (redeem)")->required();
    explained.add_option("amount", movement.amount, "Decimal, in the token's units")->required();
    program.tabulates(explained);
    program.run(explained, [](Session& session) { return explain(session, movement); });

    CLI::App& allowed = program.add(group, "allow", "Let a token bind itself to the policy, as its owner",
                                    "talea policy allow 1 TFUND");
    allowed.add_option("policy", written.policy, "The policy's number")->required();
    allowed.add_option("token", token, "The token")->required();
    program.signs(allowed);
    program.run(allowed, [](Session& session) -> Result<void> {
        const auto address = session.resolve(token);
        if (!address) return std::unexpected(address.error());
        return carry_out(session, fmt::format("let {} use policy {}", session.describe(*address), written.policy),
                         policies_address, "IPolicies", "allowToken",
                         {abi::number(written.policy), abi::address(*address), abi::boolean(true)});
    });
}

}  // namespace talea::wallet
