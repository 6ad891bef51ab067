#include "node/rpc/dispatcher.hpp"
#include "node/rpc/params.hpp"
#include "vm/base/hex.hpp"

/// What is hashed, as its bytes: debug_getRawHeader, debug_getRawBlock, debug_getRawReceipts, debug_getRawTransaction.
namespace talea::node {
namespace {

/// The block that a question is about, which must be there: the published results have no null.
RpcResult<vm::BlockNumber> existing_block(std::span<const Json> params, const Head& head) {
    const auto json = required_param(params, 0, "the block");
    if (!json) return std::unexpected(json.error());
    const auto block = read_block(*json, head);
    if (!block) return std::unexpected(block.error());
    return block->number;
}

/// The same, with transactions and receipts.
RpcResult<vm::BlockNumber> whole_block(std::span<const Json> params, const Head& head) {
    const auto number = existing_block(params, head);
    if (!number) return number;
    if (auto whole = check_whole(head, *number); !whole) return std::unexpected(whole.error());
    return number;
}

vm::Header header_of(const Head& head, vm::BlockNumber number) {
    auto header = head.blocks().header(number);
    if (!header) damaged("a header");
    return std::move(*header);
}

RpcResult<void> raw_header(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto head = api.chain.head();
    const auto number = existing_block(params, *head);
    if (!number) return std::unexpected(number.error());
    out.string(vm::to_hex(vm::encode_header(header_of(*head, *number))));
    return {};
}

RpcResult<void> raw_block(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto head = api.chain.head();
    const auto number = whole_block(params, *head);
    if (!number) return std::unexpected(number.error());
    const vm::Block block{.header = header_of(*head, *number),
                          .transactions = head->blocks().transactions(*number),
                          .ommers = {},
                          .withdrawals = std::vector<vm::Withdrawal>{}};
    out.string(vm::to_hex(vm::encode_block(block)));
    return {};
}

RpcResult<void> raw_receipts(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto head = api.chain.head();
    const auto number = whole_block(params, *head);
    if (!number) return std::unexpected(number.error());
    const auto transactions = head->blocks().transactions(*number);
    const auto receipts = head->blocks().receipts(*number, transactions);
    out.array_begin();
    for (const auto& stored : receipts) out.string(vm::to_hex(vm::encode_receipt(stored.receipt)));
    out.array_end();
    return {};
}

/// Final or waiting.
RpcResult<void> raw_transaction(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto json = required_param(params, 0, "the transaction's hash");
    if (!json) return std::unexpected(json.error());
    const auto hash = read_hash(**json, "the transaction's hash");
    if (!hash) return std::unexpected(hash.error());
    // The pool first: what leaves it for a block in between is found in the head read after it.
    const auto pending = api.chain.pool().find(*hash);
    const auto head = api.chain.head();
    if (const auto place = head->blocks().find(*hash)) {
        const auto transactions = head->blocks().transactions(place->block);
        if (place->index >= transactions.size()) damaged("a transaction's place");
        out.string(vm::to_hex(vm::encode_transaction(transactions[place->index])));
        return {};
    }
    if (pending == nullptr)
        return std::unexpected(RpcError{RpcCode::not_found, "this node knows no such transaction", {}});
    out.string(vm::to_hex(vm::encode_transaction(pending->tx)));
    return {};
}

/// No block is stored that was refused.
RpcResult<void> bad_blocks(Api&, std::span<const Json>, JsonWriter& out) {
    out.array_begin();
    out.array_end();
    return {};
}

}  // namespace

void add_raw_methods(MethodTable& table) {
    table["debug_getRawHeader"] = {1, raw_header};
    table["debug_getRawBlock"] = {1, raw_block};
    table["debug_getRawReceipts"] = {1, raw_receipts};
    table["debug_getRawTransaction"] = {1, raw_transaction};
    table["debug_getBadBlocks"] = {0, bad_blocks};
}

}  // namespace talea::node
