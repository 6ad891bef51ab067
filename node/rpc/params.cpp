#include "node/rpc/params.hpp"

#include "vm/base/hex.hpp"

namespace talea::node {
namespace {

std::unexpected<RpcError> wrong(std::string_view what, std::string_view due) {
    return invalid_params(std::string(what) + " must be " + std::string(due));
}

RpcError no_such_block() {
    return {RpcCode::not_found, "there is no such block", {}};
}

bool has_prefix(const Json& json) {
    return json.is_string() && json.text.starts_with("0x");
}

}  // namespace

RpcResult<vm::u256> read_quantity(const Json& json, std::string_view what) {
    constexpr std::string_view due = "a quantity: \"0x\" and hexadecimal digits without leading zeros";
    if (!has_prefix(json) || json.text.size() < 3 || (json.text[2] == '0' && json.text.size() > 3))
        return wrong(what, due);
    const auto value = vm::u256_from_hex(json.text);
    if (!value) return wrong(what, due);
    return *value;
}

RpcResult<std::uint64_t> read_u64(const Json& json, std::string_view what) {
    const auto value = read_quantity(json, what);
    if (!value) return std::unexpected(value.error());
    if (!value->fits_u64()) return wrong(what, "below 2^64");
    return value->low_u64();
}

RpcResult<vm::Address> read_address(const Json& json, std::string_view what) {
    const auto address = has_prefix(json) ? vm::address_from_hex(json.text) : std::nullopt;
    if (!address) return wrong(what, "an address: \"0x\" and 40 hexadecimal digits");
    return *address;
}

RpcResult<vm::Hash> read_hash(const Json& json, std::string_view what) {
    const auto hash = has_prefix(json) ? vm::hash_from_hex(json.text) : std::nullopt;
    if (!hash) return wrong(what, "32 bytes: \"0x\" and 64 hexadecimal digits");
    return *hash;
}

RpcResult<vm::Bytes> read_bytes(const Json& json, std::string_view what) {
    auto bytes = has_prefix(json) ? vm::from_hex(json.text) : std::nullopt;
    if (!bytes) return wrong(what, "bytes: \"0x\" and two hexadecimal digits a byte");
    return std::move(*bytes);
}

RpcResult<bool> read_bool(const Json& json, std::string_view what) {
    if (!json.is(Json::Kind::boolean)) return wrong(what, "true or false");
    return json.boolean;
}

RpcResult<vm::u256> read_slot(const Json& json, std::string_view what) {
    constexpr std::string_view due = "a storage slot: \"0x\" and 1 to 64 hexadecimal digits";
    if (!has_prefix(json) || json.text.size() < 3 || json.text.size() > 66) return wrong(what, due);
    const auto value = vm::u256_from_hex(json.text);
    if (!value) return wrong(what, due);
    return *value;
}

RpcResult<BlockChoice> read_block(const Json* json, const Head& head) {
    if (json == nullptr || json->is_null()) return BlockChoice{head.number()};
    const auto at = [&](std::uint64_t number) -> RpcResult<BlockChoice> {
        if (number > head.number().value) return std::unexpected(no_such_block());
        return BlockChoice{{number}};
    };
    if (json->is_string()) {
        const auto& text = json->text;
        // Final means final: the latest block is safe and finalized.
        if (text == "latest" || text == "safe" || text == "finalized") return BlockChoice{head.number()};
        if (text == "pending") return BlockChoice{head.number(), true};
        if (text == "earliest") return BlockChoice{};
        const auto number = read_u64(*json, "the block");
        if (!number)
            return invalid_params("the block must be a number, or latest, pending, safe, finalized or earliest");
        return at(*number);
    }
    if (json->is_object()) {
        const auto* number = json->find_present("blockNumber");
        const auto* hash = json->find_present("blockHash");
        if ((number == nullptr) == (hash == nullptr))
            return invalid_params("the block must have one of blockNumber and blockHash");
        if (number != nullptr) {
            const auto value = read_u64(*number, "blockNumber");
            if (!value) return std::unexpected(value.error());
            return at(*value);
        }
        const auto value = read_hash(*hash, "blockHash");
        if (!value) return std::unexpected(value.error());
        const auto found = head.blocks().number(*value);
        if (!found || *found > head.number()) return std::unexpected(no_such_block());
        return BlockChoice{*found};
    }
    return invalid_params("the block must be a number, a tag or an object with blockNumber or blockHash");
}

RpcResult<const Json*> required_param(std::span<const Json> params, std::size_t index, std::string_view what) {
    if (const auto* json = optional_param(params, index)) return json;
    return invalid_params("parameter " + std::to_string(index + 1) + " is missing: " + std::string(what));
}

RpcResult<std::optional<vm::BlockNumber>> find_block(std::span<const Json> params, const Head& head) {
    const auto json = required_param(params, 0, "the block");
    if (!json) return std::unexpected(json.error());
    const auto block = read_block(*json, head);
    if (block) return block->number;
    if (block.error().code == RpcCode::not_found) return std::nullopt;
    return std::unexpected(block.error());
}

RpcResult<std::optional<vm::BlockNumber>> find_block_by_hash(std::span<const Json> params, const Head& head) {
    const auto json = required_param(params, 0, "the block's hash");
    if (!json) return std::unexpected(json.error());
    const auto hash = read_hash(**json, "the block's hash");
    if (!hash) return std::unexpected(hash.error());
    return head.blocks().number(*hash);
}

}  // namespace talea::node
