#pragma once
#include <memory>
#include <string>
#include <vector>

#include "node/chain/workshop.hpp"
#include "node/ops/directory.hpp"
#include "node/storage/database.hpp"
#include "unit/random.hpp"
#include "vm/chain/genesis.hpp"
#include "vm/chain/transaction.hpp"
#include "vm/execution/block_execution.hpp"

namespace talea::bench {

/// Four validators, and holders of a RestrictedToken under a policy of four rules, each an identity with one wallet;
/// mode `enforced`. All keys follow from the program.
struct MadeGenesis {
    vm::Genesis genesis;
    vm::Address token;
};
/// `admitted` may join the network besides the validators.
[[nodiscard]] MadeGenesis make_genesis(std::size_t holders, const std::vector<vm::PublicKey>& admitted);

/// A chain of that genesis, made as a network of its validators would have made it, in no time: signed transactions,
/// executed blocks, certificates of three seals, stored as a node stores them. Only that nothing is synced.
class MadeChain {
  public:
    /// Makes the data directory, which must not be there. Blocks are so many seconds apart; 0: 20 share a second.
    MadeChain(MadeGenesis made, std::size_t holders, const node::Directory& directory, std::uint64_t seconds = 0);

    /// Blocks in which each holder gets its units; to be called first.
    void issue();
    /// A block of so many transfers between random holders.
    void append(std::size_t transfers);
    [[nodiscard]] vm::BlockNumber head() const { return header_.number; }

  private:
    struct Account {
        vm::PrivateKey key;
        vm::Address address;
        std::uint64_t nonce = 0;
    };
    [[nodiscard]] vm::RecoveredTransaction signed_call(Account& sender, vm::Bytes data);
    void append(const std::vector<vm::RecoveredTransaction>& transactions);
    [[nodiscard]] node::Certificate certify(const vm::Hash& hash) const;

    const MadeGenesis made_;
    const std::uint64_t seconds_;
    vm::ChainParameters parameters_;
    std::unique_ptr<node::Database> database_;
    vm::Evm evm_;
    tests::Random random_;
    std::vector<Account> holders_;
    Account issuer_;
    std::vector<Account> validators_;  ///< ascending by address
    vm::Header header_;
    vm::Hash hash_;
};

}  // namespace talea::bench
