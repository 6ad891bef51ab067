#include "node/rpc/render.hpp"

#include <algorithm>

#include "vm/base/hex.hpp"

namespace talea::node {
namespace {

void render_access_list(JsonWriter& out, const vm::AccessList& list) {
    out.key("accessList");
    out.array_begin();
    for (const auto& entry : list) {
        out.object_begin();
        out.member("address", vm::to_hex(entry.address));
        out.key("storageKeys");
        out.array_begin();
        for (const auto& key : entry.storage_keys) out.string(vm::to_hex(vm::to_hash(key)));
        out.array_end();
        out.object_end();
    }
    out.array_end();
}

void render_authorizations(JsonWriter& out, std::span<const vm::Authorization> authorizations) {
    out.key("authorizationList");
    out.array_begin();
    for (const auto& authorization : authorizations) {
        out.object_begin();
        out.member("chainId", vm::to_quantity(authorization.chain_id));
        out.member("address", vm::to_hex(authorization.address));
        out.member("nonce", vm::to_quantity(authorization.nonce));
        out.member("yParity", vm::to_quantity(std::uint64_t{authorization.y_parity}));
        out.member("r", vm::to_quantity(authorization.r));
        out.member("s", vm::to_quantity(authorization.s));
        out.object_end();
    }
    out.array_end();
}

std::string type_quantity(vm::TxType type) {
    return vm::to_quantity(std::uint64_t{static_cast<std::uint8_t>(type)});
}

/// EIP-155: 35 + 2 x chain id + parity; 27 + parity before it.
std::uint64_t legacy_v(const vm::Transaction& tx) {
    return tx.chain_id ? 35 + 2 * *tx.chain_id + tx.signature.y_parity : 27ULL + tx.signature.y_parity;
}

/// What a transaction is, wherever it is.
void render_signed(JsonWriter& out, const vm::Transaction& tx, const vm::Hash& hash, const vm::Address& sender,
                   const vm::u256& base_fee) {
    out.member("hash", vm::to_hex(hash));
    out.member("type", type_quantity(tx.type));
    out.member("from", vm::to_hex(sender));
    out.member("nonce", vm::to_quantity(tx.nonce));
    if (tx.to)
        out.member("to", vm::to_hex(*tx.to));
    else
        out.member_null("to");
    out.member("gas", vm::to_quantity(tx.gas_limit));
    out.member("value", vm::to_quantity(tx.value));
    out.member("input", vm::to_hex(tx.data));
    if (tx.chain_id) out.member("chainId", vm::to_quantity(*tx.chain_id));
    const bool one_price = tx.type == vm::TxType::legacy || tx.type == vm::TxType::access_list;
    out.member("gasPrice", vm::to_quantity(one_price ? tx.max_fee_per_gas : effective_gas_price(tx, base_fee)));
    if (!one_price) {
        out.member("maxFeePerGas", vm::to_quantity(tx.max_fee_per_gas));
        out.member("maxPriorityFeePerGas", vm::to_quantity(tx.max_priority_fee_per_gas));
    }
    if (tx.type == vm::TxType::legacy) {
        out.member("v", vm::to_quantity(legacy_v(tx)));
    } else {
        render_access_list(out, tx.access_list);
        const auto parity = vm::to_quantity(std::uint64_t{tx.signature.y_parity});
        out.member("yParity", parity);
        out.member("v", parity);
    }
    if (tx.type == vm::TxType::set_code) render_authorizations(out, tx.authorizations);
    out.member("r", vm::to_quantity(tx.signature.r));
    out.member("s", vm::to_quantity(tx.signature.s));
}

void render_header_members(JsonWriter& out, const vm::Header& header, const vm::Hash& hash) {
    out.member("number", vm::to_quantity(header.number.value));
    out.member("hash", vm::to_hex(hash));
    out.member("parentHash", vm::to_hex(header.parent_hash));
    out.member("sha3Uncles", vm::to_hex(header.ommers_hash));
    out.member("miner", vm::to_hex(header.beneficiary));
    out.member("stateRoot", vm::to_hex(header.state_root));
    out.member("transactionsRoot", vm::to_hex(header.transactions_root));
    out.member("receiptsRoot", vm::to_hex(header.receipts_root));
    out.member("logsBloom", vm::to_hex(vm::BytesView(header.bloom.bytes)));
    out.member("difficulty", vm::to_quantity(header.difficulty));
    out.member("gasLimit", vm::to_quantity(header.gas_limit));
    out.member("gasUsed", vm::to_quantity(header.gas_used));
    out.member("timestamp", vm::to_quantity(header.timestamp.seconds));
    out.member("extraData", vm::to_hex(header.extra_data));
    out.member("mixHash", vm::to_hex(header.mix_hash));
    out.member("nonce", vm::to_hex(vm::BytesView(header.nonce)));
    if (header.base_fee_per_gas) out.member("baseFeePerGas", vm::to_quantity(*header.base_fee_per_gas));
    if (header.withdrawals_root) out.member("withdrawalsRoot", vm::to_hex(*header.withdrawals_root));
    if (header.blob_gas_used) out.member("blobGasUsed", vm::to_quantity(*header.blob_gas_used));
    if (header.excess_blob_gas) out.member("excessBlobGas", vm::to_quantity(*header.excess_blob_gas));
    if (header.parent_beacon_block_root)
        out.member("parentBeaconBlockRoot", vm::to_hex(*header.parent_beacon_block_root));
    if (header.requests_hash) out.member("requestsHash", vm::to_hex(*header.requests_hash));
}

}  // namespace

vm::u256 effective_gas_price(const vm::Transaction& tx, const vm::Header& header) {
    return effective_gas_price(tx, header.base_fee_per_gas.value_or(vm::u256{}));
}

vm::u256 effective_gas_price(const vm::Transaction& tx, const vm::u256& base) {
    if (tx.max_fee_per_gas < base) return tx.max_fee_per_gas;
    return base + std::min(tx.max_priority_fee_per_gas, tx.max_fee_per_gas - base);
}

void render_transaction(JsonWriter& out, const vm::Transaction& tx, const vm::Hash& hash, const vm::Address& sender,
                        const Inclusion& place) {
    out.object_begin();
    out.member("blockHash", vm::to_hex(place.block_hash));
    out.member("blockNumber", vm::to_quantity(place.header.number.value));
    out.member("blockTimestamp", vm::to_quantity(place.header.timestamp.seconds));
    out.member("transactionIndex", vm::to_quantity(place.index));
    render_signed(out, tx, hash, sender, place.header.base_fee_per_gas.value_or(vm::u256{}));
    out.object_end();
}

void render_pending(JsonWriter& out, const vm::RecoveredTransaction& pending, const vm::u256& base_fee) {
    out.object_begin();
    for (const auto* name : {"blockHash", "blockNumber", "blockTimestamp", "transactionIndex"}) out.member_null(name);
    render_signed(out, pending.tx, pending.hash, pending.sender, base_fee);
    out.object_end();
}

void render_header(JsonWriter& out, const vm::Header& header, const vm::Hash& hash) {
    out.object_begin();
    render_header_members(out, header, hash);
    out.object_end();
}

void render_block(JsonWriter& out, const vm::Header& header, const vm::Hash& hash,
                  std::span<const vm::Transaction> transactions, std::span<const StoredReceipt> receipts,
                  bool whole_transactions) {
    out.object_begin();
    render_header_members(out, header, hash);
    if (header.withdrawals_root) {
        out.key("withdrawals");
        out.array_begin();
        out.array_end();
    }
    const vm::Block block{.header = header,
                          .transactions = {transactions.begin(), transactions.end()},
                          .ommers = {},
                          .withdrawals = std::vector<vm::Withdrawal>{}};
    out.member("size", vm::to_quantity(std::uint64_t{vm::encode_block(block).size()}));
    out.key("transactions");
    out.array_begin();
    const auto hashes = vm::transaction_hashes(transactions);
    for (std::size_t i = 0; i < transactions.size(); ++i) {
        if (whole_transactions)
            render_transaction(out, transactions[i], hashes[i], receipts[i].sender, {header, hash, i});
        else
            out.string(vm::to_hex(hashes[i]));
    }
    out.array_end();
    out.key("uncles");
    out.array_begin();
    out.array_end();
    out.object_end();
}

void render_log(JsonWriter& out, const vm::Log& log, const vm::Hash& transaction_hash, const Inclusion& place,
                std::uint64_t log_index) {
    out.object_begin();
    out.member("address", vm::to_hex(log.address));
    out.key("topics");
    out.array_begin();
    for (const auto& topic : log.topics) out.string(vm::to_hex(topic));
    out.array_end();
    out.member("data", vm::to_hex(log.data));
    out.member("blockNumber", vm::to_quantity(place.header.number.value));
    out.member("blockHash", vm::to_hex(place.block_hash));
    out.member("blockTimestamp", vm::to_quantity(place.header.timestamp.seconds));
    out.member("transactionHash", vm::to_hex(transaction_hash));
    out.member("transactionIndex", vm::to_quantity(place.index));
    out.member("logIndex", vm::to_quantity(log_index));
    out.member("removed", false);
    out.object_end();
}

void render_receipt(JsonWriter& out, const vm::Transaction& tx, const vm::Hash& hash, const StoredReceipt& stored,
                    const Inclusion& place, std::uint64_t logs_before) {
    out.object_begin();
    out.member("transactionHash", vm::to_hex(hash));
    out.member("transactionIndex", vm::to_quantity(place.index));
    out.member("blockHash", vm::to_hex(place.block_hash));
    out.member("blockNumber", vm::to_quantity(place.header.number.value));
    out.member("from", vm::to_hex(stored.sender));
    if (tx.to)
        out.member("to", vm::to_hex(*tx.to));
    else
        out.member_null("to");
    out.member("cumulativeGasUsed", vm::to_quantity(stored.receipt.cumulative_gas_used));
    out.member("gasUsed", vm::to_quantity(stored.gas_used));
    if (stored.created)
        out.member("contractAddress", vm::to_hex(*stored.created));
    else
        out.member_null("contractAddress");
    out.key("logs");
    out.array_begin();
    for (std::size_t i = 0; i < stored.receipt.logs.size(); ++i)
        render_log(out, stored.receipt.logs[i], hash, place, logs_before + i);
    out.array_end();
    out.member("logsBloom", vm::to_hex(vm::BytesView(stored.receipt.bloom.bytes)));
    out.member("type", type_quantity(tx.type));
    out.member("status", stored.receipt.succeeded ? "0x1" : "0x0");
    out.member("effectiveGasPrice", vm::to_quantity(effective_gas_price(tx, place.header)));
    out.object_end();
}

}  // namespace talea::node
