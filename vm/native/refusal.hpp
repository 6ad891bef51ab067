#pragma once
#include <optional>
#include <vector>

#include "vm/base/bytes.hpp"
#include "vm/base/u256.hpp"
#include "vm/native/operation.hpp"

namespace talea::vm {

/// Why a movement is refused; the fields of `Refused` and of what `preview` lists (IPolicies.sol).
struct Refusal {
    std::uint16_t code = 0;  ///< 100 x kind + n, or below 100 where no rule is at fault
    Address who;             ///< the refused wallet: from, to or actor
    std::uint8_t rule = 0;   ///< position in the policy from 1; 0: none
    u256 detail;
    friend bool operator==(const Refusal&, const Refusal&) = default;
};

/// Reason codes (DOMAIN §3).
namespace reason {
inline constexpr std::uint16_t zero_address = 2;
inline constexpr std::uint16_t more_than_free = 3;
inline constexpr std::uint16_t not_authorised = 4;
inline constexpr std::uint16_t cap = 5;
inline constexpr std::uint16_t refused_by_contract = 101;
inline constexpr std::uint16_t contract_failed = 102;
inline constexpr std::uint16_t sender_unknown = 201;
inline constexpr std::uint16_t receiver_unknown = 202;
inline constexpr std::uint16_t sender_lapsed = 203;
inline constexpr std::uint16_t receiver_lapsed = 204;
inline constexpr std::uint16_t sender_suspended = 205;
inline constexpr std::uint16_t receiver_suspended = 206;
inline constexpr std::uint16_t sender_closed = 207;
inline constexpr std::uint16_t receiver_closed = 208;
inline constexpr std::uint16_t wallet_retired = 209;
inline constexpr std::uint16_t sender_country = 301;
inline constexpr std::uint16_t receiver_country = 302;
inline constexpr std::uint16_t sender_category = 401;
inline constexpr std::uint16_t receiver_category = 402;
inline constexpr std::uint16_t too_many_holders = 501;
inline constexpr std::uint16_t above_maximum = 502;
inline constexpr std::uint16_t receiver_below_minimum = 503;
inline constexpr std::uint16_t sender_below_minimum = 504;
inline constexpr std::uint16_t not_yet = 601;
inline constexpr std::uint16_t over = 602;
inline constexpr std::uint16_t closed_now = 603;
inline constexpr std::uint16_t over_limit = 701;
inline constexpr std::uint16_t sender_not_listed = 801;
inline constexpr std::uint16_t receiver_not_listed = 802;
}  // namespace reason

/// A movement of a token, as `authorize` and `preview` judge it.
struct Movement {
    Operation operation = Operation::transfer;
    Address token, actor, from, to;
    u256 amount;
};

/// One of the movements that are judged together (IPolicies.Movement).
struct Leg {
    Address from, to;
    u256 amount;
};
/// What `authorizeNet` and `previewNet` judge.
struct NetMovement {
    Operation operation = Operation::settle;
    Address token, actor;
    std::vector<Leg> legs;
};

/// Call data for `Policies.preview`, and the answer; nothing where it is no list of refusals.
[[nodiscard]] Bytes encode_preview_call(const Movement& movement);
[[nodiscard]] std::optional<std::vector<Refusal>> decode_preview_result(BytesView output);
/// Call data for `Policies.authorize`, which the token sends.
[[nodiscard]] Bytes encode_authorize_call(const Movement& movement);
/// The same for legs together.
[[nodiscard]] Bytes encode_preview_net_call(const NetMovement& movement);
[[nodiscard]] Bytes encode_authorize_net_call(const NetMovement& movement);
/// The call data of `authorize` or `authorizeNet`, sent by `token`, as that of `preview` or `previewNet`; nothing where
/// it is another call.
[[nodiscard]] std::optional<Bytes> preview_of_authorize(const Address& token, BytesView call_data);
/// The refusal in revert data; nothing where it is another error.
[[nodiscard]] std::optional<Refusal> decode_refused(BytesView revert_data);

}  // namespace talea::vm
