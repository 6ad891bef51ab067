#pragma once
#include <vector>

#include "unit/random.hpp"
#include "vm/chain/block_context.hpp"
#include "vm/chain/transaction.hpp"
#include "vm/execution/transaction_execution.hpp"
#include "vm/state/map_state.hpp"

namespace talea::bench {

/// A Talea chain in mode `enforced` with one RestrictedToken under a policy of four rules (known, countries,
/// categories, holders), each of whose holders is an identity with one wallet and units. Made by executing what an
/// operator would send.
class RestrictedWorld {
  public:
    explicit RestrictedWorld(std::size_t holders);

    vm::MapState state;
    vm::BlockContext block;

    /// Transfers between random holders, each allowed by the policy, with the nonces they will have. Their signatures
    /// are taken as recovered.
    [[nodiscard]] std::vector<vm::RecoveredTransaction> transfers(std::size_t count, tests::Random& random);

    /// Executes the transactions as one block; stops the program where one does not succeed. What they leave is kept.
    struct Took {
        double execution_seconds = 0;
        double changes_seconds = 0;  ///< taking the change set out and putting it into `state`
        std::uint64_t gas = 0;
    };
    Took execute(vm::Evm& evm, const std::vector<vm::RecoveredTransaction>& transactions);

    /// Stops the program unless each holder has the units that the transfers left.
    void check_balances(vm::Evm& evm) const;

  private:
    vm::Address token_;
    std::vector<vm::Address> holders_;
    std::vector<std::uint64_t> nonces_;
    std::vector<std::uint64_t> units_;

    [[nodiscard]] static vm::RecoveredTransaction call(const vm::Address& sender, std::uint64_t nonce,
                                                       std::optional<vm::Address> to, vm::Bytes data);
};

}  // namespace talea::bench
