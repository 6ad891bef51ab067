#pragma once
#include <span>
#include <vector>

#include "node/storage/chain_store.hpp"
#include "node/storage/flat_map.hpp"
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

/// Writes the index. Latest balances are kept in memory from when they were first asked for, since a holder who moves
/// something mostly does so again. One thread.
class HolderBalances {
  public:
    /// `reader` has the index of all blocks but those added here since the last `clear`; of these it may.
    explicit HolderBalances(const KvReader& reader) : reader_(reader) {}
    /// Adds to `batch` what the events of the next block did.
    void add(KvBatch& batch, vm::BlockNumber number, std::span<const StoredReceipt> receipts);
    /// Kept in memory, some 100 bytes each.
    [[nodiscard]] std::size_t size() const { return latest_.size(); }
    void clear() { latest_.clear(); }

  private:
    struct Place {
        vm::Address token, holder;
        friend auto operator<=>(const Place&, const Place&) = default;
    };
    struct PlaceHasher {
        std::size_t operator()(const Place& place) const noexcept {
            return vm::AddressHasher{}(place.token) * 31 + vm::AddressHasher{}(place.holder);
        }
    };
    [[nodiscard]] vm::u256 balance(const Place& place);
    const KvReader& reader_;
    FlatMap<Place, vm::u256, PlaceHasher> latest_;
    std::vector<Place> first_seen_;  ///< in the block in hand
};

/// Holders of `token` after block `at` with more than nothing, by address, beginning above `after`; at most `limit`.
/// Two seeks a holder that there ever was.
[[nodiscard]] std::vector<Holding> holders(const KvReader& reader, const vm::Address& token, vm::BlockNumber at,
                                           const vm::Address& after, std::size_t limit);

/// Deletes the index and builds it again from all stored receipts. Returns the number of blocks read.
std::uint64_t rebuild_holders(KvStore& store);

}  // namespace talea::node
