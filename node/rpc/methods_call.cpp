#include <algorithm>

#include "node/base/limits.hpp"
#include "node/rpc/dispatcher.hpp"
#include "node/rpc/simulation.hpp"
#include "vm/base/hex.hpp"

/// eth_call and eth_estimateGas.
namespace talea::node {
namespace {

/// EIP-7825: no transaction may have more.
constexpr std::uint64_t tx_gas_cap = std::uint64_t{1} << 24;

RpcResult<void> call(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto head = api.chain.head();
    const auto json = required_param(params, 0, "the call");
    if (!json) return std::unexpected(json.error());
    const auto object = read_call(**json, api);
    if (!object) return std::unexpected(object.error());
    const auto block = read_block(optional_param(params, 1), *head);
    if (!block) return std::unexpected(block.error());
    const auto scene = make_scene(api, head, *block);
    const auto result = run(scene, object->request);
    if (!result) return std::unexpected(rpc_error(result.error(), object->request.from));
    if (result->status != vm::Status::success) return std::unexpected(rpc_error(*result));
    out.string(vm::to_hex(result->output));
    return {};
}

/// The least gas limit with which the transaction succeeds, by bisection; permission is enforced as in a block. Runs on
/// the pending context unless another block is named.
RpcResult<void> estimate(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto head = api.chain.head();
    const auto json = required_param(params, 0, "the transaction");
    if (!json) return std::unexpected(json.error());
    auto object = read_call(**json, api);
    if (!object) return std::unexpected(object.error());
    BlockChoice choice{head->number(), true};
    if (const auto* block_json = optional_param(params, 1)) {
        const auto block = read_block(block_json, *head);
        if (!block) return std::unexpected(block.error());
        choice = *block;
    }
    const auto scene = make_scene(api, head, choice);
    auto& request = object->request;
    if (auto permitted = check_permission(*scene.view, request); !permitted)
        return std::unexpected(rpc_error(permitted.error(), request.from));

    auto most = std::min(request.gas, scene.block.gas_limit);
    if (scene.block.fork >= vm::Fork::osaka) most = std::min(most, tx_gas_cap);
    request.gas = most;
    vm::State state(*scene.view);
    RefusalWatch watch(state, scene.block);
    const auto first = vm::simulate_call(thread_evm(), state, scene.block, vm::talea_rules(), request, &watch);
    if (!first) return std::unexpected(rpc_error(first.error(), request.from));
    if (watch.creator() && first->status != vm::Status::success) {
        JsonWriter data;
        data.object_begin();
        data.member("reason", "create_not_permitted");
        data.member("account", vm::to_hex(*watch.creator()));
        data.object_end();
        return std::unexpected(RpcError{RpcCode::not_permitted,
                                        "neither the sender nor the contract is permitted to create contracts",
                                        data.take()});
    }
    if (first->status != vm::Status::success) return std::unexpected(rpc_error(*first));

    const auto succeeds = [&](std::uint64_t gas) {
        request.gas = gas;
        const auto result = run(scene, request);
        return result && result->status == vm::Status::success;
    };
    // A frame keeps 1/64 from those it calls (EIP-150), and refunds come at the end: the least limit lies between what
    // was used and a little above it, nearly always.
    std::uint64_t enough = most, too_little = first->gas_used - 1;
    const auto guess = (first->gas_used + first->gas_refunded) * 64 / 63 + 2'300;
    if (guess < enough) {
        if (succeeds(guess))
            enough = guess;
        else
            too_little = guess;
    }
    if (succeeds(first->gas_used)) enough = first->gas_used;
    while (too_little + 1 < enough) {
        if (api.is_late())
            return std::unexpected(
                RpcError{RpcCode::limit_exceeded, "the estimate took too long; name a gas limit", {}});
        const auto middle = too_little + (enough - too_little) / 2;
        if (succeeds(middle))
            enough = middle;
        else
            too_little = middle;
    }
    out.string(vm::to_quantity(enough));
    return {};
}

}  // namespace

void add_call_methods(MethodTable& table) {
    table["eth_call"] = {2, call, true};
    table["eth_estimateGas"] = {2, estimate, true};
}

}  // namespace talea::node
