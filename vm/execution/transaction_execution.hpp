#pragma once
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "vm/chain/block_context.hpp"
#include "vm/chain/receipt.hpp"
#include "vm/chain/transaction.hpp"
#include "vm/execution/tx_error.hpp"
#include "vm/interpreter/evm.hpp"
#include "vm/state/state.hpp"

namespace talea::vm {

/// The rules of a chain that transactions are held against.
struct TxRules {
    bool talea = false;  ///< registries exist and are enforced as their mode says; no blobs, EIP-155 required
    BlobSchedule blobs;
};

/// What a transaction was kept from by permission while the rest of it ran (DESIGN 5).
struct PermissionRefusal {
    enum class Reason : std::uint8_t { create_not_permitted, authority_not_permitted };
    Reason reason;
    Address who;  ///< the contract that would have created; the authority
    friend bool operator==(const PermissionRefusal&, const PermissionRefusal&) = default;
};
[[nodiscard]] std::string_view name(PermissionRefusal::Reason reason);

struct ExecutionResult {
    Status status = Status::success;
    std::uint64_t gas_used = 0;  ///< after refunds and the floor (EIP-7623)
    std::uint64_t gas_refunded = 0;
    Bytes output;
    std::vector<Log> logs;
    std::optional<Address> created;
    std::optional<PermissionRefusal> refused;  ///< the first
};

/// The cost before the first instruction (EIP-2028, 2930, 3860, 7702), and the floor by call data (EIP-7623; 0 before
/// Prague).
struct IntrinsicGas {
    std::uint64_t intrinsic = 0, floor = 0;
};
[[nodiscard]] IntrinsicGas intrinsic_gas(const Transaction& tx, Fork fork);

/// The rules that need nothing but the transaction and the block: type, chain, shape, fees, intrinsic gas, cap.
[[nodiscard]] std::expected<void, TxError> check_form(const BlockContext& block, const TxRules& rules,
                                                      const RecoveredTransaction& tx);

/// Whether the chain's permissions let `sender` send a transaction, and one that creates a contract where `creates`
/// (DESIGN 5). Always where `rules.talea` is not set. For `state` between transactions call `begin_transaction` first.
[[nodiscard]] std::expected<void, TxError> check_permission(State& state, const TxRules& rules, const Address& sender,
                                                            bool creates);

/// All that can be said of a transaction without executing it, in a block with `gas_left` and `blob_gas_left`: its
/// shape, `check_permission`, room in the block, fees and blobs, then the sender's nonce, code and funds, in this order
/// (which the public tests expect). So a `nonce_too_high` hides only what a pool would ask again anyway.
[[nodiscard]] std::expected<void, TxError> validate_transaction(State& state, const BlockContext& block,
                                                                const TxRules& rules, const RecoveredTransaction& tx,
                                                                std::uint64_t gas_left, std::uint64_t blob_gas_left);

/// Validates and executes a transaction on its own: begins it in `state`, pays fees and tip, ends it. On an error
/// `state` is as before.
[[nodiscard]] std::expected<ExecutionResult, TxError> execute_transaction(
    Evm& evm, State& state, const BlockContext& block, const TxRules& rules, const RecoveredTransaction& tx,
    std::uint64_t gas_left, std::uint64_t blob_gas_left, Inspector* inspector = nullptr);

/// eth_call: no signature, nonce or balance for gas is asked, nor TRANSACT of the sender, nor DEPLOY where the call
/// itself creates (DESIGN 5; eth_estimateGas asks `check_permission` first). Begins and ends a transaction in `state`,
/// where its changes stay.
struct CallRequest {
    Address from;
    std::optional<Address> to;
    std::uint64_t gas = 0;
    u256 gas_price;
    Wei value;
    Bytes data;
    AccessList access_list;
    std::vector<Authorization> authorizations;
};
[[nodiscard]] std::expected<ExecutionResult, TxError> simulate_call(Evm& evm, State& state, const BlockContext& block,
                                                                    const TxRules& rules, const CallRequest& request,
                                                                    Inspector* inspector = nullptr);

}  // namespace talea::vm
