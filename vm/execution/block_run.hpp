#pragma once
#include <expected>
#include <optional>
#include <span>
#include <vector>

#include "vm/chain/block_context.hpp"
#include "vm/chain/receipt.hpp"
#include "vm/execution/block_execution.hpp"
#include "vm/execution/transaction_execution.hpp"
#include "vm/interpreter/evm.hpp"
#include "vm/state/state.hpp"

/// Inside vm/execution: the steps that blocks of all chains share.
namespace talea::vm {

/// Executes the transactions of one block in order and collects what they leave. The references given must outlive it.
class BlockRun {
  public:
    BlockRun(Evm& evm, const StateView& before, const BlockContext& block, const TxRules& rules)
        : evm_(evm), state_(before), block_(block), rules_(rules) {}

    /// Puts the parent's hash into the history contract, since Prague (EIP-2935). A failure or a missing contract is no
    /// matter of the block's validity.
    void record_parent(const Hash& parent_hash);

    /// On an error nothing has changed. The logs of the result are in its receipt.
    std::expected<ExecutionResult, TxError> add(const RecoveredTransaction& tx, Inspector* inspector = nullptr);
    /// All of a block's, up to the first that may not stand in it.
    std::expected<void, BlockFailure> add_all(std::span<const RecoveredTransaction> transactions);

    /// A call that the protocol makes itself, outside the gas of the block (EIP-2935, 4788, 7002, 7251): gives its
    /// output, or nothing where it failed. One to an account without code does nothing and gives an empty output.
    std::optional<Bytes> system_call(const Address& to, BytesView input);

    /// Whether gas used, receipts and bloom are those that the header names.
    [[nodiscard]] std::expected<void, BlockFailure> check_outcome(const Header& header) const;
    /// What the block leaves; the validators of the next one are the caller's to fill in.
    [[nodiscard]] ExecutedBlock take() &&;

    [[nodiscard]] State& state() { return state_; }
    [[nodiscard]] std::span<const Receipt> receipts() const { return receipts_; }
    [[nodiscard]] std::uint64_t gas_left() const { return block_.gas_limit - gas_used_; }
    [[nodiscard]] std::uint64_t gas_used() const { return gas_used_; }
    [[nodiscard]] std::uint64_t blob_gas_used() const { return blob_gas_used_; }
    [[nodiscard]] const Bloom& bloom() const { return bloom_; }

  private:
    Evm& evm_;
    State state_;
    const BlockContext& block_;
    TxRules rules_;
    std::vector<Receipt> receipts_;
    std::vector<std::optional<Address>> created_;
    std::optional<RefusedTransaction> refused_;
    std::uint64_t gas_used_ = 0;
    std::uint64_t blob_gas_used_ = 0;
    Bloom bloom_;
};

/// What instructions see of a block by its header alone; the price of blobs is the caller's to fill in.
[[nodiscard]] BlockContext header_context(const Header& header, Fork fork, std::uint64_t chain_id);

[[nodiscard]] Hash transactions_root_of(std::span<const RecoveredTransaction> transactions);

/// The senders, one after another.
[[nodiscard]] std::expected<std::vector<RecoveredTransaction>, BlockFailure> recover_transactions(
    std::vector<Transaction> transactions);

[[nodiscard]] inline std::unexpected<BlockFailure> failure(BlockError what) {
    return std::unexpected(BlockFailure{what, {}, {}, 0});
}
[[nodiscard]] inline std::unexpected<BlockFailure> failure(HeaderError error) {
    return std::unexpected(BlockFailure{BlockError::header, error, {}, 0});
}
[[nodiscard]] inline std::unexpected<BlockFailure> failure(TxError error, std::size_t index) {
    return std::unexpected(BlockFailure{BlockError::transaction, {}, error, index});
}

}  // namespace talea::vm
