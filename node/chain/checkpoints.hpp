#pragma once
#include <expected>
#include <string>
#include <vector>

#include "node/consensus/recovery.hpp"
#include "node/storage/chain_store.hpp"

/// The recovery checkpoints (node/consensus/recovery.hpp) that operators stored in a node's database.
namespace talea::node {

/// All, ascending by number and instance. They were judged when they were stored.
[[nodiscard]] std::vector<Checkpoint> stored_checkpoints(const ChainReader& blocks);

/// The instance in which `number` became final here, by its certificate; 0 of genesis.
[[nodiscard]] std::uint64_t sealed_instance(const ChainReader& blocks, vm::BlockNumber number);

/// Whether `checkpoint` may be stored beside `blocks`, by the rule of node/consensus/recovery.hpp.
[[nodiscard]] std::expected<CheckpointFate, std::string> judge_checkpoint(const ChainReader& blocks,
                                                                          const Checkpoint& checkpoint);

}  // namespace talea::node
