#pragma once
#include <map>
#include <memory>
#include <unordered_map>

#include "node/consensus/recovery.hpp"
#include "node/pool/pool.hpp"
#include "node/storage/chain_store.hpp"
#include "sim/economy.hpp"
#include "sim/random.hpp"
#include "vm/chain/genesis.hpp"
#include "vm/crypto/secp256k1.hpp"
#include "vm/execution/block_execution.hpp"
#include "vm/state/map_state.hpp"

namespace talea::sim {

/// The state's tries in memory.
struct TrieInMemory final : vm::StateTrieNodes {
    std::map<vm::Nibbles, vm::Bytes> accounts;
    std::map<vm::Hash, std::map<vm::Nibbles, vm::Bytes>> storage;

    [[nodiscard]] bool node(const std::optional<vm::Hash>& owner, const vm::Nibbles& path,
                            vm::Bytes& encoding) const override;
    void apply(const vm::StateTrieUpdate& update);
};

/// A block and all that executing it on its parent gave.
struct Executed {
    vm::RecoveredBlock block;
    vm::Hash hash;
    vm::ExecutedBlock result;
    vm::StateTrieUpdate trie;
};
using ExecutedPtr = std::shared_ptr<const Executed>;
using Execution = std::expected<ExecutedPtr, vm::BlockFailure>;

/// What all nodes of a simulated network agree on before they start, and what one need not find out again because
/// another did: executions by block hash, where that is allowed (`remember`). Everything else each node does itself.
class World {
  public:
    World(vm::Genesis genesis, bool remember);

    [[nodiscard]] const vm::Genesis& genesis() const { return genesis_; }
    [[nodiscard]] const vm::ChainParameters& parameters() const { return parameters_; }
    [[nodiscard]] const node::BlockRecord& genesis_record() const { return genesis_record_; }
    [[nodiscard]] const vm::Hash& genesis_hash() const { return genesis_record_.hash; }
    [[nodiscard]] vm::Evm& evm() { return evm_; }

    [[nodiscard]] const Execution* remembered(const vm::RecoveredBlock& block, const vm::Hash& hash) const;
    void remember(const vm::RecoveredBlock& block, const vm::Hash& hash, const Execution& execution);
    /// A client made it: its signature need not be recovered by every node.
    void note(const SignedTransaction& transaction);
    /// Decoded and recovered; null for what nobody signed.
    [[nodiscard]] SignedTransaction transaction(vm::BytesView encoded) const;

  private:
    friend class Ledger;
    vm::Genesis genesis_;
    node::BlockRecord genesis_record_;
    vm::ChainParameters parameters_;
    bool remember_;
    vm::Evm evm_;
    vm::MapState first_state_;
    TrieInMemory first_trie_;
    std::unordered_map<vm::Hash, Execution, vm::HashHasher> executions_;
    std::unordered_map<vm::Hash, SignedTransaction, vm::HashHasher> transactions_;
};

/// One node's chain: the state after its head, by the project's own execution, in memory.
class Ledger {
  public:
    explicit Ledger(World& world);

    [[nodiscard]] const vm::Header& head() const { return head_; }
    [[nodiscard]] const vm::Hash& head_hash() const { return head_hash_; }
    [[nodiscard]] vm::BlockNumber number() const { return head_.number; }
    [[nodiscard]] const vm::StateView& state() const { return state_; }

    /// A block on the head from what waits in `pool`, which forgets what turns out invalid. Null where none could be
    /// included and the block was not to be empty.
    [[nodiscard]] ExecutedPtr build(node::Pool& pool, const vm::QbftHeaderRequest& request, bool even_empty);
    /// Judges a block on the head.
    [[nodiscard]] Execution execute(const vm::RecoveredBlock& block);
    /// Whether the state after `executed` asks for one more block at once: clock, set, settings or version changed.
    [[nodiscard]] bool next_is_due(const Executed& executed) const;
    /// Makes it the head.
    void apply(const Executed& executed);
    /// The hash of an own block; nothing above the head.
    [[nodiscard]] std::optional<vm::Hash> hash_of(vm::BlockNumber number) const;
    /// A checkpoint that its operator stored: the block on the one it names begins with its validators.
    void recover(const node::Checkpoint& checkpoint) { checkpoints_.push_back(checkpoint); }
    /// Who makes the next block: the state says, or a checkpoint on the head.
    [[nodiscard]] std::vector<vm::Address> next_validators() const;
    /// A modified program: it builds and executes as if the chain were in mode `open`.
    bool permits_everything = false;

  private:
    [[nodiscard]] vm::ParentBlock parent(const vm::StateView& state) const;
    /// What an execution is remembered by: the same block means something else to who knows no checkpoint.
    [[nodiscard]] vm::Hash key_of(vm::Hash hash) const;
    [[nodiscard]] Execution judge(const vm::RecoveredBlock& block, const vm::Hash& hash) const;

    World& world_;
    vm::Header head_;
    vm::Hash head_hash_;
    vm::MapState state_;
    TrieInMemory trie_;
    std::vector<node::Checkpoint> checkpoints_;
};

}  // namespace talea::sim
