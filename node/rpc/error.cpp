#include "node/rpc/error.hpp"

#include "node/rpc/json.hpp"
#include "vm/base/hex.hpp"

namespace talea::node {
namespace {

/// The words that libraries look for; empty where they know none.
std::string_view familiar(vm::TxError error) {
    switch (error) {
        case vm::TxError::nonce_too_low:
            return "nonce too low";
        case vm::TxError::nonce_too_high:
            return "nonce too high";
        case vm::TxError::insufficient_funds:
            return "insufficient funds for gas * price + value";
        case vm::TxError::intrinsic_gas_too_low:
            return "intrinsic gas too low";
        case vm::TxError::gas_limit_above_block:
            return "exceeds block gas limit";
        case vm::TxError::fee_below_base_fee:
            return "max fee per gas less than block base fee";
        case vm::TxError::priority_fee_above_max_fee:
            return "max priority fee per gas higher than max fee per gas";
        default:  // the others have no customary words
            return {};
    }
}

/// The text of Error(string), as Solidity's require gives it (selector 0x08c379a0).
std::optional<std::string> revert_text(vm::BytesView data) {
    if (data.size() < 4 + 64 || data[0] != 0x08 || data[1] != 0xc3 || data[2] != 0x79 || data[3] != 0xa0)
        return std::nullopt;
    const auto length = vm::u256::from_be_bytes(data.subspan(4 + 32, 32));
    if (!length.fits_u64() || length.low_u64() > data.size() - 4 - 64) return std::nullopt;
    const auto text = data.subspan(4 + 64, length.low_u64());
    return std::string(text.begin(), text.end());
}

}  // namespace

RpcResult<void> check_whole(const Head& head, vm::BlockNumber number) {
    if (!head.blocks().is_forgotten(number)) return {};
    const auto first = head.blocks().first_whole().value;
    JsonWriter data;
    data.object_begin();
    data.member("firstBlock", vm::to_quantity(first));
    data.object_end();
    return std::unexpected(
        RpcError{RpcCode::forgotten,
                 "pruned history unavailable: this node keeps transactions and receipts from block " +
                     std::to_string(first) + " on; ask a node whose history is all",
                 data.take()});
}

RpcError rpc_error(vm::TxError error, const vm::Address& account) {
    JsonWriter data;
    data.object_begin();
    data.member("reason", vm::name(error));
    data.member("account", vm::to_hex(account));
    data.object_end();
    const bool permission = error == vm::TxError::sender_not_permitted || error == vm::TxError::deploy_not_permitted;
    std::string message(familiar(error));
    if (!message.empty()) message += ": ";
    message += vm::to_string(error);
    return {permission ? RpcCode::not_permitted : RpcCode::server_error, std::move(message), data.take()};
}

RpcError rpc_error(const SubmitFailure& failure) {
    if (const auto* decode = std::get_if<vm::TxDecodeError>(&failure.what))
        return {RpcCode::invalid_params, "not a transaction: " + std::string(vm::to_string(*decode)), {}};
    if (const auto* rule = std::get_if<vm::TxError>(&failure.what)) return rpc_error(*rule, failure.sender);
    return {RpcCode::server_error, to_string(failure), {}};
}

RpcError rpc_error(const vm::ExecutionResult& result) {
    if (result.status != vm::Status::revert)
        return {RpcCode::server_error, "execution failed: " + std::string(vm::to_string(result.status)), {}};
    const auto text = revert_text(result.output);
    return {RpcCode::reverted, text ? "execution reverted: " + *text : "execution reverted",
            '"' + vm::to_hex(result.output) + '"'};
}

}  // namespace talea::node
