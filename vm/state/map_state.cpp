#include "vm/state/map_state.hpp"

#include "vm/crypto/keccak.hpp"
#include "vm/state/state_trie.hpp"

namespace talea::vm {

std::optional<Account> MapState::account(const Address& address) const {
    const auto found = accounts.find(address);
    if (found == accounts.end()) return std::nullopt;
    return found->second.account;
}

u256 MapState::storage(const Address& address, const u256& key) const {
    const auto found = accounts.find(address);
    if (found == accounts.end()) return {};
    const auto slot = found->second.storage.find(key);
    return slot == found->second.storage.end() ? u256{} : slot->second;
}

bool MapState::has_storage(const Address& address) const {
    const auto found = accounts.find(address);
    return found != accounts.end() && !found->second.storage.empty();
}

Code MapState::code(const Hash& code_hash) const {
    static const Code none = std::make_shared<const Bytes>();
    const auto found = codes.find(code_hash);
    return found == codes.end() ? none : found->second;
}

Hash MapState::block_hash(BlockNumber number) const {
    const auto found = block_hashes.find(number);
    return found == block_hashes.end() ? Hash{} : found->second;
}

void MapState::put(const Address& address, std::uint64_t nonce, const Wei& balance, BytesView code,
                   const std::map<u256, u256>& storage) {
    const Hash code_hash = keccak256(code);
    Entry& entry = accounts[address];
    entry.account = {nonce, balance, code_hash};
    entry.storage = storage;
    std::erase_if(entry.storage, [](const auto& slot) { return slot.second.is_zero(); });
    if (!code.empty()) codes[code_hash] = std::make_shared<const Bytes>(to_bytes(code));
}

void MapState::apply(const ChangeSet& changes) {
    for (const auto& [address, change] : changes.accounts) {
        if (!change.account) {
            accounts.erase(address);
            continue;
        }
        Entry& entry = accounts[address];
        entry.account = *change.account;
        if (change.storage_cleared) entry.storage.clear();
        for (const auto& [key, value] : change.storage) {
            if (value.is_zero()) {
                entry.storage.erase(key);
            } else {
                entry.storage[key] = value;
            }
        }
    }
    for (const auto& [code_hash, code] : changes.codes) codes[code_hash] = code;
}

Hash MapState::root() const {
    std::vector<TriePair> pairs;
    pairs.reserve(accounts.size());
    for (const auto& [address, entry] : accounts)
        pairs.push_back(
            {to_bytes(view(keccak256(view(address)))), encode_account(entry.account, storage_root_of(entry.storage))});
    return trie_root(std::move(pairs));
}

}  // namespace talea::vm
