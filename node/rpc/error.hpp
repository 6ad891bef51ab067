#pragma once
#include <expected>
#include <string>

#include "node/chain/chain.hpp"

namespace talea::node {

/// The numbers are part of the interface (JSON-RPC 2.0, EIP-1474, EIP-4444, EIP-7966; -32010 is Talea's).
enum class RpcCode : int {
    parse_error = -32700,
    invalid_request = -32600,
    method_not_found = -32601,
    invalid_params = -32602,
    internal_error = -32603,
    server_error = -32000,    ///< the transaction or call cannot be done; the message says why
    not_found = -32001,       ///< the block asked about does not exist
    limit_exceeded = -32005,  ///< narrower questions are answered
    not_permitted = -32010,   ///< DESIGN 5; data: {reason, account}
    reverted = 3,             ///< data: the revert data
    wait_timeout = 4,         ///< EIP-7966: the transaction waits in the pool; data: its hash
    transaction_queued = 5,   ///< EIP-7966: it waits for a nonce before it; data: its hash
    forgotten = 4444,         ///< EIP-4444: the block is older than what this node keeps; data: {firstBlock}
};

struct RpcError {
    RpcCode code = RpcCode::internal_error;
    std::string message;
    std::string data;  ///< JSON text; empty: none
};
template <class T>
using RpcResult = std::expected<T, RpcError>;

[[nodiscard]] inline std::unexpected<RpcError> invalid_params(std::string message) {
    return std::unexpected(RpcError{RpcCode::invalid_params, std::move(message), {}});
}

/// Where the transactions and receipts of `number`, at or below `head`, were forgotten: the error that says so.
[[nodiscard]] RpcResult<void> check_whole(const Head& head, vm::BlockNumber number);

/// How a transaction or call that breaks a rule of the chain is answered; `account` is the sender.
[[nodiscard]] RpcError rpc_error(vm::TxError error, const vm::Address& account);
[[nodiscard]] RpcError rpc_error(const SubmitFailure& failure);
/// A call that ended without success.
[[nodiscard]] RpcError rpc_error(const vm::ExecutionResult& result);

}  // namespace talea::node
