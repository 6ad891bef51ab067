#pragma once
#include <vector>

#include "node/rpc/dispatcher.hpp"
#include "node/rpc/params.hpp"
#include "vm/execution/transaction_execution.hpp"
#include "vm/interpreter/inspector.hpp"
#include "vm/native/refusal.hpp"
#include "vm/state/state.hpp"

/// Calls that leave no trace: eth_call, eth_estimateGas, talea_preview.
namespace talea::node {

/// A transaction object of JSON-RPC (GenericTransaction): `data` and `input` are the same and must agree where both are
/// given. `gas` is capped to `limits::call_gas_max`, which is its value where it is absent.
struct CallObject {
    vm::CallRequest request;
    bool has_gas = false;
};
[[nodiscard]] RpcResult<CallObject> read_call(const Json& json, const Api& api);

/// A state to run on, with the block that instructions see.
struct Scene {
    HeadPtr head;
    std::unique_ptr<vm::StateView> view;
    vm::BlockContext block;
};
/// After an existing block, in that block's context; or, for "pending", in the next one's.
[[nodiscard]] Scene make_scene(Api& api, HeadPtr head, const BlockChoice& choice);

/// Runs `request` on a fresh state over the scene. Each thread has its own Evm, which keeps translated code.
[[nodiscard]] std::expected<vm::ExecutionResult, vm::TxError> run(const Scene& scene, const vm::CallRequest& request,
                                                                  vm::Inspector* inspector = nullptr);

/// What a run met on its way that its result does not tell.
class RefusalWatch final : public vm::Inspector {
  public:
    RefusalWatch(vm::State& state, const vm::BlockContext& block) : state_(state), block_(block) {}
    void on_call_end(const vm::Message& message, vm::CallResult& result) override;

    /// The first `authorize` that was refused, and every rule that refuses it, as Policies.preview lists them in the
    /// very state that `authorize` saw. What would come after it is not claimed.
    [[nodiscard]] const std::vector<vm::Refusal>& refusals() const { return refusals_; }
    [[nodiscard]] const vm::Address& token() const { return token_; }
    /// The contract whose frame halted with create_not_permitted first.
    [[nodiscard]] const std::optional<vm::Address>& creator() const { return creator_; }

  private:
    vm::State& state_;
    const vm::BlockContext& block_;
    std::vector<vm::Refusal> refusals_;
    vm::Address token_;
    std::optional<vm::Address> creator_;
};

/// Policies.preview on `state`, by the native registry itself.
[[nodiscard]] std::optional<std::vector<vm::Refusal>> preview(vm::State& state, const vm::BlockContext& block,
                                                              vm::BytesView call_data);

/// TRANSACT, and DEPLOY where the request creates: what a transaction of `from` would need.
[[nodiscard]] std::expected<void, vm::TxError> check_permission(const vm::StateView& view,
                                                                const vm::CallRequest& request);

/// The Evm of this thread.
[[nodiscard]] vm::Evm& thread_evm();

}  // namespace talea::node
