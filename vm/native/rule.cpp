#include "vm/native/rule.hpp"

#include <algorithm>

#include "vm/base/check.hpp"
#include "vm/native/identities.hpp"
#include "vm/native/operation.hpp"

namespace talea::vm {
namespace {

constexpr std::uint32_t day_seconds = 86'400;
constexpr unsigned units_bits = 96;

template <typename... Ts>
struct Overloaded : Ts... {
    using Ts::operator()...;
};

bool names_only(std::uint16_t operations, std::uint16_t possible) {
    return operations != 0 && (operations & ~possible) == 0;
}
bool sides_given(std::uint8_t sides) {
    return sides != 0 && (sides & ~(side_sender | side_receiver)) == 0;
}

bool valid_params(const Rule&, const ContractRule& rule) {
    return !rule.contract.is_zero() && rule.gas_limit != 0 && rule.gas_limit <= rule_gas_max;
}
bool valid_params(const Rule&, const KnownRule& known) {
    return known.registrars.size() <= accepted_registrars_max;
}
bool valid_params(const Rule&, const CountriesRule& rule) {
    if (rule.countries.empty()) return true;
    return rule.countries.front() != 0 && rule.countries.back() < countries_end &&
           std::ranges::adjacent_find(rule.countries, std::ranges::greater_equal{}) == rule.countries.end();
}
bool valid_params(const Rule&, const CategoriesRule&) {
    return true;
}
bool valid_params(const Rule&, const HoldersRule& rule) {
    if (rule.units_max.bit_width() > units_bits || rule.units_min.bit_width() > units_bits) return false;
    return rule.units_max.is_zero() || rule.units_min <= rule.units_max;
}
bool valid_params(const Rule&, const WindowRule& rule) {
    return rule.day_from < day_seconds && rule.day_to <= day_seconds &&
           (rule.not_after == 0 || rule.not_before <= rule.not_after);
}
bool valid_params(const Rule&, const VelocityRule& rule) {
    return rule.units_max.bit_width() <= units_bits && rule.window_hours != 0 && rule.window_hours <= window_hours_max;
}
bool valid_params(const Rule&, const CounterpartiesRule& rule) {
    return rule.ids.size() <= counterparties_max &&
           std::ranges::adjacent_find(rule.ids, std::ranges::greater_equal{}) == rule.ids.end();
}

bool valid_reach(const Rule& rule) {
    switch (rule.kind()) {
        case 1:
            return names_only(rule.operations, operations_of_sides()) && rule.sides == 0;
        case 2:
            return rule.operations == 0 && rule.sides == 0;
        case 3:
        case 4:
        case 8:
            return names_only(rule.operations, operations_of_sides()) && sides_given(rule.sides);
        case 5:
            return (rule.operations & ~bit(Operation::redeem)) == 0 && rule.sides == 0;
        case 7:
            return names_only(rule.operations, operations_of_velocity()) && rule.sides == 0;
        default:
            return names_only(rule.operations, operations_of_window()) && rule.sides == 0;
    }
}

KnownRule read_known(AbiReader& in) {
    KnownRule rule;
    AbiReader::List list = in.list();
    if (list.count > accepted_registrars_max) in.fail();
    for (std::uint64_t i = 0; !in.failed() && i < list.count; ++i) {
        rule.registrars.push_back(list.items.address());
        if (list.items.failed()) in.fail();
    }
    return rule;
}
CountriesRule read_countries(AbiReader& in) {
    CountriesRule rule;
    rule.allow = in.boolean();
    AbiReader::List list = in.list();
    if (list.count >= countries_end) in.fail();
    for (std::uint64_t i = 0; !in.failed() && i < list.count; ++i) {
        rule.countries.push_back(list.items.number<std::uint16_t>());
        if (list.items.failed()) in.fail();
    }
    return rule;
}

CounterpartiesRule read_counterparties(AbiReader& in) {
    CounterpartiesRule rule;
    AbiReader::List list = in.list();
    if (list.count > counterparties_max) in.fail();
    for (std::uint64_t i = 0; !in.failed() && i < list.count; ++i) rule.ids.push_back(list.items.word());
    return rule;
}

RuleParams read_params(std::uint8_t kind, AbiReader& in) {
    switch (kind) {
        case 1: {
            ContractRule rule;
            rule.contract = in.address();
            rule.gas_limit = in.number<std::uint32_t>();
            return rule;
        }
        // A struct with a list is itself behind an offset.
        case 2: {
            AbiReader inside = in.tuple();
            RuleParams params = read_known(inside);
            if (inside.failed()) in.fail();
            return params;
        }
        case 3: {
            AbiReader inside = in.tuple();
            RuleParams params = read_countries(inside);
            if (inside.failed()) in.fail();
            return params;
        }
        case 8: {
            AbiReader inside = in.tuple();
            RuleParams params = read_counterparties(inside);
            if (inside.failed()) in.fail();
            return params;
        }
        case 4: {
            CategoriesRule rule;
            rule.all_of = in.number<std::uint64_t>();
            rule.any_of = in.number<std::uint64_t>();
            return rule;
        }
        case 5: {
            HoldersRule rule;
            rule.identities_max = in.number<std::uint32_t>();
            rule.units_max = in.wide_number(units_bits);
            rule.units_min = in.wide_number(units_bits);
            return rule;
        }
        case 7: {
            VelocityRule rule;
            rule.units_max = in.wide_number(units_bits);
            rule.window_hours = in.number<std::uint16_t>();
            return rule;
        }
        default: {
            WindowRule rule;
            rule.not_before = in.number<std::uint64_t>();
            rule.not_after = in.number<std::uint64_t>();
            rule.day_from = in.number<std::uint32_t>();
            rule.day_to = in.number<std::uint32_t>();
            rule.locks = in.boolean();
            return rule;
        }
    }
}

u256 header(const Rule& rule) {
    return {0, 0, 0,
            std::uint64_t{rule.kind()} << 56 | std::uint64_t{rule.sides} << 48 | std::uint64_t{rule.operations} << 32};
}

PackedRule pack_known(const KnownRule& rule, std::span<const std::uint32_t> indexes) {
    check(indexes.size() == rule.registrars.size(), "each registrar of a rule has an index");
    PackedRule packed;
    for (std::size_t i = 0; i < indexes.size(); ++i)
        packed.word = packed.word | u256{indexes[i]} << static_cast<unsigned>(24 * i);
    packed.word.limbs[3] |= std::uint64_t{rule.registrars.size()} << 24;
    return packed;
}

PackedRule pack_countries(const CountriesRule& rule) {
    PackedRule packed;
    packed.wide = rule.countries.size() > countries_inline_max;
    if (packed.wide) {
        for (const std::uint16_t country : rule.countries)
            packed.countries[country / 256].limbs[country / 64 % 4] |= 1ULL << country % 64;
    } else {
        for (std::size_t i = 0; i < rule.countries.size(); ++i)
            packed.word = packed.word | u256{rule.countries[i]} << static_cast<unsigned>(16 * i);
        packed.word.limbs[3] |= std::uint64_t{rule.countries.size()} << 16;
    }
    packed.word.limbs[3] |= std::uint64_t{rule.allow} << 24 | std::uint64_t{packed.wide} << 25;
    return packed;
}

}  // namespace

RawRule read_raw_rule(AbiReader& in) {
    RawRule raw;
    raw.kind = in.number<std::uint8_t>();
    raw.operations = in.number<std::uint16_t>();
    raw.sides = in.number<std::uint8_t>();
    raw.params = in.bytes();
    return raw;
}

bool is_valid(const Rule& rule) {
    return valid_reach(rule) &&
           std::visit([&rule](const auto& params) { return valid_params(rule, params); }, rule.params);
}

bool have_distinct_windows(std::span<const Rule> rules) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const auto* velocity = std::get_if<VelocityRule>(&rules[i].params);
        if (velocity == nullptr) continue;
        for (const Rule& earlier : rules.first(i)) {
            const auto* other = std::get_if<VelocityRule>(&earlier.params);
            if (other != nullptr && other->window_hours == velocity->window_hours) return false;
        }
    }
    return true;
}

std::expected<Rule, RuleError> parse_rule(const RawRule& raw) {
    if (raw.kind < 1 || raw.kind > rule_kinds) return std::unexpected(RuleError::kind_not_supported);
    AbiReader in{raw.params};
    Rule rule{.operations = raw.operations, .sides = raw.sides, .params = read_params(raw.kind, in)};
    if (in.failed()) return std::unexpected(RuleError::malformed);
    if (!is_valid(rule)) return std::unexpected(RuleError::out_of_range);
    return rule;
}

Bytes encode_params(const RuleParams& params) {
    Bytes bytes;
    AbiWriter out{bytes};
    std::visit(Overloaded{[&out](const ContractRule& rule) {
                              out.address(rule.contract);
                              out.word(std::uint64_t{rule.gas_limit});
                          },
                          [&out](const KnownRule& rule) {
                              out.word(32);
                              out.word(32);
                              out.word(rule.registrars.size());
                              for (const Address& registrar : rule.registrars) out.address(registrar);
                          },
                          [&out](const CountriesRule& rule) {
                              out.word(32);
                              out.boolean(rule.allow);
                              out.word(64);
                              out.word(rule.countries.size());
                              for (const std::uint16_t country : rule.countries) out.word(std::uint64_t{country});
                          },
                          [&out](const CategoriesRule& rule) {
                              out.word(rule.all_of);
                              out.word(rule.any_of);
                          },
                          [&out](const HoldersRule& rule) {
                              out.word(std::uint64_t{rule.identities_max});
                              out.word(rule.units_max);
                              out.word(rule.units_min);
                          },
                          [&out](const WindowRule& rule) {
                              out.word(rule.not_before);
                              out.word(rule.not_after);
                              out.word(std::uint64_t{rule.day_from});
                              out.word(std::uint64_t{rule.day_to});
                              out.boolean(rule.locks);
                          },
                          [&out](const VelocityRule& rule) {
                              out.word(rule.units_max);
                              out.word(std::uint64_t{rule.window_hours});
                          },
                          [&out](const CounterpartiesRule& rule) {
                              out.word(32);
                              out.word(32);
                              out.word(rule.ids.size());
                              for (const u256& id : rule.ids) out.word(id);
                          }},
               params);
    return bytes;
}

void write_rules(AbiWriter& out, std::span<const Rule> rules) {
    out.word(rules.size());
    const std::size_t origin = out.end();
    std::vector<std::size_t> holes;
    for (std::size_t i = 0; i < rules.size(); ++i) holes.push_back(out.hole());
    for (std::size_t i = 0; i < rules.size(); ++i) {
        out.point_here(holes[i], origin);
        out.word(std::uint64_t{rules[i].kind()});
        out.word(std::uint64_t{rules[i].operations});
        out.word(std::uint64_t{rules[i].sides});
        out.word(4 * 32);
        out.bytes(encode_params(rules[i].params));
    }
}

PackedRule pack(const Rule& rule, std::span<const std::uint32_t> registrar_indexes) {
    PackedRule packed = std::visit(
        Overloaded{[](const ContractRule& contract) {
                       return PackedRule{.word = to_u256(contract.contract) |
                                                 u256{0, 0, std::uint64_t{contract.gas_limit} << 32, 0}};
                   },
                   [&](const KnownRule& known) { return pack_known(known, registrar_indexes); },
                   [](const CountriesRule& countries) { return pack_countries(countries); },
                   [](const CategoriesRule& categories) {
                       return PackedRule{.word = {categories.any_of, categories.all_of, 0, 0}};
                   },
                   [](const HoldersRule& holders) {
                       return PackedRule{.word = holders.units_min | holders.units_max << units_bits |
                                                 u256{0, 0, 0, holders.identities_max}};
                   },
                   [](const WindowRule& window) {
                       return PackedRule{.word = {window.not_before, window.not_after,
                                                  window.day_from | std::uint64_t{window.day_to} << 32,
                                                  std::uint64_t{window.locks}}};
                   },
                   [](const VelocityRule& velocity) {
                       return PackedRule{.word = velocity.units_max |
                                                 u256{0, std::uint64_t{velocity.window_hours} << 32, 0, 0}};
                   },
                   [](const CounterpartiesRule& listed) { return PackedRule{.word = u256{listed.ids.size()}}; }},
        rule.params);
    packed.word = packed.word | header(rule);
    return packed;
}

}  // namespace talea::vm
