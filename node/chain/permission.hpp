#pragma once
#include <vector>

#include "node/pool/pool.hpp"
#include "vm/state/state_view.hpp"

/// What the registry Permissions says after a block, for the pool and the node's machine.
namespace talea::node {

/// Whether `sender` is ADMIN or NETWORK: its transactions come first.
[[nodiscard]] bool is_operator(const vm::StateView& state, const vm::Address& sender);
/// For Pool::recheck.
[[nodiscard]] SenderJudgement judge_sender(const vm::StateView& state, const vm::Address& sender);
/// By the addresses of their keys, ascending; validators are admitted besides.
[[nodiscard]] std::vector<vm::Address> admitted_nodes(const vm::StateView& state);

}  // namespace talea::node
