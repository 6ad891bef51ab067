#pragma once
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vm/chain/block.hpp"
#include "vm/chain/genesis.hpp"
#include "vm/chain/header_rules.hpp"
#include "vm/execution/transaction_execution.hpp"
#include "vm/interpreter/evm.hpp"
#include "vm/state/changeset.hpp"
#include "vm/state/state_trie.hpp"
#include "vm/state/state_view.hpp"

/// Blocks of Talea chains: executed where they come from elsewhere (`execute_block`), built where this node proposes
/// (`BlockBuilder`). Both run the same steps; the state root is apart, since the node computes it over its own store
/// while it already does other things. Blocks of Ethereum chains: vm/execution/ethereum_block.hpp.
namespace talea::vm {

/// What never changes in a Talea chain.
struct ChainParameters {
    std::uint64_t chain_id = 0;
    Fork fork = Fork::osaka;
    u256 base_fee_per_gas;
    Hash genesis_hash;  ///< what signatures for the registries name the chain by
    friend bool operator==(const ChainParameters&, const ChainParameters&) = default;
};
/// `genesis_hash` is the hash of its block (vm/execution/genesis_block.hpp).
[[nodiscard]] ChainParameters parameters_of(const Genesis& genesis, const Hash& genesis_hash);

/// The block that the next one stands on, with its hash and the state after it. The view must outlive what is given it.
struct ParentBlock {
    const Header& header;
    Hash hash;
    const StateView& state;
    /// Whom a recovery checkpoint on the parent names, ascending; empty where there is none. The next block begins by
    /// writing them into Permissions, before its first transaction.
    std::span<const Address> recovered = {};
};

/// What the state after the parent decides of the next block: gas limit, base fee and a stepped clock's time.
[[nodiscard]] QbftSettings next_block_settings(const ChainParameters& chain, const StateView& state);

/// What instructions see of a block with `header`. `state` is the one before or after it.
[[nodiscard]] BlockContext block_context(const ChainParameters& chain, const Header& header, const StateView& state);
/// The rules transactions of a Talea chain are held against.
[[nodiscard]] TxRules talea_rules();

/// A block whose senders are known: recovering them is the costly part, and the caller's to spread over threads.
struct RecoveredBlock {
    Header header;
    std::vector<RecoveredTransaction> transactions;
};

/// Why a block is not valid on its parent.
enum class BlockError : std::uint8_t {
    header,       ///< HeaderError says which rule
    too_large,    ///< EIP-7934
    ommers,       ///< not empty
    withdrawals,  ///< there are some; ethereum: missing, or not those of the header's root
    transaction,  ///< TxError and the index say which and why
    transactions_root,
    gas_used,
    receipts_root,
    bloom,
    next_validators,  ///< the extra data is not the hash of the next block's validators
    state_root,
    native_version,  ///< the registries' in force in it is beyond what this program knows: no fault of the block
    // Of Ethereum chains alone (vm/execution/ethereum_block.hpp).
    blob_gas_used,            ///< EIP-4844
    deposit_layout,           ///< EIP-6110
    system_contract_missing,  ///< EIP-7002, EIP-7251
    system_contract_failed,   ///< the same
    requests_hash,            ///< EIP-7685
};
/// A transaction of a block that was kept from something by permission.
struct RefusedTransaction {
    std::size_t index = 0;
    PermissionRefusal what;
    friend bool operator==(const RefusedTransaction&, const RefusedTransaction&) = default;
};
struct BlockFailure {
    BlockError what;
    std::optional<HeaderError> header;
    std::optional<TxError> transaction;
    std::size_t transaction_index = 0;
    /// Where outcomes differ: the first transaction that permission kept from something here, and perhaps not where the
    /// block was made.
    std::optional<RefusedTransaction> refused = std::nullopt;
    friend bool operator==(const BlockFailure&, const BlockFailure&) = default;
};
/// One sentence; names the transaction's index and reason where one is at fault, or by permission may be.
[[nodiscard]] std::string to_string(const BlockFailure& failure);

/// Recovers the senders one after another. `ommers` and `withdrawals` must be empty.
[[nodiscard]] std::expected<RecoveredBlock, BlockFailure> recover_block(Block block);
/// The block as it is encoded and stored.
[[nodiscard]] Block plain_block(RecoveredBlock block);

/// What a block does. `receipts` are in the order of the transactions; `gas_used` of each is the difference of the
/// cumulative ones.
struct ExecutedBlock {
    std::vector<Receipt> receipts;
    /// Of each transaction: the contract it created, if any.
    std::vector<std::optional<Address>> created;
    ChangeSet changes;
    std::vector<Address> next_validators;
    std::optional<RefusedTransaction> refused;  ///< the first
};

/// Judges and executes a whole block against the state after its parent: header rules, each transaction with its
/// permission, then every root but the state's. Changes nothing but what it returns. Who calls it computes the state
/// root and holds it against the header with `check_state_root`.
[[nodiscard]] std::expected<ExecutedBlock, BlockFailure> execute_block(Evm& evm, const ChainParameters& chain,
                                                                       const ParentBlock& parent,
                                                                       const RecoveredBlock& block);

/// The tries after `changes`, if their root is the header's.
[[nodiscard]] std::expected<StateTrieUpdate, BlockFailure> check_state_root(const Header& header,
                                                                            const StateTrieNodes& nodes,
                                                                            const ChangeSet& changes);
/// The same of a Talea block; a failure names what `executed` says was refused.
[[nodiscard]] std::expected<StateTrieUpdate, BlockFailure> check_state_root(const Header& header,
                                                                            const StateTrieNodes& nodes,
                                                                            const ExecutedBlock& executed);

/// A proposer's block: transactions are tried one by one, and the block is what was taken.
///
///     BlockBuilder builder(evm, chain, parent, {timestamp, beneficiary});
///     for (...) if (auto added = builder.add(tx); !added) /* drop it, or keep it for later */;
///     BlockBuilder::Built built = std::move(builder).finish();
///     built.block.header.state_root = update_state_trie(nodes, built.executed.changes).root;
class BlockBuilder {
  public:
    /// `request.timestamp` must be one that the header rules accept. `evm` and what `parent` refers to must outlive the
    /// builder.
    BlockBuilder(Evm& evm, const ChainParameters& chain, const ParentBlock& parent, const QbftHeaderRequest& request);
    ~BlockBuilder();
    BlockBuilder(const BlockBuilder&) = delete;
    BlockBuilder& operator=(const BlockBuilder&) = delete;

    /// Executes `tx` on top of what was taken so far. On an error the block is as before: `gas_limit_above_block`
    /// where the rest of the block's gas or size is too small for it, other reasons as for any transaction.
    std::expected<Gas, TxError> add(const RecoveredTransaction& tx);
    [[nodiscard]] std::uint64_t gas_left() const;
    [[nodiscard]] std::size_t size() const;  ///< transactions taken

    struct Built {
        RecoveredBlock block;  ///< whole but for the state root
        ExecutedBlock executed;
    };
    [[nodiscard]] Built finish() &&;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// A block of the chain, run again up to one of its transactions, to watch that one:
///
///     BlockReplay replay(evm, chain, state_after_parent, header);
///     for (...) if (!replay.run(earlier)) /* this machine's data differ from the chain's */;
///     Watch watch(replay.state(), replay.context());
///     const auto result = replay.run(tx, &watch);
class BlockReplay {
  public:
    /// What happens before the block's first transaction has been done. `evm` and `before` must outlive it.
    /// `recovered` as in ParentBlock.
    BlockReplay(Evm& evm, const ChainParameters& chain, const StateView& before, const Header& header,
                std::span<const Address> recovered = {});
    ~BlockReplay();
    BlockReplay(const BlockReplay&) = delete;
    BlockReplay& operator=(const BlockReplay&) = delete;

    /// The block's next transaction. An error says that it cannot stand in this place of the block. The logs of the
    /// result are empty: the chain's receipt has them.
    [[nodiscard]] std::expected<ExecutionResult, TxError> run(const RecoveredTransaction& tx,
                                                              Inspector* inspector = nullptr);
    [[nodiscard]] State& state();
    [[nodiscard]] const BlockContext& context() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace talea::vm
