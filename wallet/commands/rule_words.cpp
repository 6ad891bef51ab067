#include "wallet/commands/rule_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "contracts/abi/codec.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"
#include "wallet/amount.hpp"
#include "wallet/commands/deployment.hpp"
#include "wallet/moment.hpp"
#include "wallet/store/durable_file.hpp"

namespace talea::wallet {

const char* const rule_words_help =
    "Rules, in order, at most 16; in a file one a line, '#' begins a comment:\n"
    "  known[:REGISTRAR,...]          both sides are known holders (of these registrars)\n"
    "  countries:allow|deny:408,364   by ISO 3166-1 numeric code\n"
    "  categories:ALL[:ANY]           bit masks\n"
    "  holders:3:3000000:50           at most 3 identities, at most 3,000,000 and at least 50 units each (0: no "
    "limit)\n"
    "  window:2026-11-01/2027-12-31[/14:00-20:00][/nolocks]\n"
    "                                 from and until, either may be empty; hours of the UTC day; locks by identity\n"
    "  velocity:1000000:24            at most 1,000,000 units leave an identity within 24 hours\n"
    "  counterparties:LEI-A,LEI-B     only these identities\n"
    "  contract:ADDRESS[:GAS]         an IRule contract judges\n"
    "Behind a rule: \"on transfer,issue\" names the operations it is asked on, \"of sender\" (receiver, both) the "
    "sides;\nquote such a rule.";

namespace {

constexpr unsigned unit_decimals = 6;
constexpr std::size_t rules_max = 16;
constexpr std::uint64_t rule_gas_default = 100'000;
constexpr std::uint64_t day_seconds = 86'400;

/// IPolicies.Operation.
constexpr std::array<std::string_view, 10> operation_names = {"none",    "transfer", "issue", "redeem", "force",
                                                              "recover", "pledge",   "seize", "settle", "return"};
constexpr std::uint64_t bit(unsigned operation) {
    return std::uint64_t{1} << operation;
}
constexpr std::uint64_t transfer_bit = bit(1), issue_bit = bit(2), redeem_bit = bit(3), pledge_bit = bit(6),
                        seize_bit = bit(7), settle_bit = bit(8);
/// Where units change hands by their holder's will or come into being: what rules are asked of unless they say
/// otherwise.
constexpr std::uint64_t usual_operations = transfer_bit | issue_bit | pledge_bit | seize_bit | settle_bit;

/// IPolicies.Rule.sides.
constexpr std::array<std::string_view, 4> side_names = {"", "sender", "receiver", "both"};

/// A kind of rule: the struct of RuleParams, and what it is asked on and of where the words do not say.
struct RuleKind {
    std::string_view name;
    std::string_view parameters;
    std::uint64_t operations;
    std::uint64_t sides;
};
constexpr std::array<RuleKind, 9> rule_kinds = {
    {{"", "", 0, 0},
     {"contract", "(address,uint32)", usual_operations, 0},
     {"known", "(address[])", 0, 0},
     {"countries", "(bool,uint16[])", usual_operations, 3},
     {"categories", "(uint64,uint64)", usual_operations, 3},
     {"holders", "(uint32,uint96,uint96)", 0, 0},
     {"window", "(uint64,uint64,uint32,uint32,bool)", usual_operations | redeem_bit, 0},
     {"velocity", "(uint96,uint16)", transfer_bit | redeem_bit | settle_bit, 0},
     {"counterparties", "(bytes32[])", usual_operations, 3}}};

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t end = std::min(text.find(separator, start), text.size());
        parts.emplace_back(text.substr(start, end - start));
        start = end + 1;
    }
    return parts;
}

std::unexpected<Failure> not_understood(std::string_view kind, const std::string& parameters, std::string_view how) {
    return fail(Exit::usage,
                fmt::format("the rule \"{}:{}\" is not understood; write it as {}", kind, parameters, how));
}

std::optional<std::uint64_t> parse_number(const std::string& text) {
    const auto number = text.starts_with("0x") ? vm::u256_from_hex(text) : vm::u256_from_decimal(text);
    return number && number->fits_u64() ? std::optional(number->low_u64()) : std::nullopt;
}

/// The same, of what has so many bits.
std::optional<std::uint64_t> parse_number(const std::string& text, unsigned bits) {
    const auto number = parse_number(text);
    return number && *number >> bits == 0 ? number : std::nullopt;
}

/// Units of a rule: 96 bits.
std::optional<vm::u256> parse_units(const std::string& text) {
    const auto units = parse_amount(text, unit_decimals);
    return units && (*units >> 96).is_zero() ? std::optional(*units) : std::nullopt;
}

// ---------------------------------------------------------------- parameters, from words

Result<abi::Value> known_parameters(const Session& session, const std::string& text) {
    std::vector<abi::Value> registrars;
    if (!text.empty()) {
        for (const std::string& name : split(text, ',')) {
            const auto registrar = session.resolve(name);
            if (!registrar) return std::unexpected(registrar.error());
            registrars.push_back(abi::address(*registrar));
        }
    }
    return abi::list(std::vector<abi::Value>(1, abi::list(std::move(registrars))));
}

Result<abi::Value> countries_parameters(const Session&, const std::string& text) {
    const auto parts = split(text, ':');
    std::vector<std::uint64_t> numbers;
    for (const std::string& code : split(parts.size() == 2 ? parts[1] : "", ',')) {
        const auto number = parse_number(code, 16);
        if (!number || (parts[0] != "allow" && parts[0] != "deny"))
            return not_understood("countries", text, "countries:deny:408,364 (ISO 3166-1 numeric)");
        numbers.push_back(*number);
    }
    std::ranges::sort(numbers);
    std::vector<abi::Value> codes;
    for (const std::uint64_t number : numbers) codes.push_back(abi::number(number));
    return abi::list({abi::boolean(parts[0] == "allow"), abi::list(std::move(codes))});
}

Result<abi::Value> categories_parameters(const Session&, const std::string& text) {
    std::vector<abi::Value> masks;
    for (const std::string& part : split(text, ':')) {
        const auto mask = parse_number(part);
        if (!mask || masks.size() == 2)
            return not_understood("categories", text, "categories:ALL or categories:ALL:ANY, bit masks");
        masks.push_back(abi::number(*mask));
    }
    masks.resize(2, abi::number(0));
    return abi::list(std::move(masks));
}

Result<abi::Value> holders_parameters(const Session&, const std::string& text) {
    const auto parts = split(text, ':');
    const auto identities = parts.size() == 3 ? parse_number(parts[0], 32) : std::nullopt;
    const auto most = parts.size() == 3 ? parse_units(parts[1]) : std::nullopt;
    const auto least = parts.size() == 3 ? parse_units(parts[2]) : std::nullopt;
    if (!identities || !most || !least)
        return not_understood("holders", text, "holders:IDENTITIES:MOST:LEAST, as holders:3:3000000:50");
    return abi::list({abi::number(*identities), abi::number(*most), abi::number(*least)});
}

/// A moment, or a day's beginning; nothing: 0.
std::optional<std::uint64_t> parse_end(const std::string& text) {
    if (text.empty()) return 0;
    if (const auto exact = parse_moment(text)) return exact;
    const auto day = parse_day(text);
    return day ? std::optional<std::uint64_t>(std::uint64_t{*day} * day_seconds) : std::nullopt;
}

/// "14:00" as seconds of the day.
std::optional<std::uint64_t> parse_hour(const std::string& text) {
    const auto parts = split(text, ':');
    const auto hour = parts.size() == 2 ? parse_number(parts[0]) : std::nullopt;
    const auto minute = parts.size() == 2 ? parse_number(parts[1]) : std::nullopt;
    if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
    return *hour * 3600 + *minute * 60;
}

/// Moments hold colons, so ends are parted by '/'.
Result<abi::Value> window_parameters(const Session&, const std::string& text) {
    auto parts = split(text, '/');
    const bool locks = parts.back() != "nolocks";
    if (!locks) parts.pop_back();
    const auto wrong = [&] {
        return not_understood("window", text,
                              "window:FROM/UNTIL[/14:00-20:00][/nolocks] with days or moments, either may be empty");
    };
    if (parts.size() != 2 && parts.size() != 3) return wrong();
    const auto from = parse_end(parts[0]), until = parse_end(parts[1]);
    const auto hours = split(parts.size() == 3 ? parts[2] : "00:00-00:00", '-');
    const auto day_from = hours.size() == 2 ? parse_hour(hours[0]) : std::nullopt;
    const auto day_to = hours.size() == 2 ? parse_hour(hours[1]) : std::nullopt;
    if (!from || !until || !day_from || !day_to) return wrong();
    return abi::list(
        {abi::number(*from), abi::number(*until), abi::number(*day_from), abi::number(*day_to), abi::boolean(locks)});
}

Result<abi::Value> velocity_parameters(const Session&, const std::string& text) {
    const auto parts = split(text, ':');
    const auto most = parts.size() == 2 ? parse_units(parts[0]) : std::nullopt;
    const auto hours = parts.size() == 2 ? parse_number(parts[1], 16) : std::nullopt;
    if (!most || !hours) return not_understood("velocity", text, "velocity:UNITS:HOURS, as velocity:1000000:24");
    return abi::list({abi::number(*most), abi::number(*hours)});
}

Result<abi::Value> counterparties_parameters(const Session&, const std::string& text) {
    std::vector<vm::Hash> ids;
    for (const std::string& id : split(text, ',')) {
        if (id.empty()) return not_understood("counterparties", text, "counterparties:LEI-A,LEI-B");
        ids.push_back(text_hash(id));
    }
    std::ranges::sort(ids);
    std::vector<abi::Value> values;
    for (const vm::Hash& id : ids) values.push_back(abi::hash(id));
    return abi::list(std::vector<abi::Value>(1, abi::list(std::move(values))));
}

Result<abi::Value> contract_parameters(const Session& session, const std::string& text) {
    const auto parts = split(text, ':');
    const auto gas = parts.size() == 2 ? parse_number(parts[1], 32) : std::optional(rule_gas_default);
    if (parts.size() > 2 || !gas) return not_understood("contract", text, "contract:ADDRESS or contract:ADDRESS:GAS");
    const auto address = session.resolve(parts[0]);
    if (!address) return std::unexpected(address.error());
    return abi::list({abi::address(*address), abi::number(*gas)});
}

using ParseParameters = Result<abi::Value> (*)(const Session&, const std::string&);
constexpr std::array<ParseParameters, rule_kinds.size()> parsers = {nullptr,
                                                                    contract_parameters,
                                                                    known_parameters,
                                                                    countries_parameters,
                                                                    categories_parameters,
                                                                    holders_parameters,
                                                                    window_parameters,
                                                                    velocity_parameters,
                                                                    counterparties_parameters};

Result<std::uint64_t> parse_operations(const std::string& text) {
    std::uint64_t bits = 0;
    for (const std::string& name : split(text, ',')) {
        const unsigned number = operation_number(name);
        if (number == 0)
            return fail(Exit::usage, "there is no operation \"" + name +
                                         "\"; transfer, issue, redeem, pledge, seize, settle and return are");
        bits |= bit(number);
    }
    return bits;
}

// ---------------------------------------------------------------- parameters, to words

std::string units(const abi::Value& value) {
    std::string text = format_amount(value.word, unit_decimals);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    std::erase(text, ',');
    return text;
}

std::string moment_words(const abi::Value& value) {
    const std::uint64_t seconds = value.word.low_u64();
    if (seconds == 0) return {};
    return seconds % day_seconds == 0 ? format_day(static_cast<std::uint32_t>(seconds / day_seconds))
                                      : format_moment(seconds);
}

std::string hour_words(const abi::Value& value) {
    const std::uint64_t seconds = value.word.low_u64();
    return fmt::format("{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
}

template <class Show>
std::string joined(const std::vector<abi::Value>& values, Show show) {
    std::string text;
    for (const abi::Value& value : values) text += (text.empty() ? "" : ",") + show(value);
    return text;
}

std::string decimal(const abi::Value& value) {
    return vm::to_decimal(value.word);
}

/// Of a rule of that kind, what stands behind "kind:".
std::string parameter_words(std::uint64_t kind, const std::vector<abi::Value>& fields) {
    const auto address = [](const abi::Value& value) { return vm::to_checksum_hex(vm::to_address(value.word)); };
    switch (kind) {
        case 1:
            return address(fields[0]) + ":" + decimal(fields[1]);
        case 2:
            return joined(fields[0].items, address);
        case 3:
            return (fields[0].word.is_zero() ? "deny:" : "allow:") + joined(fields[1].items, decimal);
        case 4:
            return decimal(fields[0]) + (fields[1].word.is_zero() ? "" : ":" + decimal(fields[1]));
        case 5:
            return decimal(fields[0]) + ":" + units(fields[1]) + ":" + units(fields[2]);
        case 6:
            return moment_words(fields[0]) + "/" + moment_words(fields[1]) +
                   (fields[2].word == fields[3].word ? "" : "/" + hour_words(fields[2]) + "-" + hour_words(fields[3])) +
                   (fields[4].word.is_zero() ? "/nolocks" : "");
        case 7:
            return units(fields[0]) + ":" + decimal(fields[1]);
        default:
            return joined(fields[0].items, [](const abi::Value& id) { return vm::to_hex(vm::to_hash(id.word)); });
    }
}

/// The rule's parameters, where this program knows the kind.
std::optional<std::vector<abi::Value>> decode_parameters(const abi::Value& rule) {
    const std::uint64_t kind = rule.items[0].word.low_u64();
    if (kind == 0 || kind >= rule_kinds.size()) return std::nullopt;
    const auto type = abi::parse_type(rule_kinds[kind].parameters);
    auto values = type ? abi::decode({&*type, 1}, rule.items[3].bytes) : std::unexpected(abi::DecodeError::too_short);
    if (!values) return std::nullopt;
    return std::move(values->front().items);
}

std::string operation_words(std::uint64_t bits) {
    std::string words;
    for (unsigned i = 1; i < operation_names.size(); ++i)
        if ((bits & bit(i)) != 0) words += (words.empty() ? "" : ",") + std::string(operation_names[i]);
    return words;
}

std::string limit_words(const abi::Value& value, const char* before, const char* after) {
    return value.word.is_zero() ? "" : before + units(value) + after;
}

/// What a rule of that kind asks.
std::string sentence(const Session& session, std::uint64_t kind, const std::vector<abi::Value>& fields,
                     const std::string& who) {
    const auto described = [&](const abi::Value& value) { return session.describe(vm::to_address(value.word)); };
    switch (kind) {
        case 1:
            return fmt::format("the contract {} must allow it, within {} gas", described(fields[0]),
                               decimal(fields[1]));
        case 2:
            return fields[0].items.empty()
                       ? "sender and receiver must be known holders, active and checked"
                       : "sender and receiver must be known holders, active and checked, registered by " +
                             joined(fields[0].items, described);
        case 3:
            return fmt::format("the country of {} must {} {}", who,
                               fields[0].word.is_zero() ? "not be one of" : "be one of",
                               joined(fields[1].items, decimal));
        case 4:
            return fmt::format("{} must have all categories of mask {}{}", who, decimal(fields[0]),
                               fields[1].word.is_zero() ? "" : " and one of mask " + decimal(fields[1]));
        case 5: {
            std::string words = limit_words(fields[1], "an identity holds at most ", " units");
            const std::string least = limit_words(fields[2], "an identity holds nothing or at least ", " units");
            words += (words.empty() || least.empty() ? "" : "; ") + least;
            if (!fields[0].word.is_zero())
                words += (words.empty() ? "" : "; ") + ("at most " + decimal(fields[0]) + " identities hold units");
            return words.empty() ? "holders are counted and nothing is asked of them" : words;
        }
        case 6: {
            std::string words;
            const std::string from = moment_words(fields[0]), until = moment_words(fields[1]);
            if (!from.empty()) words += " not before " + from;
            if (!until.empty()) words += " not after " + until;
            if (fields[2].word != fields[3].word)
                words += " from " + hour_words(fields[2]) + " until before " + hour_words(fields[3]) + " UTC";
            if (!fields[4].word.is_zero()) words += " not while the sender's identity is locked";
            return words.empty() ? "at any time" : words.substr(1);
        }
        case 7:
            return fmt::format("at most {} units leave an identity within {} hours", units(fields[0]),
                               decimal(fields[1]));
        default:
            return fmt::format("the identity of {} must be one of {} that are listed", who, fields[0].items.size());
    }
}

}  // namespace

unsigned operation_number(std::string_view name) {
    const auto* found = std::ranges::find(operation_names, name);
    return found == operation_names.end() ? 0 : static_cast<unsigned>(found - operation_names.begin());
}

Result<abi::Value> parse_rule(const Session& session, const std::string& words) {
    std::istringstream stream(words);
    std::string head, word, operations, sides;
    stream >> head;
    while (stream >> word) {
        std::string& filled = word == "on" ? operations : sides;
        if ((word != "on" && word != "of") || !filled.empty() || !(stream >> filled))
            return fail(Exit::usage, "the rule \"" + words +
                                         "\" is not understood; behind it may stand \"on transfer,issue\" and \"of "
                                         "receiver\"");
    }
    const std::size_t colon = std::min(head.find(':'), head.size());
    const std::string name = head.substr(0, colon), text = colon < head.size() ? head.substr(colon + 1) : "";
    const auto* kind = std::ranges::find(rule_kinds, std::string_view(name), &RuleKind::name);
    if (name.empty() || kind == rule_kinds.end())
        return fail(Exit::usage, "there is no rule \"" + name +
                                     "\"; known, countries, categories, holders, window, velocity, counterparties and "
                                     "contract are the kinds");
    const auto number = static_cast<std::size_t>(kind - rule_kinds.begin());
    const auto parameters = parsers[number](session, text);
    if (!parameters) return parameters;
    const auto asked = operations.empty() ? Result<std::uint64_t>(kind->operations) : parse_operations(operations);
    if (!asked) return std::unexpected(asked.error());
    std::uint64_t side = kind->sides;
    if (!sides.empty()) {
        const auto* found = std::ranges::find(side_names, std::string_view(sides));
        if (found == side_names.end())
            return fail(Exit::usage, "\"" + sides + "\" is no side; sender, receiver and both are");
        side = static_cast<std::uint64_t>(found - side_names.begin());
    }
    const abi::Type type = abi::parse_type(kind->parameters).value();
    return abi::list({abi::number(number), abi::number(*asked), abi::number(side),
                      abi::bytes(abi::encode({&type, 1}, {&*parameters, 1}))});
}

Result<abi::Value> parse_rules(const Session& session, const std::vector<std::string>& lines) {
    if (lines.size() > rules_max) return fail(Exit::usage, fmt::format("a policy has at most {} rules", rules_max));
    std::vector<abi::Value> rules;
    for (const std::string& line : lines) {
        auto rule = parse_rule(session, line);
        if (!rule) return rule;
        rules.push_back(std::move(*rule));
    }
    return abi::list(std::move(rules));
}

Result<std::vector<std::string>> read_rules_file(const std::string& path) {
    const auto content = read_file(path);
    if (!content) return fail(Exit::usage, content.error().sentence);
    std::vector<std::string> lines;
    for (std::string line : split(*content, '\n')) {
        line = line.substr(0, line.find('#'));
        const std::size_t first = line.find_first_not_of(" \t\r");
        if (first == std::string::npos) continue;
        lines.push_back(line.substr(first, line.find_last_not_of(" \t\r") - first + 1));
    }
    return lines;
}

std::string write_rule(const abi::Value& rule) {
    const std::uint64_t kind = rule.items[0].word.low_u64();
    const auto parameters = decode_parameters(rule);
    if (!parameters) return fmt::format("kind {} {}", kind, vm::to_hex(rule.items[3].bytes));
    std::string words(rule_kinds[kind].name);
    if (const std::string text = parameter_words(kind, *parameters); !text.empty()) words += ":" + text;
    if (const std::uint64_t bits = rule.items[1].word.low_u64(); bits != rule_kinds[kind].operations)
        words += " on " + operation_words(bits);
    if (const std::uint64_t sides = rule.items[2].word.low_u64(); sides != rule_kinds[kind].sides && sides < 4)
        words += " of " + std::string(side_names[sides]);
    return words;
}

std::string explain_rule(const Session& session, const abi::Value& rule) {
    const std::uint64_t kind = rule.items[0].word.low_u64();
    const auto parameters = decode_parameters(rule);
    if (!parameters) return "this program does not know its kind";
    const std::uint64_t sides = rule.items[2].word.low_u64();
    const std::string who = sides == 1 ? "the sender" : sides == 2 ? "the receiver" : "sender and receiver";
    const std::uint64_t bits = rule.items[1].word.low_u64();
    return sentence(session, kind, *parameters, who) + (bits == 0 ? "" : ", on " + operation_words(bits));
}

}  // namespace talea::wallet
