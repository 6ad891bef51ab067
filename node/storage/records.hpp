#pragma once
#include <expected>
#include <optional>
#include <vector>

#include "vm/chain/block.hpp"
#include "vm/state/changeset.hpp"

/// How values stand in the database. All decoders read what `encode_` of this version wrote; anything else is a damaged
/// database, which `damaged` says and stops the process.
namespace talea::node {

/// A receipt with what the RPC needs and execution knew.
struct StoredReceipt {
    vm::Receipt receipt;
    vm::Address sender;
    std::uint64_t gas_used = 0;  ///< of this transaction alone; not stored, follows from the cumulative ones
    std::optional<vm::Address> created;
};

[[nodiscard]] vm::Bytes encode_account(const std::optional<vm::Account>& account);
[[nodiscard]] std::optional<vm::Account> decode_account(vm::BytesView encoded);

/// Minimal big-endian bytes; empty for 0.
[[nodiscard]] vm::Bytes encode_word(const vm::u256& word);
[[nodiscard]] vm::u256 decode_word(vm::BytesView encoded);

[[nodiscard]] vm::Bytes encode_transactions(std::span<const vm::Transaction> transactions);
[[nodiscard]] std::vector<vm::Transaction> decode_transactions(vm::BytesView encoded);

[[nodiscard]] vm::Bytes encode_receipts(std::span<const StoredReceipt> receipts);
/// Neither types nor blooms are stored: the first come from the block's transactions, the second from the logs.
[[nodiscard]] std::vector<StoredReceipt> decode_receipts(vm::BytesView encoded,
                                                         std::span<const vm::Transaction> transactions);

/// Without codes: they are stored by hash at once.
[[nodiscard]] vm::Bytes encode_changes(const vm::ChangeSet& changes);
[[nodiscard]] vm::ChangeSet decode_changes(vm::BytesView encoded);

/// Stops the process: the database holds what no version of this program wrote.
[[noreturn]] void damaged(std::string_view what);

}  // namespace talea::node
