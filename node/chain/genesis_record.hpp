#pragma once
#include "node/storage/chain_store.hpp"
#include "vm/chain/genesis.hpp"

namespace talea::node {

/// Block 0 as it is stored.
[[nodiscard]] BlockRecord genesis_record(const vm::Genesis& genesis);

}  // namespace talea::node
