#pragma once
#include <span>
#include <string>

#include "node/consensus/recovery.hpp"
#include "vm/chain/block.hpp"
#include "vm/chain/genesis.hpp"

/// A chain as text for other programs: a JSON object a line (node/CHAIN.md, "Export"). The genesis comes first, then
/// the checkpoints, then the blocks in order. Each line ends with a line feed.
namespace talea::node {

/// {"genesis": the resolved genesis file}
[[nodiscard]] std::string export_genesis(const vm::Genesis& genesis);
/// {"checkpoint": its encoding}
[[nodiscard]] std::string export_checkpoint(const Checkpoint& checkpoint);
/// {"header": its encoding, "certificate": its encoding, "transactions": [each as eth_sendRawTransaction takes it]}
[[nodiscard]] std::string export_block(const vm::Header& header, vm::BytesView certificate,
                                       std::span<const vm::Transaction> transactions);

}  // namespace talea::node
