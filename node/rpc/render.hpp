#pragma once
#include <optional>

#include "node/chain/head.hpp"
#include "node/rpc/json.hpp"
#include "vm/chain/block.hpp"
#include "vm/chain/transaction.hpp"

/// Blocks, transactions, receipts and logs as Ethereum's JSON-RPC shows them.
namespace talea::node {

/// Where a transaction stands.
struct Inclusion {
    const vm::Header& header;
    const vm::Hash& block_hash;
    std::uint64_t index = 0;
};

void render_block(JsonWriter& out, const vm::Header& header, const vm::Hash& hash,
                  std::span<const vm::Transaction> transactions, std::span<const StoredReceipt> receipts,
                  bool whole_transactions);
void render_transaction(JsonWriter& out, const vm::Transaction& tx, const vm::Hash& hash, const vm::Address& sender,
                        const Inclusion& place);
/// One that waits: what only a block gives is null.
void render_pending(JsonWriter& out, const vm::RecoveredTransaction& pending, const vm::u256& base_fee);
/// As a subscription to new heads tells of a block.
void render_header(JsonWriter& out, const vm::Header& header, const vm::Hash& hash);
/// `logs_before`: logs of earlier transactions in the block.
void render_receipt(JsonWriter& out, const vm::Transaction& tx, const vm::Hash& hash, const StoredReceipt& stored,
                    const Inclusion& place, std::uint64_t logs_before);
void render_log(JsonWriter& out, const vm::Log& log, const vm::Hash& transaction_hash, const Inclusion& place,
                std::uint64_t log_index);

/// What the sender pays a unit of gas (EIP-1559).
[[nodiscard]] vm::u256 effective_gas_price(const vm::Transaction& tx, const vm::u256& base_fee);
[[nodiscard]] vm::u256 effective_gas_price(const vm::Transaction& tx, const vm::Header& header);

}  // namespace talea::node
