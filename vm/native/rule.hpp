#pragma once
#include <algorithm>
#include <array>
#include <expected>
#include <span>
#include <variant>
#include <vector>

#include "vm/base/bytes.hpp"
#include "vm/base/u256.hpp"
#include "vm/native/abi_reader.hpp"
#include "vm/native/abi_writer.hpp"

namespace talea::vm {

inline constexpr std::size_t rules_max = 16;
inline constexpr std::size_t accepted_registrars_max = 8;
/// Countries of a kind-3 rule that still fit its own slot; more are kept as bits in up to four further slots.
inline constexpr std::size_t countries_inline_max = 13;
inline constexpr std::uint32_t country_words = 4;
/// Of a rule of kind 1: gas that its contract gets.
inline constexpr std::uint32_t rule_gas_max = 100'000;
/// Of a rule of kind 7: a leap year.
inline constexpr std::uint16_t window_hours_max = 8'784;
/// Of a rule of kind 8; their indexes are kept four a slot.
inline constexpr std::size_t counterparties_max = 64;

// Sides of a rule of kind 3, 4 or 8.
inline constexpr std::uint8_t side_sender = 1;
inline constexpr std::uint8_t side_receiver = 2;

// Parameters by kind, as in RuleParams of IPolicies.sol.
struct ContractRule {
    Address contract;
    std::uint32_t gas_limit = 0;
    friend bool operator==(const ContractRule&, const ContractRule&) = default;
};
struct KnownRule {
    std::vector<Address> registrars;
    friend bool operator==(const KnownRule&, const KnownRule&) = default;
};
struct CountriesRule {
    bool allow = false;
    std::vector<std::uint16_t> countries;  ///< ascending, none twice, 1 to 999
    friend bool operator==(const CountriesRule&, const CountriesRule&) = default;
};
struct CategoriesRule {
    std::uint64_t all_of = 0, any_of = 0;
    friend bool operator==(const CategoriesRule&, const CategoriesRule&) = default;
};
struct HoldersRule {
    std::uint32_t identities_max = 0;
    u256 units_max, units_min;  ///< below 2^96
    friend bool operator==(const HoldersRule&, const HoldersRule&) = default;
};
struct WindowRule {
    std::uint64_t not_before = 0, not_after = 0;
    std::uint32_t day_from = 0, day_to = 0;
    bool locks = false;
    friend bool operator==(const WindowRule&, const WindowRule&) = default;
};
struct VelocityRule {
    u256 units_max;  ///< below 2^96
    std::uint16_t window_hours = 0;
    friend bool operator==(const VelocityRule&, const VelocityRule&) = default;
};
struct CounterpartiesRule {
    std::vector<u256> ids;  ///< of identities; ascending, none twice
    friend bool operator==(const CounterpartiesRule&, const CounterpartiesRule&) = default;
};
/// The kinds 1, 2, 3, ... in their order.
using RuleParams = std::variant<ContractRule, KnownRule, CountriesRule, CategoriesRule, HoldersRule, WindowRule,
                                VelocityRule, CounterpartiesRule>;
inline constexpr std::uint8_t rule_kinds = std::variant_size_v<RuleParams>;

/// A rule of a policy as people set and read it.
struct Rule {
    std::uint16_t operations = 0;
    std::uint8_t sides = 0;
    RuleParams params;
    friend bool operator==(const Rule&, const Rule&) = default;

    [[nodiscard]] std::uint8_t kind() const { return static_cast<std::uint8_t>(params.index() + 1); }
};

enum class RuleError : std::uint8_t { malformed, kind_not_supported, out_of_range };

struct RawRule {
    std::uint8_t kind = 0;
    std::uint16_t operations = 0;
    std::uint8_t sides = 0;
    BytesView params;
};
/// The fields of the ABI struct at `in`, not judged.
[[nodiscard]] RawRule read_raw_rule(AbiReader& in);
/// Judges ranges; whether registrars and identities exist is the registry's matter.
[[nodiscard]] std::expected<Rule, RuleError> parse_rule(const RawRule& raw);
[[nodiscard]] bool is_valid(const Rule& rule);
/// Whether no two rules of kind 7 have one window: what it counted is kept by window.
[[nodiscard]] bool have_distinct_windows(std::span<const Rule> rules);
/// Kinds 5 and 7 can judge only tokens whose units are counted.
[[nodiscard]] inline bool needs_counters(std::span<const Rule> rules) {
    return std::ranges::any_of(rules, [](const Rule& rule) { return rule.kind() == 5 || rule.kind() == 7; });
}

/// `abi.encode` of the parameters, in the one form that is accepted and given back.
[[nodiscard]] Bytes encode_params(const RuleParams& params);
/// Appends an ABI Rule[] (without the offset that points at it).
void write_rules(AbiWriter& out, std::span<const Rule> rules);

/// A rule in storage: its slot, and the bits of its countries where they don't fit in it. What a rule of kind 8 lists
/// stands in slots of its own.
struct PackedRule {
    u256 word;
    bool wide = false;  ///< `countries` is used
    std::array<u256, country_words> countries{};
};
/// `registrar_indexes` belong to the registrars of a kind-2 rule, in their order.
[[nodiscard]] PackedRule pack(const Rule& rule, std::span<const std::uint32_t> registrar_indexes);

/// Reads a rule's slot: kind (1 byte) ‖ sides (1) ‖ operations (2) ‖ parameters (28).
struct RuleWord {
    u256 word;

    [[nodiscard]] std::uint8_t kind() const { return static_cast<std::uint8_t>(word.limbs[3] >> 56); }
    [[nodiscard]] std::uint8_t sides() const { return static_cast<std::uint8_t>(word.limbs[3] >> 48); }
    [[nodiscard]] std::uint16_t operations() const { return static_cast<std::uint16_t>(word.limbs[3] >> 32); }

    // Kind 2.
    [[nodiscard]] unsigned registrar_count() const { return static_cast<unsigned>(word.limbs[3] >> 24 & 0xff); }
    [[nodiscard]] std::uint32_t registrar(unsigned i) const {
        return static_cast<std::uint32_t>((word >> 24 * i).limbs[0] & 0xffffff);
    }
    /// Whether identities of registrar `index` are known to this rule.
    [[nodiscard]] bool accepts(std::uint32_t index) const {
        const unsigned count = registrar_count();
        if (count == 0) return true;
        for (unsigned i = 0; i < count; ++i)
            if (registrar(i) == index) return true;
        return false;
    }

    // Kind 3.
    [[nodiscard]] bool allow() const { return (word.limbs[3] >> 24 & 1) != 0; }
    [[nodiscard]] bool wide() const { return (word.limbs[3] >> 25 & 1) != 0; }
    [[nodiscard]] unsigned country_count() const { return static_cast<unsigned>(word.limbs[3] >> 16 & 0xff); }
    [[nodiscard]] std::uint16_t country(unsigned i) const {
        return static_cast<std::uint16_t>((word >> 16 * i).limbs[0]);
    }
    [[nodiscard]] bool lists(std::uint16_t asked) const {
        for (unsigned i = 0; i < country_count(); ++i)
            if (country(i) == asked) return true;
        return false;
    }

    // Kind 4.
    [[nodiscard]] std::uint64_t any_of() const { return word.limbs[0]; }
    [[nodiscard]] std::uint64_t all_of() const { return word.limbs[1]; }

    // Kind 5.
    [[nodiscard]] std::uint32_t identities_max() const { return static_cast<std::uint32_t>(word.limbs[3]); }
    [[nodiscard]] u256 units_max() const {
        return {word.limbs[1] >> 32 | word.limbs[2] << 32, word.limbs[2] >> 32, 0, 0};
    }
    [[nodiscard]] u256 units_min() const { return {word.limbs[0], word.limbs[1] & 0xffffffff, 0, 0}; }

    // Kind 6.
    [[nodiscard]] std::uint64_t not_before() const { return word.limbs[0]; }
    [[nodiscard]] std::uint64_t not_after() const { return word.limbs[1]; }
    [[nodiscard]] std::uint32_t day_from() const { return static_cast<std::uint32_t>(word.limbs[2]); }
    [[nodiscard]] std::uint32_t day_to() const { return static_cast<std::uint32_t>(word.limbs[2] >> 32); }
    [[nodiscard]] bool locks() const { return (word.limbs[3] & 1) != 0; }

    // Kind 1.
    [[nodiscard]] Address contract() const { return to_address(word); }
    [[nodiscard]] std::uint32_t gas_limit() const { return static_cast<std::uint32_t>(word.limbs[2] >> 32); }

    // Kind 7.
    [[nodiscard]] u256 outflow_max() const { return units_min(); }
    [[nodiscard]] std::uint16_t window_hours() const { return static_cast<std::uint16_t>(word.limbs[1] >> 32); }

    // Kind 8.
    [[nodiscard]] unsigned listed_count() const { return static_cast<unsigned>(word.limbs[0] & 0xff); }
};

}  // namespace talea::vm
