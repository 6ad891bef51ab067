#pragma once
#include <memory>
#include <optional>

#include "vm/chain/block_context.hpp"
#include "vm/interpreter/evm.hpp"
#include "vm/native/registries.hpp"
#include "vm/state/map_state.hpp"
#include "vm/state/state.hpp"

namespace talea::runner {

/// Who deploys and calls test contracts, and where the first contract that it deploys stands: the addresses other test
/// runners use, since tests have them written down.
extern const vm::Address default_sender;  ///< the last 20 bytes of keccak("foundry default caller")
extern const vm::Address test_contract_address;
extern const vm::Address cheat_code_address;  ///< of keccak("hevm cheat code")
extern const vm::Address console_address;     ///< "console.log" in ASCII

/// Gas of one test, and of a block.
inline constexpr vm::Gas test_gas = 1 << 30;
inline constexpr std::uint64_t test_chain_id = 31337;

/// The chain that tests run on: the rules of a Talea chain in mode `open` with its standard contracts and registries,
/// where the test contract's address holds ADMIN, NETWORK and REGISTRAR_ADMIN. Block 1 at timestamp 1, base fee 0.
class TestChain {
  public:
    TestChain();
    /// The world as `other` committed it last, for another thread; block and transaction are `other`'s. Neither of the
    /// two commits while both live.
    TestChain(const TestChain& other);
    TestChain& operator=(const TestChain&) = delete;

    vm::BlockContext block;  ///< cheat codes change it
    vm::TxContext tx;

    [[nodiscard]] vm::State& state() { return *state_; }

    /// Runs a message by `default_sender` to its end; its effects stay in the running transaction.
    [[nodiscard]] vm::CallResult execute(const vm::Message& message, vm::Inspector& inspector);

    /// Makes what was done so far the world the next transaction begins in, which is warm as a transaction's start is.
    void commit();
    /// Forgets everything since the last commit. Costs what the world's next readers touch, not its size.
    void reset();
    /// Ends the transaction, whose effects stay, and begins the next one.
    void next_transaction();

  private:
    std::shared_ptr<vm::MapState> base_;
    std::optional<vm::State> state_;
    vm::Registries registries_;
    vm::DeployGuard deploy_guard_;
    vm::Evm evm_;

    void begin_transaction();
};

}  // namespace talea::runner
