#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "vm/base/bytes.hpp"
#include "vm/base/u256.hpp"

/// The one table of refusals: code, Solidity error, sentence, remedy. The node's talea_preview, the wallet's `explain`
/// and the documents read it; a template that gets a new error gets a row in rows_*.cpp.
namespace talea::contracts {

/// The most arguments an error of the table has.
inline constexpr std::size_t refusal_args_max = 4;

/// A row. `sentence` and `remedy` may hold {N:kind}, argument N of the error shown as:
///   wallet   an address, by the name the caller knows
///   units    an amount with the token's decimals       count    a plain number
///   time     seconds since 1970, as UTC                span     seconds as hours, minutes, seconds
///   day      days since 1970, as a date                role     a template's role    rights   bits of Permissions
///   id       32 bytes                                  pause, stage, side, redemption, agreement, eligibility, reason,
///   instruction, distribution, operation
///            an enum of a template
struct RefusalRow {
    /// 1–9 token, 10–19 cash, 20–39 fund, 40–59 collateral, 60–79 settlement, 80–89 distribution, 90–99 custody, 100 ×
    /// kind + n the registry's; 0: a fault of the call that has no code.
    std::uint16_t code;
    std::string_view name;  ///< of the error; for the registry's codes a name of their own ("ReceiverUnknown")
    /// Its signature, "CapExceeded(uint256,uint256,uint256)". The registry's codes all come as `registry_error`.
    std::string_view error;
    int who;     ///< index of the argument that is the refused account, -1: none
    int detail;  ///< index of the argument that `detail` shows, -1: none
    std::string_view sentence;
    std::string_view remedy;
};

/// Policies.Refused: arguments code, who, rule, detail.
inline constexpr std::string_view registry_error = "Refused(uint16,address,uint8,uint256)";

/// All rows; codes ascend within each kind of contract.
std::span<const RefusalRow> refusal_rows();

/// A refusal that happened: a row with its arguments.
struct Refusal {
    const RefusalRow* row;  ///< never null
    std::uint16_t code;
    vm::Address who;    ///< zero where the row has none
    std::uint8_t rule;  ///< position in the policy from 1; 0 where no rule is at fault
    vm::u256 detail;    ///< 0 where the row has none
    std::array<vm::u256, refusal_args_max> args;
};

/// What the revert data of a call says, if it is an error of the table (of any code, 0 included).
std::optional<Refusal> decode_refusal(vm::BytesView revert_data);

/// The same for a row of `Policies.preview`. A code that this version does not know gets a row that says so.
Refusal registry_refusal(std::uint16_t code, const vm::Address& who, std::uint8_t rule, const vm::u256& detail);

/// How to show what the table cannot know.
struct RefusalNames {
    std::function<std::string(const vm::Address&)> wallet;  ///< empty: 0x and 40 digits
    unsigned decimals = 6;                                  ///< of the token; the templates have 6
};

/// In plain words who is refused and why, one sentence without its full stop.
std::string refusal_sentence(const Refusal& refusal, const RefusalNames& names = {});
/// What would mend it, one sentence without its full stop.
std::string refusal_remedy(const Refusal& refusal, const RefusalNames& names = {});

/// A refusal by Permissions before or during execution (DESIGN §5); `{who}` stands for the account.
struct PermissionReason {
    std::string_view name;  ///< "sender_not_permitted"
    std::string_view sentence;
    std::string_view remedy;
};
std::span<const PermissionReason> permission_reasons();
/// The reason of that name, or null.
const PermissionReason* find_permission_reason(std::string_view name);

/// `text` of a PermissionReason with the account put in.
std::string fill_who(std::string_view text, std::string_view who);

/// The name of a template's role ("ISSUER"; "the administrator" for 0), or its 32 bytes.
std::string role_name(const vm::u256& role);

}  // namespace talea::contracts
