#include "node/rpc/simulation.hpp"

#include <algorithm>

#include "node/base/limits.hpp"
#include "vm/native/addresses.hpp"
#include "vm/native/permissions.hpp"
#include "vm/native/registries.hpp"

namespace talea::node {
namespace {

constexpr vm::Gas preview_gas = 30'000'000;

RpcResult<vm::AccessList> read_access_list(const Json& json) {
    if (!json.is_array()) return invalid_params("accessList must be a list");
    vm::AccessList list;
    for (const auto& item : json.items) {
        const auto* address_json = item.find_present("address");
        if (address_json == nullptr) return invalid_params("an entry of accessList must have an address");
        const auto address = read_address(*address_json, "an address in accessList");
        if (!address) return std::unexpected(address.error());
        auto& entry = list.emplace_back(vm::AccessListEntry{*address, {}});
        const auto* keys = item.find_present("storageKeys");
        if (keys == nullptr) continue;
        if (!keys->is_array()) return invalid_params("storageKeys must be a list");
        for (const auto& key_json : keys->items) {
            const auto key = read_hash(key_json, "a storage key in accessList");
            if (!key) return std::unexpected(key.error());
            entry.storage_keys.push_back(vm::to_u256(*key));
        }
    }
    return list;
}

RpcResult<std::vector<vm::Authorization>> read_authorizations(const Json& json) {
    if (!json.is_array()) return invalid_params("authorizationList must be a list");
    std::vector<vm::Authorization> list;
    for (const auto& item : json.items) {
        vm::Authorization authorization;
        const auto number = [&](std::string_view name) -> RpcResult<vm::u256> {
            const auto* member = item.find_present(name);
            if (member == nullptr) return invalid_params("an entry of authorizationList lacks " + std::string(name));
            return read_quantity(*member, name);
        };
        const auto* address_json = item.find_present("address");
        if (address_json == nullptr) return invalid_params("an entry of authorizationList lacks address");
        const auto address = read_address(*address_json, "an address in authorizationList");
        if (!address) return std::unexpected(address.error());
        authorization.address = *address;
        const auto chain_id = number("chainId"), nonce = number("nonce"), parity = number("yParity"), r = number("r"),
                   s = number("s");
        for (const auto* part : {&chain_id, &nonce, &parity, &r, &s})
            if (!*part) return std::unexpected(part->error());
        if (!nonce->fits_u64() || *parity > vm::u256{255})
            return invalid_params("nonce or yParity in authorizationList is too large");
        authorization.chain_id = *chain_id;
        authorization.nonce = nonce->low_u64();
        authorization.y_parity = static_cast<std::uint8_t>(parity->low_u64());
        authorization.r = *r;
        authorization.s = *s;
        list.push_back(authorization);
    }
    return list;
}

/// Call data under either of its names.
RpcResult<vm::Bytes> read_data(const Json& json) {
    const auto* data = json.find_present("data");
    const auto* input = json.find_present("input");
    const auto* one = input != nullptr ? input : data;
    if (one == nullptr) return vm::Bytes{};
    auto bytes = read_bytes(*one, input != nullptr ? "input" : "data");
    if (!bytes || data == nullptr || input == nullptr) return bytes;
    const auto other = read_bytes(*data, "data");
    if (!other) return std::unexpected(other.error());
    if (*other != *bytes) return invalid_params("data and input are both given and differ; give one of them");
    return bytes;
}

}  // namespace

RpcResult<CallObject> read_call(const Json& json, const Api& api) {
    if (!json.is_object()) return invalid_params("the transaction must be an object");
    CallObject call;
    auto& request = call.request;
    if (const auto* from = json.find_present("from")) {
        const auto address = read_address(*from, "from");
        if (!address) return std::unexpected(address.error());
        request.from = *address;
    }
    if (const auto* to = json.find_present("to")) {
        const auto address = read_address(*to, "to");
        if (!address) return std::unexpected(address.error());
        request.to = *address;
    }
    auto data = read_data(json);
    if (!data) return std::unexpected(data.error());
    request.data = std::move(*data);
    request.gas = limits::call_gas_max;
    if (const auto* gas = json.find_present("gas")) {
        const auto value = read_u64(*gas, "gas");
        if (!value) return std::unexpected(value.error());
        call.has_gas = true;
        request.gas = std::min(*value, limits::call_gas_max);
    }
    if (const auto* value = json.find_present("value")) {
        const auto wei = read_quantity(*value, "value");
        if (!wei) return std::unexpected(wei.error());
        request.value = *wei;
    }
    const auto* gas_price = json.find_present("gasPrice");
    const auto* max_fee = json.find_present("maxFeePerGas");
    if (gas_price != nullptr && max_fee != nullptr)
        return invalid_params("gasPrice and maxFeePerGas cannot both be given");
    if (const auto* price = gas_price != nullptr ? gas_price : max_fee) {
        const auto wei = read_quantity(*price, gas_price != nullptr ? "gasPrice" : "maxFeePerGas");
        if (!wei) return std::unexpected(wei.error());
        request.gas_price = *wei;
    }
    if (const auto* chain_id = json.find_present("chainId")) {
        const auto id = read_quantity(*chain_id, "chainId");
        if (!id) return std::unexpected(id.error());
        if (*id != vm::u256{api.chain.parameters().chain_id}) return invalid_params("chainId is that of another chain");
    }
    if (const auto* list = json.find_present("accessList")) {
        auto read = read_access_list(*list);
        if (!read) return std::unexpected(read.error());
        request.access_list = std::move(*read);
    }
    if (const auto* list = json.find_present("authorizationList")) {
        auto read = read_authorizations(*list);
        if (!read) return std::unexpected(read.error());
        request.authorizations = std::move(*read);
    }
    return call;
}

Scene make_scene(Api& api, HeadPtr head, const BlockChoice& choice) {
    Scene scene{head, head->state_at(choice.number), {}};
    if (choice.pending) {
        scene.block = api.chain.pending_context(*head);
    } else {
        const auto header = head->blocks().header(choice.number);
        if (!header) damaged("a header");
        scene.block = vm::block_context(api.chain.parameters(), *header, *scene.view);
    }
    return scene;
}

vm::Evm& thread_evm() {
    thread_local vm::Evm evm;
    return evm;
}

std::expected<vm::ExecutionResult, vm::TxError> run(const Scene& scene, const vm::CallRequest& request,
                                                    vm::Inspector* inspector) {
    vm::State state(*scene.view);
    return vm::simulate_call(thread_evm(), state, scene.block, vm::talea_rules(), request, inspector);
}

std::optional<std::vector<vm::Refusal>> preview(vm::State& state, const vm::BlockContext& block,
                                                vm::BytesView call_data) {
    // Not the thread's other machine, which may be in the middle of a call.
    thread_local vm::Evm evm;
    vm::Registries registries;
    const vm::TxContext tx;
    vm::Message message;
    message.kind = vm::CallKind::staticcall;
    message.is_static = true;
    message.gas = preview_gas;
    message.recipient = message.code_address = vm::policies_address;
    message.input = call_data;
    const auto before = state.snapshot();
    const auto result =
        evm.execute({.state = state, .block = block, .tx = tx, .system_contracts = &registries}, message);
    std::optional<std::vector<vm::Refusal>> refusals;
    if (result.status == vm::Status::success) refusals = vm::decode_preview_result(result.output);
    state.revert(before);  // what was read is as cold as it was
    return refusals;
}

void RefusalWatch::on_call_end(const vm::Message& message, vm::CallResult& result) {
    if (result.status == vm::Status::create_not_permitted && !creator_) creator_ = message.recipient;
    const bool refused = result.status == vm::Status::revert && message.recipient == vm::policies_address &&
                         (message.kind == vm::CallKind::call) && refusals_.empty();
    if (!refused) return;
    const auto first = vm::decode_refused(result.output);
    if (!first) return;
    token_ = message.sender;
    // State is again what `authorize` saw.
    if (const auto call = vm::preview_of_authorize(token_, message.input))
        if (auto all = preview(state_, block_, *call)) refusals_ = std::move(*all);
    if (refusals_.empty()) refusals_.push_back(*first);
}

std::expected<void, vm::TxError> check_permission(const vm::StateView& view, const vm::CallRequest& request) {
    if (!vm::has_role(view, request.from, vm::role::transact))
        return std::unexpected(vm::TxError::sender_not_permitted);
    if (!request.to && !vm::has_role(view, request.from, vm::role::deploy))
        return std::unexpected(vm::TxError::deploy_not_permitted);
    return {};
}

}  // namespace talea::node
