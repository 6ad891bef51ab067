#pragma once
#include <expected>
#include <vector>

#include "vm/chain/block.hpp"
#include "vm/execution/block_execution.hpp"

/// Blocks of Ethereum chains since Shanghai, as the public block tests have them: proof that the machine is Ethereum's.
/// No Talea chain has withdrawals, beacon roots or requests.
namespace talea::vm {

/// What is in force at a block's timestamp.
struct EthereumRules {
    std::uint64_t chain_id = 1;
    Fork fork = Fork::osaka;
    BlobSchedule blobs;
};

struct EthereumBlock {
    Header header;
    std::vector<RecoveredTransaction> transactions;
    std::vector<Withdrawal> withdrawals;
    std::size_t size_bytes = 0;  ///< of its encoding
};
/// Recovers the senders; refuses ommers and a body without withdrawals.
[[nodiscard]] std::expected<EthereumBlock, BlockFailure> recover_ethereum_block(Block block, std::size_t size_bytes);

/// Judges and executes a whole block: header, beacon root (EIP-4788), history (EIP-2935), transactions, withdrawals
/// (EIP-4895), requests (EIP-6110, 7002, 7251), and every root but the state's (`check_state_root`).
[[nodiscard]] std::expected<ExecutedBlock, BlockFailure> execute_ethereum_block(Evm& evm, const EthereumRules& rules,
                                                                                const ParentBlock& parent,
                                                                                const EthereumBlock& block);

}  // namespace talea::vm
