#pragma once
#include <memory>

#include "vm/chain/block_context.hpp"
#include "vm/interpreter/inspector.hpp"
#include "vm/interpreter/message.hpp"
#include "vm/interpreter/system_contracts.hpp"
#include "vm/state/state.hpp"

namespace talea::vm {

/// What an Evm works with. References must outlive it; `block` and `tx` may change between (and, by test tools, during)
/// calls.
struct EvmEnvironment {
    State& state;
    const BlockContext& block;
    const TxContext& tx;
    SystemContracts* system_contracts = nullptr;  ///< none on Ethereum chains
    const CreateGuard* create_guard = nullptr;    ///< none: every frame may create
    Inspector* inspector = nullptr;
};

/// Which code is made ready for the fast loop. The outcome is the same; tests of that loop want all.
enum class Translate : std::uint8_t { hot_code, all_code };

/// Executes messages by the rules of `block.fork`: moves value, runs precompiles, registries and code, creates
/// contracts. Pools its frames, memory and translated code between calls. Not for use by two threads.
class Evm {
  public:
    explicit Evm(Translate when = Translate::hot_code);
    ~Evm();
    Evm(const Evm&) = delete;
    Evm& operator=(const Evm&) = delete;

    /// Runs `message` with depth 0 to its end. Intrinsic gas, nonce of the sender, warm sets and refunds at the end are
    /// the transaction's matter (vm/execution). On any status but success the state is as before, and the gas rule of
    /// Status has been applied.
    [[nodiscard]] CallResult execute(const EvmEnvironment& environment, const Message& message);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace talea::vm
