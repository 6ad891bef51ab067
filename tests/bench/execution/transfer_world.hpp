#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "contracts/abi/interface.hpp"
#include "node/storage/leveldb_store.hpp"
#include "node/storage/state_store.hpp"
#include "node/storage/trie_store.hpp"
#include "unit/random.hpp"
#include "vm/chain/block.hpp"
#include "vm/chain/block_context.hpp"
#include "vm/chain/transaction.hpp"
#include "vm/execution/block_execution.hpp"
#include "vm/state/map_state.hpp"

namespace talea::bench {

/// What is moved: the chain's own coin, an ordinary ERC-20 (PlainToken.sol), or a RestrictedToken under a policy of
/// four rules (known, countries, categories, holders) each of whose holders is an identity with one wallet.
enum class Moved : std::uint8_t { coin, plain_token, restricted_token };
inline constexpr Moved all_moved[] = {Moved::coin, Moved::plain_token, Moved::restricted_token};
[[nodiscard]] std::string_view to_string(Moved moved);

/// A Talea chain in mode `enforced` with holders who may transact and have units. Made by executing what an operator
/// would send, then kept as a node keeps it: state and tries in LevelDB, opened anew before the first transfer.
class TransferWorld {
  public:
    /// The database is made in `folder`, which must be empty.
    TransferWorld(Moved moved, std::size_t holders, const std::filesystem::path& folder);

    /// Transfers between random holders, each allowed by the policy, with the nonces they will have. Their signatures
    /// are taken as recovered.
    [[nodiscard]] std::vector<vm::RecoveredTransaction> transfers(std::size_t count, tests::Random& random);

    /// Builds a block of the transactions as a proposer does, its state root after it, and stores what they leave;
    /// stops the program where one does not succeed.
    struct Took {
        double execution_seconds = 0;  ///< with receipts
        double root_seconds = 0;       ///< the header's roots; and keeping the new nodes of the state's tries
        double storing_seconds = 0;    ///< change set, history and the synced batch of them
        std::uint64_t gas = 0;
    };
    Took execute(vm::Evm& evm, const std::vector<vm::RecoveredTransaction>& transactions);

    /// Stops the program unless each holder has the units that the transfers left.
    void check_balances(vm::Evm& evm) const;

  private:
    Moved moved_;
    std::optional<abi::Interface> token_interface_;
    vm::Address token_;
    std::vector<vm::Address> holders_;
    std::vector<std::uint64_t> nonces_;
    std::vector<std::uint64_t> units_;
    node::CodeCache codes_;
    std::unique_ptr<node::KvStore> store_;
    std::unique_ptr<node::CachedState> state_;
    std::unique_ptr<node::TrieStore> trie_;
    vm::Header head_;

    [[nodiscard]] vm::MapState made() const;
    void issue(vm::MapState& state) const;
    void keep(const vm::MapState& state, const std::filesystem::path& folder);
    void open(const std::filesystem::path& folder);
    [[nodiscard]] vm::u256 balance_of(vm::Evm& evm, vm::State& journal, const vm::Address& holder) const;
};

}  // namespace talea::bench
