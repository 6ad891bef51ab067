#include <fmt/format.h>

#include <charconv>

#include "contracts/abi/codec.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"
#include "wallet/amount.hpp"
#include "wallet/commands/program.hpp"
#include "wallet/moment.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/terminal.hpp"

namespace talea::wallet {
namespace {

constexpr unsigned unit_decimals = 6;
constexpr std::size_t rules_max = 16;

/// IPolicies.Rule.
abi::Value rule(std::uint64_t kind, std::uint64_t operations, std::uint64_t sides, vm::Bytes parameters) {
    return abi::list({abi::number(kind), abi::number(operations), abi::number(sides), abi::bytes(parameters)});
}

vm::Bytes encode_struct(std::string_view type, abi::Value fields) {
    const abi::Type parsed = abi::parse_type(type).value();
    return abi::encode({&parsed, 1}, {&fields, 1});
}

constexpr std::uint64_t bit(unsigned operation) {
    return std::uint64_t{1} << operation;
}
constexpr std::uint64_t transfer_bit = bit(1), issue_bit = bit(2), redeem_bit = bit(3), pledge_bit = bit(6),
                        seize_bit = bit(7), settle_bit = bit(8);
/// Where units change hands by their holder's will or come into being: what rules are asked of unless they say
/// otherwise.
constexpr std::uint64_t usual_operations = transfer_bit | issue_bit | pledge_bit | seize_bit | settle_bit;

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t end = std::min(text.find(separator, start), text.size());
        parts.emplace_back(text.substr(start, end - start));
        start = end + 1;
    }
    return parts;
}

struct Written {
    std::vector<std::string> rules;
    std::uint64_t policy = 0;
};

/// "known", "known:alice-registrar,bob-registrar"
Result<abi::Value> known_rule(const Session& session, const std::string& parameters) {
    std::vector<abi::Value> registrars;
    if (!parameters.empty()) {
        for (const std::string& name : split(parameters, ',')) {
            const auto registrar = session.resolve(name);
            if (!registrar) return std::unexpected(registrar.error());
            registrars.push_back(abi::address(*registrar));
        }
    }
    return rule(2, 0, 0, encode_struct("(address[])", abi::list({abi::list(std::move(registrars))})));
}

/// "countries:deny:408,364"
Result<abi::Value> countries_rule(const std::string& parameters) {
    const auto parts = split(parameters, ':');
    std::vector<std::uint64_t> numbers;
    for (const std::string& code : split(parts.size() == 2 ? parts[1] : "", ',')) {
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(code.data(), code.data() + code.size(), number);
        if (code.empty() || error != std::errc() || end != code.data() + code.size() ||
            (parts[0] != "allow" && parts[0] != "deny")) {
            return fail(Exit::usage,
                        "the rule \"countries:" + parameters +
                            "\" is not understood; write it as countries:deny:408,364 (ISO 3166-1 numeric)");
        }
        numbers.push_back(number);
    }
    std::ranges::sort(numbers);
    std::vector<abi::Value> codes;
    for (const std::uint64_t number : numbers) codes.push_back(abi::number(number));
    return rule(
        3, usual_operations, 3,
        encode_struct("(bool,uint16[])", abi::list({abi::boolean(parts[0] == "allow"), abi::list(std::move(codes))})));
}

/// "categories:1" or "categories:1:6": all of the first mask, any of the second.
Result<abi::Value> categories_rule(const std::string& parameters) {
    std::vector<abi::Value> masks;
    for (const std::string& text : split(parameters, ':')) {
        const auto mask = text.starts_with("0x") ? vm::u256_from_hex(text) : vm::u256_from_decimal(text);
        if (!mask || !mask->fits_u64() || masks.size() == 2) {
            return fail(Exit::usage,
                        "the rule \"categories:" + parameters +
                            "\" is not understood; write it as categories:ALL or categories:ALL:ANY, bit masks");
        }
        masks.push_back(abi::number(*mask));
    }
    masks.resize(2, abi::number(0));
    return rule(4, usual_operations, 3, encode_struct("(uint64,uint64)", abi::list(std::move(masks))));
}

/// "holders:3:3000000:50": at most so many identities, at most and at least so many units each; 0 is no limit.
Result<abi::Value> holders_rule(const std::string& parameters) {
    const auto parts = split(parameters, ':');
    const auto identities = parts.size() == 3 ? vm::u256_from_decimal(parts[0]) : std::nullopt;
    const auto most =
        parts.size() == 3 ? parse_amount(parts[1], unit_decimals) : std::unexpected(AmountError::malformed);
    const auto least =
        parts.size() == 3 ? parse_amount(parts[2], unit_decimals) : std::unexpected(AmountError::malformed);
    if (!identities || !most || !least) {
        return fail(Exit::usage,
                    "the rule \"holders:" + parameters +
                        "\" is not understood; write it as holders:IDENTITIES:MOST:LEAST, as holders:3:3000000:50");
    }
    return rule(5, 0, 0,
                encode_struct("(uint32,uint96,uint96)",
                              abi::list({abi::number(*identities), abi::number(*most), abi::number(*least)})));
}

/// "window:NOT-BEFORE:NOT-AFTER" by moments without colons is awkward, so: "window:2026-11-01/2027-12-31".
Result<abi::Value> window_rule(const std::string& parameters) {
    const auto parts = split(parameters, '/');
    const auto moment = [](const std::string& text) -> std::optional<std::uint64_t> {
        if (text.empty()) return 0;
        if (const auto exact = parse_moment(text)) return exact;
        const auto day = parse_day(text);
        return day ? std::optional<std::uint64_t>(std::uint64_t{*day} * 86'400) : std::nullopt;
    };
    const auto from = parts.size() == 2 ? moment(parts[0]) : std::nullopt;
    const auto until = parts.size() == 2 ? moment(parts[1]) : std::nullopt;
    if (!from || !until) {
        return fail(
            Exit::usage,
            "the rule \"window:" + parameters +
                "\" is not understood; write it as window:FROM/UNTIL with days or moments, either may be empty");
    }
    return rule(6, usual_operations | redeem_bit, 0,
                encode_struct("(uint64,uint64,uint32,uint32,bool)",
                              abi::list({abi::number(*from), abi::number(*until), abi::number(0), abi::number(0),
                                         abi::boolean(true)})));
}

Result<abi::Value> understand_rule(const Session& session, const std::string& text) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    const std::string kind = text.substr(0, colon), parameters = colon < text.size() ? text.substr(colon + 1) : "";
    if (kind == "known") return known_rule(session, parameters);
    if (kind == "countries") return countries_rule(parameters);
    if (kind == "categories") return categories_rule(parameters);
    if (kind == "holders") return holders_rule(parameters);
    if (kind == "window") return window_rule(parameters);
    return fail(Exit::usage,
                "there is no rule \"" + kind + "\"; known, countries, categories, holders and window are the kinds");
}

Result<abi::Value> understand_rules(const Session& session, const std::vector<std::string>& texts) {
    if (texts.size() > rules_max) return fail(Exit::usage, fmt::format("a policy has at most {} rules", rules_max));
    std::vector<abi::Value> rules;
    for (const std::string& text : texts) {
        auto understood = understand_rule(session, text);
        if (!understood) return understood;
        rules.push_back(std::move(*understood));
    }
    return abi::list(std::move(rules));
}

Result<void> create(Session& session, const Written& written) {
    const auto rules = understand_rules(session, written.rules);
    if (!rules) return std::unexpected(rules.error());
    const abi::Value arguments[] = {*rules};
    const auto outcome = carry_out(session, {.title = fmt::format("create a policy of {} rules", written.rules.size()),
                                             .to = policies_address,
                                             .data = encode_call("IPolicies", "createPolicy", arguments),
                                             .value = {}});
    if (!outcome) return std::unexpected(outcome.error());
    if (!*outcome) return {};
    const abi::Event* created = interface_of("IPolicies").find_event("PolicyCreated");
    for (const Json& log : (*outcome)->receipt.value("logs", Json::array())) {
        const Json topics = log.value("topics", Json::array());
        if (topics.size() < 2 || topics[0] != vm::to_hex(created->topic)) continue;
        const auto id = vm::u256_from_hex(topics[1].get<std::string>());
        if (!id) continue;
        say("the policy's number is " + vm::to_decimal(*id));
        session.note("policy", id->low_u64());
        if (!session.settings().json) print(vm::to_decimal(*id));
    }
    return {};
}

Result<void> set(Session& session, const Written& written) {
    const auto rules = understand_rules(session, written.rules);
    if (!rules) return std::unexpected(rules.error());
    return carry_out(session, fmt::format("replace the rules of policy {} by {}", written.policy, written.rules.size()),
                     policies_address, "IPolicies", "setRules", {abi::number(written.policy), *rules});
}

Result<void> show(Session& session, std::uint64_t policy) {
    const auto head = read_contract(session, policies_address, "IPolicies", "policy", {abi::number(policy)});
    if (!head) return std::unexpected(head.error());
    const vm::Address owner = vm::to_address(head->front().word);
    if (owner.is_zero()) return fail(Exit::usage, fmt::format("there is no policy {}", policy));
    const auto rules = read_contract(session, policies_address, "IPolicies", "rules", {abi::number(policy)});
    if (!rules) return std::unexpected(rules.error());
    static constexpr std::pair<const char*, const char*> kinds[] = {{"", ""},
                                                                    {"contract", ""},
                                                                    {"known", "(address[] registrars)"},
                                                                    {"countries", "(bool,uint16[])"},
                                                                    {"categories", "(uint64,uint64)"},
                                                                    {"holders", "(uint32,uint96,uint96)"},
                                                                    {"window", "(uint64,uint64,uint32,uint32,bool)"}};
    Json all = Json::array();
    for (const abi::Value& value : rules->front().items) {
        const std::uint64_t kind = value.items[0].word.low_u64();
        const bool named = kind < std::size(kinds);
        const auto type = abi::parse_type(kind == 2 ? "(address[])" : named ? kinds[kind].second : "");
        const auto parameters =
            type ? abi::decode({&*type, 1}, value.items[3].bytes) : std::unexpected(abi::DecodeError::too_short);
        const std::string words =
            parameters ? session.with_names(abi::format(*type, parameters->front())) : vm::to_hex(value.items[3].bytes);
        all.push_back({{"kind", kind},
                       {"name", named ? kinds[kind].first : "unknown"},
                       {"parameters", words},
                       {"operations", value.items[1].word.low_u64()},
                       {"sides", value.items[2].word.low_u64()}});
    }
    if (session.settings().json) {
        print(Json{{"policy", policy}, {"owner", vm::to_checksum_hex(owner)}, {"rules", all}}.dump());
        return {};
    }
    print(fmt::format("policy {} of {}", policy, session.describe(owner)));
    for (std::size_t i = 0; i < all.size(); ++i) {
        print(fmt::format("  rule {}  kind {} {:<10} {}", i + 1, all[i]["kind"].get<int>(),
                          all[i]["name"].get<std::string>(), all[i]["parameters"].get<std::string>()));
    }
    return {};
}

constexpr const char* rule_help =
    "Rules, in order, at most 16:\n"
    "  known[:REGISTRAR,...]          both sides are known holders (of these registrars)\n"
    "  countries:allow|deny:408,364   by ISO 3166-1 numeric code\n"
    "  categories:ALL[:ANY]           bit masks\n"
    "  holders:3:3000000:50           at most 3 identities, at most 3,000,000 and at least 50 units each (0: no "
    "limit)\n"
    "  window:2026-11-01/2027-12-31   from and until, either may be empty";

}  // namespace

void add_policy_commands(Program& program) {
    CLI::App& group = program.group("policy", "Transfer policies: ordered rules that tokens are bound to");
    static Written written;
    static std::string token;

    CLI::App& made = program.add(group, "create", "Create a policy, owned by the signer",
                                 "talea policy create known countries:deny:408,364 holders:3:3000000:50", rule_help);
    made.add_option("rules", written.rules, "The rules, in order")->required();
    program.signs(made);
    program.run(made, [](Session& session) { return create(session, written); });

    CLI::App& replaced = program.add(group, "set", "Replace a policy's rules, as its owner",
                                     "talea policy set 1 known categories:1", rule_help);
    replaced.add_option("policy", written.policy, "The policy's number")->required();
    replaced.add_option("rules", written.rules, "The rules, in order")->required();
    program.signs(replaced);
    program.run(replaced, [](Session& session) { return set(session, written); });

    CLI::App& shown = program.add(group, "show", "Show a policy", "talea policy show 1");
    shown.add_option("policy", written.policy, "The policy's number")->required();
    program.run(shown, [](Session& session) { return show(session, written.policy); });

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
