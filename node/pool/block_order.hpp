#pragma once
#include <cstdint>
#include <vector>

#include "node/pool/pool.hpp"

namespace talea::node {

/// In which order a proposer tries transactions (DESIGN 7: gas is free, so one key must not starve the rest): all of
/// ADMIN and NETWORK accounts first, then one a sender in turn; a sender that used a quarter of the block's gas waits
/// until the others have had theirs.
///
///     BlockOrder order(pool.candidates(...), gas_limit);
///     while (auto tx = order.next()) if (auto gas = builder.add(*tx)) order.took(*gas); else order.leave_sender();
class BlockOrder {
  public:
    BlockOrder(std::vector<SenderQueue> queues, std::uint64_t gas_limit);

    /// The next one to try; null at the end. Each call is answered by `took` or `leave_sender` before the next.
    [[nodiscard]] PendingTransaction next();
    /// The last one stands in the block and used `gas`.
    void took(std::uint64_t gas);
    /// The last one does not: no more of its sender in this block.
    void leave_sender();

  private:
    struct Turn {
        SenderQueue queue;
        std::size_t position = 0;
        std::uint64_t gas_used = 0;
    };
    [[nodiscard]] bool is_done(const Turn& turn) const { return turn.position >= turn.queue.txs.size(); }
    [[nodiscard]] bool waits(const Turn& turn) const;

    std::vector<Turn> turns_;
    std::uint64_t gas_share_;
    std::size_t current_ = 0;
    std::size_t operators_ = 0;  ///< turns before this index are those of operators
    bool last_resort_ = false;   ///< only senders beyond their share are left
};

}  // namespace talea::node
