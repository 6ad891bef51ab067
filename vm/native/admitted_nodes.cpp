#include "vm/native/admitted_nodes.hpp"

#include <algorithm>

#include "vm/native/addresses.hpp"
#include "vm/native/permissions.hpp"
#include "vm/native/records.hpp"
#include "vm/native/slot_key.hpp"

namespace talea::vm {
namespace {

u256 load(RegistryCall& call, const u256& key) {
    return call.meter.load(Registry::permissions, key);
}
void store(RegistryCall& call, const u256& key, const u256& value) {
    call.meter.store(Registry::permissions, key, value);
}

PublicKey key_at(RegistryCall& call, std::uint64_t position) {
    const u256 x = load(call, slot_key::node_key(position, 0));
    return {x, load(call, slot_key::node_key(position, 1))};
}
void store_key(RegistryCall& call, std::uint64_t position, const PublicKey& key) {
    store(call, slot_key::node_key(position, 0), key.x);
    store(call, slot_key::node_key(position, 1), key.y);
}

bool may_change(RegistryCall& call) {
    return (load(call, slot_key::roles(call.caller)).low_u64() & role::network) != 0;
}

}  // namespace

std::vector<PublicKey> read_nodes(const StateView& view) {
    const auto read = [&view](const u256& key) { return view.storage(permissions_address, key); };
    const auto count = std::min<std::uint64_t>(CountsRecord::from(read(slot_key::settings(2))).nodes, nodes_max);
    std::vector<PublicKey> nodes;
    nodes.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) {
        const u256 x = read(slot_key::node_key(i, 0));
        nodes.push_back({x, read(slot_key::node_key(i, 1))});
    }
    return nodes;
}

Outcome admit_node(RegistryCall& call) {
    call.meter.require_writable();
    const u256 x = call.args.word();
    const PublicKey key{x, call.args.word()};
    if (call.args.failed()) return call.bad_call();
    if (!may_change(call)) return call.not_authorized(role::network);
    call.meter.charge(native_gas::public_key);
    if (call.meter.halted() || !is_valid(key)) return call.refuse(selector("BadPublicKey()"));
    const Address node = address_of(key);
    if (!load(call, slot_key::node(node)).is_zero()) return call.give();
    CountsRecord counts = CountsRecord::from(load(call, slot_key::settings(2)));
    if (counts.nodes >= nodes_max) return call.too_many(counts.nodes + 1, nodes_max);
    store_key(call, counts.nodes, key);
    ++counts.nodes;
    store(call, slot_key::node(node), counts.nodes);
    store(call, slot_key::settings(2), counts.word());
    Bytes data;
    AbiWriter out{data};
    out.word(key.x);
    out.word(key.y);
    call.meter.log(
        Registry::permissions,
        {signature_hash("NodeAdmitted(address,bytes32,bytes32,address)"), to_u256(node), to_u256(call.caller)}, data);
    return call.give();
}

Outcome remove_node(RegistryCall& call) {
    call.meter.require_writable();
    const Address node = call.args.address();
    if (call.args.failed()) return call.bad_call();
    if (!may_change(call)) return call.not_authorized(role::network);
    const std::uint64_t place = load(call, slot_key::node(node)).low_u64();
    if (place == 0) return call.give();
    CountsRecord counts = CountsRecord::from(load(call, slot_key::settings(2)));
    const std::uint64_t last = counts.nodes - 1;
    if (place - 1 != last) {  // the last one takes its place, so that places stay dense
        const PublicKey moved = key_at(call, last);
        call.meter.charge(native_gas::public_key);
        store_key(call, place - 1, moved);
        store(call, slot_key::node(address_of(moved)), place);
    }
    store_key(call, last, {});
    store(call, slot_key::node(node), {});
    counts.nodes = last;
    store(call, slot_key::settings(2), counts.word());
    call.meter.log(Registry::permissions,
                   {signature_hash("NodeRemoved(address,address)"), to_u256(node), to_u256(call.caller)}, {});
    return call.give();
}

Outcome give_is_admitted(RegistryCall& call) {
    const Address node = call.args.address();
    if (call.args.failed()) return call.bad_call();
    return call.give({std::uint64_t{!load(call, slot_key::node(node)).is_zero()}});
}

Outcome give_nodes(RegistryCall& call) {
    const std::uint64_t count = CountsRecord::from(load(call, slot_key::settings(2))).nodes;
    AbiWriter out = call.result();
    out.word(32);
    out.word(count);
    for (std::uint64_t i = 0; i < count; ++i) {
        call.meter.charge(native_gas::list_item);
        const PublicKey key = key_at(call, i);
        out.word(key.x);
        out.word(key.y);
    }
    return Outcome::returned;
}

}  // namespace talea::vm
