#pragma once
#include <filesystem>
#include <memory>
#include <vector>

#include "node/storage/leveldb_store.hpp"
#include "node/storage/state_store.hpp"
#include "unit/random.hpp"
#include "vm/chain/block_context.hpp"
#include "vm/chain/transaction.hpp"
#include "vm/execution/transaction_execution.hpp"
#include "vm/state/changeset.hpp"

namespace talea::bench {

/// A Talea chain in mode `enforced` with one RestrictedToken under a policy of four rules (known, countries,
/// categories, holders), each of whose holders is an identity with one wallet and units. Made by executing what an
/// operator would send, then kept as a node keeps it: in LevelDB, opened anew before the first transfer.
class RestrictedWorld {
  public:
    /// The database is made in `folder`, which must be empty.
    RestrictedWorld(std::size_t holders, const std::filesystem::path& folder);

    /// Transfers between random holders, each allowed by the policy, with the nonces they will have. Their signatures
    /// are taken as recovered.
    [[nodiscard]] std::vector<vm::RecoveredTransaction> transfers(std::size_t count, tests::Random& random);

    /// Executes the transactions as one block and stores what they leave; stops the program where one does not succeed.
    struct Took {
        double execution_seconds = 0;
        double storing_seconds = 0;  ///< change set, history and the synced batch of them
        std::uint64_t gas = 0;
    };
    Took execute(vm::Evm& evm, const std::vector<vm::RecoveredTransaction>& transactions);

    /// Stops the program unless each holder has the units that the transfers left.
    void check_balances(vm::Evm& evm) const;

  private:
    vm::BlockContext block_;
    node::CodeCache codes_;
    std::unique_ptr<node::KvStore> store_;
    std::unique_ptr<node::CachedState> state_;
    vm::Address token_;
    std::vector<vm::Address> holders_;
    std::vector<std::uint64_t> nonces_;
    std::vector<std::uint64_t> units_;

    void open(const std::filesystem::path& folder);
    [[nodiscard]] vm::ChangeSet run(vm::Evm& evm, const vm::StateView& view,
                                    const std::vector<vm::RecoveredTransaction>& transactions,
                                    std::uint64_t& gas) const;
    [[nodiscard]] static vm::RecoveredTransaction call(const vm::Address& sender, std::uint64_t nonce,
                                                       std::optional<vm::Address> to, vm::Bytes data);
};

}  // namespace talea::bench
