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

/// What one node sends another. Consensus messages go through their codec once, when they are sent; what is decoded is
/// shared by all receivers.
struct Packet {
    enum class Kind : std::uint8_t { consensus, garbage, transactions, get_block, block, get_finals, finals, head };
    Kind kind = Kind::head;
    std::optional<node::Message> message;         ///< consensus
    std::vector<SignedTransaction> transactions;  ///< transactions
    vm::Hash hash;                                ///< get_block, block
    vm::BlockNumber number;                       ///< get_finals: the first; head
    std::shared_ptr<const vm::RecoveredBlock> block;
    std::vector<FinalRecord> finals;
};
using Frame = std::shared_ptr<const Packet>;

}  // namespace talea::sim
