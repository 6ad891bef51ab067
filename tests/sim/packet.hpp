#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "node/consensus/certificate.hpp"
#include "node/consensus/message.hpp"
#include "sim/economy.hpp"
#include "vm/execution/block_execution.hpp"

namespace talea::sim {

/// A final block as it is kept and handed on.
struct FinalRecord {
    std::shared_ptr<const vm::RecoveredBlock> block;
    vm::Hash hash;
    node::Certificate certificate;
};

/// What one node sends another: a frame of node/p2p/WIRE.md.
using Frame = std::shared_ptr<const vm::Bytes>;

}  // namespace talea::sim
