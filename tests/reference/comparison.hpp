#pragma once
#include <optional>
#include <string>
#include <vector>

#include "vm/chain/block_context.hpp"
#include "vm/interpreter/evm.hpp"
#include "vm/interpreter/message.hpp"
#include "vm/state/map_state.hpp"

namespace talea::reference {

/// Code of ours, for the tests: pays by the byte, writes a slot, and gives its input back, reverts or fails as the
/// first byte says.
inline constexpr vm::Address native_address = vm::low_address(0x5c5c);

struct Transaction {
    vm::Message message;  ///< of depth 0; its input is `input`
    vm::Bytes input;
    vm::u256 gas_price;
    std::vector<vm::Hash> blob_hashes;
    std::vector<vm::Address> warm;
};

/// Transactions one after the other, on one State.
struct Scenario {
    vm::MapState world;
    vm::BlockContext block;
    std::vector<Transaction> transactions;
    std::vector<vm::Address> named;  ///< accounts whose warmth is compared besides those of the world
    bool with_native = false;        ///< native code runs at `native_address`
    bool guarded = false;            ///< only creators with an even address may create
    bool with_steps = false;         ///< compare instruction by instruction, too: the exact loop
};

/// What the two interpreters did differently, in words; nothing where they agree. Compared are, for each transaction:
/// how it and every call in it ended, with gas and output; logs, refund, warm accounts and slots, transient storage;
/// and the world it leaves. Each runs twice in vm/interpreter: as blocks do, and watched. `evm` may have run others.
[[nodiscard]] std::optional<std::string> difference(const Scenario& scenario, vm::Evm& evm);

}  // namespace talea::reference
