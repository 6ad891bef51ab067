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
    BlockRun(Evm& evm, const StateView& before, const BlockContext& block, const TxRules& rules,
             Inspector* inspector = nullptr)
        : evm_(evm), state_(before), block_(block), rules_(rules), inspector_(inspector) {}

    /// On an error nothing has changed.
    std::expected<Gas, TxError> add(const RecoveredTransaction& tx);

    /// A call that the protocol makes itself, outside the gas of the block (EIP-2935, 4788, 7002, 7251): gives its
    /// output, or nothing where it failed. One to an account without code does nothing and gives an empty output.
    std::optional<Bytes> system_call(const Address& to, BytesView input);

    [[nodiscard]] State& state() { return state_; }
    [[nodiscard]] std::uint64_t gas_left() const { return block_.gas_limit - gas_used_; }
    [[nodiscard]] std::uint64_t gas_used() const { return gas_used_; }
    [[nodiscard]] std::uint64_t blob_gas_used() const { return blob_gas_used_; }
    [[nodiscard]] const Bloom& bloom() const { return bloom_; }

    std::vector<Receipt> receipts;
    std::vector<std::optional<Address>> created;

  private:
    Evm& evm_;
    State state_;
    const BlockContext& block_;
    TxRules rules_;
    Inspector* inspector_;
    std::uint64_t gas_used_ = 0;
    std::uint64_t blob_gas_used_ = 0;
    Bloom bloom_;
};

[[nodiscard]] Hash transactions_root_of(std::span<const RecoveredTransaction> transactions);

/// The senders, one after another.
[[nodiscard]] std::expected<std::vector<RecoveredTransaction>, BlockFailure> recover_transactions(
    std::vector<Transaction> transactions);

}  // namespace talea::vm
