#pragma once
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "node/chain/head.hpp"
#include "node/rpc/error.hpp"
#include "node/rpc/json.hpp"
#include "vm/base/bytes.hpp"
#include "vm/base/u256.hpp"

/// Reads parameters of JSON-RPC strictly, as execution-apis defines them. Every error is invalid_params and names
/// `what`.
namespace talea::node {

/// "0x" and digits without leading zeros.
[[nodiscard]] RpcResult<vm::u256> read_quantity(const Json& json, std::string_view what);
[[nodiscard]] RpcResult<std::uint64_t> read_u64(const Json& json, std::string_view what);
[[nodiscard]] RpcResult<vm::Address> read_address(const Json& json, std::string_view what);
[[nodiscard]] RpcResult<vm::Hash> read_hash(const Json& json, std::string_view what);
[[nodiscard]] RpcResult<vm::Bytes> read_bytes(const Json& json, std::string_view what);
[[nodiscard]] RpcResult<bool> read_bool(const Json& json, std::string_view what);
/// A storage slot: up to 32 bytes, leading zeros or not.
[[nodiscard]] RpcResult<vm::u256> read_slot(const Json& json, std::string_view what);

/// Which state a question is about.
struct BlockChoice {
    vm::BlockNumber number;
    bool pending = false;  ///< the context of the next block, on the latest state
};
/// A number, a tag, or an object of EIP-1898; null or absent is the latest. A block that does not exist is not_found.
[[nodiscard]] RpcResult<BlockChoice> read_block(const Json* json, const Head& head);

/// The block that the first parameter names, or by its hash alone; nothing where there is none, which is answered by
/// null.
[[nodiscard]] RpcResult<std::optional<vm::BlockNumber>> find_block(std::span<const Json> params, const Head& head);
[[nodiscard]] RpcResult<std::optional<vm::BlockNumber>> find_block_by_hash(std::span<const Json> params,
                                                                           const Head& head);

/// The parameter at `index`, or null where it is absent or JSON's null.
[[nodiscard]] inline const Json* optional_param(std::span<const Json> params, std::size_t index) {
    return index < params.size() && !params[index].is_null() ? &params[index] : nullptr;
}
/// The parameter at `index`, which must be there.
[[nodiscard]] RpcResult<const Json*> required_param(std::span<const Json> params, std::size_t index,
                                                    std::string_view what);

}  // namespace talea::node
