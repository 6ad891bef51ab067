#pragma once
#include <expected>

#include "vm/chain/block.hpp"
#include "vm/chain/genesis.hpp"
#include "vm/state/changeset.hpp"

namespace talea::vm {

/// The state of block 0 as changes to nothing: `alloc`, in order.
[[nodiscard]] ChangeSet genesis_state(const Genesis& genesis);

/// Block 0: a Talea header without transactions, its parent zero, its state root that of `genesis_state`. Its hash is
/// `header_hash(genesis_header(...))`. Costs the hashing of the whole state.
[[nodiscard]] Header genesis_header(const Genesis& genesis);

/// Whether `config.talea` and the header's fields say what the registries in `alloc` say: mode, validators, clock, gas
/// limit, base fee, version, and ADMIN of each first administrator; and whether all of `config` is the one that
/// Permissions holds the hash of. Names the first key that does not.
[[nodiscard]] std::expected<void, GenesisError> check_registries(const Genesis& genesis);

}  // namespace talea::vm
