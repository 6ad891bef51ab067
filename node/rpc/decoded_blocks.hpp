#pragma once
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "node/chain/head.hpp"

namespace talea::node {

/// A stored block with its receipts.
struct DecodedBlock {
    vm::Header header;
    vm::Hash hash;
    std::vector<vm::Transaction> transactions;
    std::vector<StoredReceipt> receipts;
    std::vector<std::uint64_t> logs_before;  ///< by transaction: logs of those before it
};

/// The blocks that were asked for last, decoded: whoever sends asks for each receipt by itself, soon and often more
/// than once, and a block is stored as a whole. From any thread.
class DecodedBlocks {
  public:
    /// A node at its peak makes no more in the second after which most have asked; each is decoded in milliseconds.
    static constexpr std::size_t blocks_max = 16;
    /// Of all that are kept, as transactions in them; the last one is kept whatever it has.
    static constexpr std::size_t transactions_max = 20'000;

    /// The block of that number, which is at or below `head`. Stops the process where it is not stored whole.
    [[nodiscard]] std::shared_ptr<const DecodedBlock> get(const Head& head, vm::BlockNumber number);

  private:
    std::mutex mutex_;
    std::list<std::shared_ptr<const DecodedBlock>> blocks_;  ///< asked for last: first
    std::size_t transactions_ = 0;                           ///< of `blocks_`
};

}  // namespace talea::node
