#pragma once
#include <array>
#include <cstdint>
#include <optional>

namespace talea::vm {

/// What a movement of a token is (DOMAIN §3); the values stand in the ABI.
enum class Operation : std::uint8_t { transfer = 1, issue, redeem, force, recover, pledge, seize, settle, give_back };
inline constexpr std::uint8_t operations_end = 10;

[[nodiscard]] constexpr std::optional<Operation> operation_from(std::uint8_t value) {
    if (value == 0 || value >= operations_end) return std::nullopt;
    return static_cast<Operation>(value);
}
/// Its bit in a rule's `operations`.
[[nodiscard]] constexpr std::uint16_t bit(Operation operation) {
    return static_cast<std::uint16_t>(1U << static_cast<unsigned>(operation));
}

/// How much of kind 2 a side is asked.
enum class KnownAsked : std::uint8_t {
    nothing,
    all,     ///< unknown, lapsed, suspended, closed, retired
    active,  ///< all but lapsed: leaving and being paid
};
/// Whether a side's units are held against kind 5.
enum class HoldersAsked : std::uint8_t { no, yes, if_named };

/// One row of the table of DOMAIN §3.
struct OperationRow {
    KnownAsked sender_known, receiver_known;
    bool sender_rules, receiver_rules;  ///< kinds 1, 3, 4 and 8, where the rule names the operation
    bool window;                        ///< kind 6, where the rule names the operation
    bool sender_locks;                  ///< the locks of kind 6
    bool actor_active;                  ///< who acts for the sender must be active
    bool velocity;                      ///< kind 7 of the sender, where the rule names the operation
    HoldersAsked sender_holders, receiver_holders;
};

namespace detail {
inline constexpr auto nothing = KnownAsked::nothing;
inline constexpr auto all = KnownAsked::all;
inline constexpr auto active = KnownAsked::active;
inline constexpr auto no = HoldersAsked::no;
inline constexpr auto yes = HoldersAsked::yes;
inline constexpr auto if_named = HoldersAsked::if_named;

inline constexpr std::array<OperationRow, operations_end> operation_rows{{
    //  kind 2 of       and of    1,3,4,8 of    kind   locks  actor  kind   kind 5 of
    //  sender   receiver         send.  rec.   6                    7      sender    receiver
    {nothing, nothing, /*      */ false, false, false, false, false, false, no, no},    // none
    {all, all, /*              */ true, true, true, true, true, true, yes, yes},        // transfer
    {nothing, all, /*          */ false, true, true, false, false, false, no, yes},     // issue
    {active, nothing, /*       */ false, false, true, true, true, true, if_named, no},  // redeem
    {nothing, all, /*          */ false, false, false, false, false, false, no, no},    // force
    {nothing, nothing, /*      */ false, false, false, false, false, false, no, no},    // recover
    {all, active, /*           */ true, false, true, true, true, false, no, no},        // pledge
    {nothing, all, /*          */ false, true, true, false, false, false, no, yes},     // seize
    {all, all, /*              */ true, true, true, true, true, true, yes, yes},        // settle
    {nothing, active, /*       */ false, true, true, false, false, false, no,
     no},  // give_back: rules only for what goes beyond
}};
}  // namespace detail

[[nodiscard]] constexpr const OperationRow& row(Operation operation) {
    return detail::operation_rows[static_cast<std::size_t>(operation)];
}

/// Operations in which a kind has any effect; a rule that names another is refused, so that no one relies on it.
[[nodiscard]] constexpr std::uint16_t operations_of_sides() {
    std::uint16_t bits = 0;
    for (std::uint8_t i = 1; i < operations_end; ++i)
        if (detail::operation_rows[i].sender_rules || detail::operation_rows[i].receiver_rules)
            bits = static_cast<std::uint16_t>(bits | 1U << i);
    return bits;
}
[[nodiscard]] constexpr std::uint16_t operations_of_window() {
    std::uint16_t bits = 0;
    for (std::uint8_t i = 1; i < operations_end; ++i)
        if (detail::operation_rows[i].window) bits = static_cast<std::uint16_t>(bits | 1U << i);
    return bits;
}
[[nodiscard]] constexpr std::uint16_t operations_of_velocity() {
    std::uint16_t bits = 0;
    for (std::uint8_t i = 1; i < operations_end; ++i)
        if (detail::operation_rows[i].velocity) bits = static_cast<std::uint16_t>(bits | 1U << i);
    return bits;
}
/// What `authorizeNet` judges: movements between holders, in which both sides are asked.
[[nodiscard]] constexpr bool can_be_netted(Operation operation) {
    return operation == Operation::transfer || operation == Operation::settle;
}

}  // namespace talea::vm
