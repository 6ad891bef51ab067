#include "node/base/limits.hpp"
#include "node/rpc/dispatcher.hpp"
#include "node/rpc/params.hpp"
#include "node/rpc/render.hpp"
#include "vm/base/hex.hpp"

/// Transactions: handed in, looked up, waited for.
namespace talea::node {
namespace {

RpcResult<vm::Bytes> read_raw(std::span<const Json> params) {
    const auto json = required_param(params, 0, "the signed transaction");
    if (!json) return std::unexpected(json.error());
    auto bytes = read_bytes(**json, "the signed transaction");
    if (bytes && bytes->empty()) return invalid_params("the signed transaction is empty");
    return bytes;
}

RpcResult<vm::Hash> read_transaction_hash(std::span<const Json> params) {
    const auto json = required_param(params, 0, "the transaction's hash");
    if (!json) return std::unexpected(json.error());
    return read_hash(**json, "the transaction's hash");
}

RpcResult<void> send(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto raw = read_raw(params);
    if (!raw) return std::unexpected(raw.error());
    const auto hash = api.chain.submit(*raw);
    if (!hash) return std::unexpected(rpc_error(hash.error()));
    out.string(vm::to_hex(*hash));
    return {};
}

void write_receipt(Api& api, const Head& head, const TransactionPlace& place, JsonWriter& out) {
    const auto block = api.shared.blocks.get(head, place.block);
    if (place.index >= block->transactions.size()) damaged("a transaction's place");
    const auto& tx = block->transactions[place.index];
    render_receipt(out, tx, vm::transaction_hash(tx), block->receipts[place.index],
                   {block->header, block->hash, place.index}, block->logs_before[place.index]);
}

/// EIP-7966: the receipt, once the transaction is final; one round trip.
RpcResult<void> send_sync(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto raw = read_raw(params);
    if (!raw) return std::unexpected(raw.error());
    auto wait = limits::sync_wait_default;
    if (const auto* json = optional_param(params, 1)) {
        const auto given = json->is(Json::Kind::integer) && json->integer >= 0
                               ? RpcResult<std::uint64_t>(static_cast<std::uint64_t>(json->integer))
                               : read_u64(*json, "the time to wait in milliseconds");
        if (!given) return std::unexpected(given.error());
        const auto most = static_cast<std::uint64_t>(limits::sync_wait_max.count());
        wait = std::chrono::milliseconds(std::min(*given, most));
    }
    // A batch has one time for all of it.
    if (api.is_batch) wait = std::max(std::chrono::milliseconds{0}, std::min(wait, api.time_left()));
    struct Place {
        std::atomic<std::size_t>& waiting;
        std::size_t mine;
        explicit Place(std::atomic<std::size_t>& of) : waiting(of), mine(++of) {}
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        ~Place() { --waiting; }
    };
    const Place place(api.shared.waiting);
    if (place.mine > limits::rpc_waiting_max)
        return std::unexpected(RpcError{RpcCode::limit_exceeded, "too many requests wait for their receipts", {}});
    const auto hash = api.chain.submit(*raw);
    if (!hash) return std::unexpected(rpc_error(hash.error()));
    const auto data = '"' + vm::to_hex(*hash) + '"';
    (void)api.chain.wait_for(*hash, wait);
    // The pool first, as in `status`: what leaves it for a block in between is found in the head read after it, and is
    // never called dropped, which would invite a second payment.
    const auto pending = api.chain.pool().find(*hash);
    const auto next = pending == nullptr ? 0 : api.chain.pool().next_nonce(pending->sender, 0);
    const auto head = api.chain.head();
    if (const auto found = head->blocks().find(*hash)) {
        write_receipt(api, *head, *found, out);
        return {};
    }
    if (pending == nullptr) {
        const auto reason = api.chain.pool().drop_reason(*hash);
        return std::unexpected(RpcError{RpcCode::server_error,
                                        "the transaction was dropped: " + reason.value_or("it left the pool"), data});
    }
    if (next <= pending->tx.nonce)
        return std::unexpected(
            RpcError{RpcCode::transaction_queued, "the transaction waits for a nonce before its own", data});
    return std::unexpected(RpcError{RpcCode::wait_timeout, "the transaction is not final yet; it waits on", data});
}

RpcResult<void> receipt(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto hash = read_transaction_hash(params);
    if (!hash) return std::unexpected(hash.error());
    const auto head = api.chain.head();
    if (const auto place = head->blocks().find(*hash))
        write_receipt(api, *head, *place, out);
    else
        out.null();
    return {};
}

void write_transaction(Api& api, const Head& head, const TransactionPlace& place, JsonWriter& out) {
    const auto block = api.shared.blocks.get(head, place.block);
    if (place.index >= block->transactions.size()) return out.null();
    const auto& tx = block->transactions[place.index];
    render_transaction(out, tx, vm::transaction_hash(tx), block->receipts[place.index].sender,
                       {block->header, block->hash, place.index});
}

/// A pending transaction is null here, since the published result demands a block; `talea_transactionStatus` tells
/// more.
RpcResult<void> transaction(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto hash = read_transaction_hash(params);
    if (!hash) return std::unexpected(hash.error());
    const auto head = api.chain.head();
    if (const auto place = head->blocks().find(*hash))
        write_transaction(api, *head, *place, out);
    else
        out.null();
    return {};
}

RpcResult<void> transaction_at(Api& api, std::span<const Json> params, JsonWriter& out, bool by_hash) {
    const auto head = api.chain.head();
    const auto block_json = required_param(params, 0, "the block");
    if (!block_json) return std::unexpected(block_json.error());
    const auto index_json = required_param(params, 1, "the transaction's index");
    if (!index_json) return std::unexpected(index_json.error());
    const auto index = read_u64(**index_json, "the transaction's index");
    if (!index) return std::unexpected(index.error());
    std::optional<vm::BlockNumber> number;
    if (by_hash) {
        const auto hash = read_hash(**block_json, "the block's hash");
        if (!hash) return std::unexpected(hash.error());
        number = head->blocks().number(*hash);
    } else {
        const auto block = read_block(*block_json, *head);
        if (!block && block.error().code != RpcCode::not_found) return std::unexpected(block.error());
        if (block) number = block->number;
    }
    if (!number) {
        out.null();
        return {};
    }
    if (auto whole = check_whole(*head, *number); !whole) return whole;
    write_transaction(api, *head, {*number, *index}, out);
    return {};
}

RpcResult<void> transaction_by_number(Api& api, std::span<const Json> params, JsonWriter& out) {
    return transaction_at(api, params, out, false);
}

RpcResult<void> transaction_by_hash(Api& api, std::span<const Json> params, JsonWriter& out) {
    return transaction_at(api, params, out, true);
}

/// talea_transactionStatus(hash) → {status: final | pending | queued | dropped | unknown, blockNumber?, reason?}. With
/// a reason one that is unknown may stand in a block that this node forgot.
RpcResult<void> status(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto hash = read_transaction_hash(params);
    if (!hash) return std::unexpected(hash.error());
    // The pool first: a transaction that leaves it for a block in between is found in the head read after it.
    const auto pending = api.chain.pool().find(*hash);
    const auto next = pending == nullptr ? 0 : api.chain.pool().next_nonce(pending->sender, 0);
    const auto head = api.chain.head();
    out.object_begin();
    if (const auto place = head->blocks().find(*hash)) {
        out.member("status", "final");
        out.member("blockNumber", vm::to_quantity(place->block.value));
    } else if (pending != nullptr) {
        out.member("status", next > pending->tx.nonce ? "pending" : "queued");
        if (next <= pending->tx.nonce) out.member("reason", "the nonce " + std::to_string(next) + " is missing");
    } else if (const auto reason = api.chain.pool().drop_reason(*hash)) {
        out.member("status", "dropped");
        out.member("reason", *reason);
    } else {
        out.member("status", "unknown");
        if (const auto first = head->blocks().first_whole(); first.value > 0)
            out.member("reason", "this node keeps transactions from block " + std::to_string(first.value) +
                                     " on; ask a node whose history is all");
    }
    out.object_end();
    return {};
}

}  // namespace

void add_transaction_methods(MethodTable& table) {
    table["eth_sendRawTransaction"] = {1, send};
    table["eth_sendRawTransactionSync"] = {2, send_sync};
    table["eth_getTransactionReceipt"] = {1, receipt};
    table["eth_getTransactionByHash"] = {1, transaction};
    table["eth_getTransactionByBlockNumberAndIndex"] = {2, transaction_by_number};
    table["eth_getTransactionByBlockHashAndIndex"] = {2, transaction_by_hash};
    table["talea_transactionStatus"] = {1, status};
}

}  // namespace talea::node
