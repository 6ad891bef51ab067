#pragma once
#include <memory>
#include <mutex>
#include <optional>

#include "node/base/instant.hpp"
#include "node/chain/head.hpp"
#include "node/storage/state_proof.hpp"

namespace talea::node {

/// The state's tries of the block that was asked about last: who proves all holders of a day asks for one after
/// another. They hold a snapshot of the store, so they are given up when nobody asks for a while. From any thread; one
/// block's tries are made at a time.
class PastTries {
  public:
    struct Tries {
        HeadPtr head;  ///< whose store they read
        std::unique_ptr<const StateTries> tries;
    };
    [[nodiscard]] std::expected<std::shared_ptr<const Tries>, ProofError> at(const HeadPtr& head,
                                                                             vm::BlockNumber number, Instant now);
    void expire(Instant now);

  private:
    std::mutex mutex_;
    std::shared_ptr<const Tries> last_;
    vm::Hash block_;  ///< of `last_`
    Instant used_;
};

}  // namespace talea::node
