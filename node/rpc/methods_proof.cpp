#include "node/base/limits.hpp"
#include "node/rpc/dispatcher.hpp"
#include "node/rpc/params.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/keccak.hpp"

/// eth_getProof (EIP-1186).
namespace talea::node {
namespace {

struct Slot {
    vm::u256 key;
    std::string shown;  ///< 32 bytes where it was given so, else a quantity
};

RpcResult<std::vector<Slot>> read_slots(std::span<const Json> params) {
    const auto json = required_param(params, 1, "the storage slots");
    if (!json) return std::unexpected(json.error());
    if (!(*json)->is_array()) return invalid_params("the storage slots must be a list");
    if ((*json)->items.size() > limits::proof_slots_max)
        return invalid_params("one question is about at most " + std::to_string(limits::proof_slots_max) + " slots");
    std::vector<Slot> slots;
    for (const auto& item : (*json)->items) {
        const auto key = read_slot(item, "a storage slot");
        if (!key) return std::unexpected(key.error());
        const bool is_word = item.text.size() == 2 + 2 * sizeof(vm::Hash);
        slots.push_back({*key, is_word ? vm::to_hex(vm::to_hash(*key)) : vm::to_quantity(*key)});
    }
    return slots;
}

RpcError not_provable(ProofError error) {
    std::string message = "this node cannot prove the state of this block: ";
    message += to_string(error);
    message += "; it proves the last " + std::to_string(limits::proof_blocks_max) +
               " blocks, and older values can be read (eth_getBalance, eth_getStorageAt)";
    return {RpcCode::not_found, std::move(message), {}};
}

void write_nodes(JsonWriter& out, std::span<const vm::Bytes> nodes) {
    out.array_begin();
    for (const auto& node : nodes) out.string(vm::to_hex(node));
    out.array_end();
}

/// eth_getProof(address, slots, block): the nodes from the block's state root to the account, and from the account's
/// storage root to each slot.
RpcResult<void> proof(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto head = api.chain.head();
    const auto json = required_param(params, 0, "the address");
    if (!json) return std::unexpected(json.error());
    const auto address = read_address(**json, "the address");
    if (!address) return std::unexpected(address.error());
    const auto slots = read_slots(params);
    if (!slots) return std::unexpected(slots.error());
    const auto block = read_block(optional_param(params, 2), *head);
    if (!block) return std::unexpected(block.error());
    const auto tries = api.shared.tries.at(head, block->number, Chain::monotonic_now());
    if (!tries) return std::unexpected(not_provable(tries.error()));

    std::vector<vm::u256> keys;
    for (const auto& slot : *slots) keys.push_back(slot.key);
    const auto found = (*tries)->tries->prove(*address, keys);
    auto account = found.account.value_or(vm::Account{});
    if (!found.account) account.code_hash = vm::empty_code_hash;
    out.object_begin();
    out.member("address", vm::to_hex(*address));
    out.key("accountProof");
    write_nodes(out, found.nodes);
    out.member("balance", vm::to_quantity(account.balance));
    out.member("codeHash", vm::to_hex(account.code_hash));
    out.member("nonce", vm::to_quantity(account.nonce));
    out.member("storageHash", vm::to_hex(found.storage_root));
    out.key("storageProof");
    out.array_begin();
    for (std::size_t i = 0; i < slots->size(); ++i) {
        out.object_begin();
        out.member("key", (*slots)[i].shown);
        out.member("value", vm::to_quantity(found.slots[i].value));
        out.key("proof");
        write_nodes(out, found.slots[i].nodes);
        out.object_end();
    }
    out.array_end();
    out.object_end();
    return {};
}

}  // namespace

void add_proof_methods(MethodTable& table) {
    table["eth_getProof"] = {3, proof, true};
}

}  // namespace talea::node
