#pragma once
#include <cstddef>
#include <cstdint>

#include "node/storage/kv_store.hpp"
#include "vm/base/numbers.hpp"

/// Forgetting old blocks, where an operator wants a history of so many days: their transactions and receipts go, with
/// what finds them (by a transaction's hash, by the address of logs). Headers, certificates, the state and its history,
/// and the holder index stay, so the chain can be verified and past balances read. Blocks are forgotten in order, none
/// of the last `limits::history_blocks_min`, and genesis never.
namespace talea::node {

struct Forgotten {
    std::uint64_t blocks = 0;       ///< 0: there is nothing to forget
    std::size_t bytes = 0;          ///< of transactions and receipts as they were stored
    vm::BlockNumber first_whole{};  ///< from here on all is there
};

/// Forgets the next blocks whose timestamps are more than `days` days before the head's, as one synced batch that also
/// says which block is the first whole one, and of which older programs do not believe that it is all
/// (put_latest_format). At most `limits::forget_blocks_max`, in some ten milliseconds. `reader` is a snapshot of
/// `store`. While another thread adds blocks to `store`, one may do this.
[[nodiscard]] Forgotten forget_step(const KvReader& reader, KvStore& store, std::uint64_t days);

/// Gives back the disk of bodies and receipts below `first_whole`; what found them goes with LevelDB's own compactions,
/// since its keys lie among new ones.
void compact_forgotten(KvStore& store, vm::BlockNumber first_whole);

}  // namespace talea::node
