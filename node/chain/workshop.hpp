#pragma once
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "node/chain/head.hpp"
#include "node/chain/upgrade.hpp"
#include "node/consensus/step.hpp"
#include "node/pool/pool.hpp"
#include "node/storage/database.hpp"
#include "vm/execution/block_execution.hpp"

namespace talea::node {

/// A block that was executed on the head and is valid: whole but for its certificate.
struct ExecutedCandidate {
    BlockRecord record;
    vm::StateTrieUpdate trie;
    ExecutedBlockFacts facts;
};

/// What is stored of an executed block: whole but for its certificate.
[[nodiscard]] BlockRecord record_of(vm::RecoveredBlock block, vm::ExecutedBlock executed);

/// The last block that was executed here, which the next one extends. Readers see it as the head as soon as it is
/// durable.
struct Tip {
    vm::Header header;
    vm::Hash hash;
};

/// Where the blocks that may follow the head are built and executed. Ends the process where that takes a version of the
/// native registries that this program does not know. The writer's thread alone.
class Workshop {
  public:
    Workshop(const Database& database, const vm::ChainParameters& parameters, Pool& pool,
             std::size_t block_candidates_max)
        : database_(database), parameters_(parameters), pool_(pool), candidates_max_(block_candidates_max) {}

    struct Nothing {
        bool work_left = false;  ///< candidates were dropped, and others wait behind them
    };
    /// A block of the pool's transactions on `tip`. `validators` are those of the new block: whom the state after
    /// `tip` names, or a recovery checkpoint on it.
    [[nodiscard]] std::expected<ExecutedCandidate, Nothing> build(const Tip& tip, const vm::QbftHeaderRequest& request,
                                                                  const std::vector<vm::Address>& validators,
                                                                  bool even_empty);
    /// Judges and executes a block that came from elsewhere. The error is the rule that it breaks.
    [[nodiscard]] std::expected<ExecutedCandidate, std::string> execute(const Tip& tip, vm::RecoveredBlock block,
                                                                        const std::vector<vm::Address>& validators);

  private:
    [[nodiscard]] ExecutedCandidate finish(vm::RecoveredBlock block, vm::ExecutedBlock executed,
                                           vm::StateTrieUpdate trie, const std::vector<vm::Address>& validators,
                                           std::uint64_t took_ms) const;
    [[nodiscard]] vm::ParentBlock parent(const Tip& tip, const std::vector<vm::Address>& validators) const;
    [[nodiscard]] bool asks_for_a_block(const vm::ChangeSet& changes) const;

    const Database& database_;
    const vm::ChainParameters& parameters_;
    Pool& pool_;
    const std::size_t candidates_max_;
    UpgradeWatch upgrades_;
    vm::Evm evm_;
};

}  // namespace talea::node
