#pragma once
#include <span>
#include <vector>

#include "node/storage/chain_store.hpp"
#include "node/storage/kv_store.hpp"
#include "vm/base/numbers.hpp"

namespace talea::node {

/// Who holds how much of a token, as its Transfer events tell (ERC-20: three topics, one word of data). The index
/// believes a contract about itself only; a sender with less than it gives is taken down to 0. Written with the block,
/// never a source of truth: `rebuild_holders` makes it again from the receipts.
struct Holding {
    vm::Address holder;
    vm::u256 balance;
};

/// Adds to `batch` what the block's events did. `reader` is the state before it.
void put_holders(KvBatch& batch, const KvReader& reader, vm::BlockNumber number,
                 std::span<const StoredReceipt> receipts);

/// Holders of `token` after block `at` with more than nothing, by address, beginning above `after`; at most `limit`.
/// Two seeks a holder that there ever was.
[[nodiscard]] std::vector<Holding> holders(const KvReader& reader, const vm::Address& token, vm::BlockNumber at,
                                           const vm::Address& after, std::size_t limit);

/// Deletes the index and builds it again from all stored receipts. Returns the number of blocks read.
std::uint64_t rebuild_holders(KvStore& store);

}  // namespace talea::node
