#include "node/storage/state_store.hpp"

#include "node/base/limits.hpp"
#include "node/storage/chain_store.hpp"
#include "node/storage/keys.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::node {
namespace {

/// The newest entry at or below `number` of the history under `prefix`, until the iterator moves.
std::optional<vm::BytesView> newest(KvIterator& it, const Key& prefix, vm::BlockNumber number) {
    it.seek(Key(prefix).down(number));
    if (!it.valid() || !starts_with(it.key(), prefix)) return std::nullopt;
    return it.value();
}

}  // namespace

vm::Code CodeCache::get(const KvReader& reader, const vm::Hash& code_hash) {
    static const vm::Code none = std::make_shared<const vm::Bytes>();
    if (code_hash == vm::empty_code_hash || code_hash.is_zero()) return none;
    {
        const std::lock_guard lock(mutex_);
        const auto found = codes_.find(code_hash);
        if (found != codes_.end()) return found->second;
    }
    std::string value;
    if (!reader.get(Key(Table::code).add(code_hash), value)) damaged("a contract's code");
    auto code = std::make_shared<const vm::Bytes>(vm::to_bytes(bytes_of(value)));
    const std::lock_guard lock(mutex_);
    if (bytes_ + code->size() > limits::code_cache_bytes_max) {
        codes_.clear();
        bytes_ = 0;
    }
    bytes_ += code->size();
    codes_.emplace(code_hash, code);
    return code;
}

std::optional<vm::Account> FlatState::account(const vm::Address& address) const {
    std::string value;
    if (!reader_.get(Key(Table::account).add(address), value)) return std::nullopt;
    return decode_account(bytes_of(value));
}

vm::u256 FlatState::storage(const vm::Address& address, const vm::u256& key) const {
    std::string value;
    if (!reader_.get(Key(Table::slot).add(address).add(key), value)) return {};
    return decode_word(bytes_of(value));
}

bool FlatState::has_storage(const vm::Address& address) const {
    const auto prefix = Key(Table::slot).add(address);
    const auto it = reader_.iterate();
    it->seek(prefix);
    return it->valid() && starts_with(it->key(), prefix);
}

vm::Code FlatState::code(const vm::Hash& code_hash) const {
    return codes_.get(reader_, code_hash);
}

vm::Hash FlatState::block_hash(vm::BlockNumber number) const {
    return ChainReader(reader_).hash(number).value_or(vm::Hash{});
}

std::optional<vm::Account> PastState::account(const vm::Address& address) const {
    return HistoryReader(reader_).account(address, number_);
}

vm::u256 PastState::storage(const vm::Address& address, const vm::u256& key) const {
    return HistoryReader(reader_).slot(address, key, number_);
}

bool PastState::has_storage(const vm::Address& address) const {
    // Walks the account's keys one seek each: rare (only a creation at an address that may collide asks).
    const auto prefix = Key(Table::slot_history).add(address);
    const auto it = reader_.iterate();
    it->seek(prefix);
    while (it->valid() && starts_with(it->key(), prefix)) {
        const auto key = vm::u256::from_be_bytes(it->key().subspan(prefix.view().size(), 32));
        if (!storage(address, key).is_zero()) return true;
        it->seek(Key(prefix).add(key).add(~std::uint64_t{0}));
        if (it->valid() && starts_with(it->key(), Key(prefix).add(key))) it->next();
    }
    return false;
}

vm::Code PastState::code(const vm::Hash& code_hash) const {
    return codes_.get(reader_, code_hash);
}

vm::Hash PastState::block_hash(vm::BlockNumber number) const {
    return number > number_ ? vm::Hash{} : ChainReader(reader_).hash(number).value_or(vm::Hash{});
}

std::optional<vm::Account> HistoryReader::account(const vm::Address& address, vm::BlockNumber number) const {
    const auto found = newest(*it_, Key(Table::account_history).add(address), number);
    return found ? decode_account(*found) : std::nullopt;
}

vm::u256 HistoryReader::slot(const vm::Address& address, const vm::u256& key, vm::BlockNumber number) const {
    const auto found = newest(*it_, Key(Table::slot_history).add(address).add(key), number);
    return found ? decode_word(*found) : vm::u256{};
}

std::map<vm::u256, vm::u256> HistoryReader::slots(const vm::Address& address, vm::BlockNumber number) const {
    std::map<vm::u256, vm::u256> slots;
    const auto prefix = Key(Table::slot_history).add(address);
    it_->seek(prefix);
    while (it_->valid() && starts_with(it_->key(), prefix)) {
        const auto key = vm::u256::from_be_bytes(it_->key().subspan(prefix.view().size(), 32));
        if (const auto value = slot(address, key, number); !value.is_zero()) slots[key] = value;
        const auto of_key = Key(prefix).add(key);
        it_->seek(Key(of_key).add(~std::uint64_t{0}));
        if (it_->valid() && starts_with(it_->key(), of_key)) it_->next();
    }
    return slots;
}

void CachedState::make_room() const {
    if (accounts_.size() + slots_.size() < limits::state_cache_entries_max) return;
    forget();
}

void CachedState::forget() const {
    accounts_.clear();
    slots_.clear();
    complete_ = false;
}

void CachedState::load() {
    const auto it = reader_.iterate();
    const auto has_room = [&] { return accounts_.size() + slots_.size() + 1 < limits::state_cache_entries_max; };
    const auto for_each = [&](Table table, const auto& put) {
        const Key prefix(table);
        for (it->seek(prefix); has_room() && it->valid() && starts_with(it->key(), prefix); it->next())
            put(it->key().subspan(prefix.view().size()), it->value());
    };
    for_each(Table::account, [&](vm::BytesView key, vm::BytesView value) {
        vm::Address address;
        std::memcpy(address.bytes.data(), key.data(), sizeof address);
        accounts_.put(address, decode_account(value));
    });
    for_each(Table::slot, [&](vm::BytesView key, vm::BytesView value) {
        SlotKey slot;
        std::memcpy(slot.address.bytes.data(), key.data(), sizeof slot.address);
        slot.key = vm::u256::from_be_bytes(key.subspan(sizeof slot.address));
        slots_.put(slot, decode_word(value));
    });
    complete_ = has_room();
}

std::optional<vm::Account> CachedState::account(const vm::Address& address) const {
    if (const auto* known = accounts_.find(address)) return *known;
    if (complete_) return std::nullopt;
    make_room();
    return accounts_.put(address, flat_.account(address));
}

vm::u256 CachedState::storage(const vm::Address& address, const vm::u256& key) const {
    if (const auto* known = slots_.find({address, key})) return *known;
    if (complete_) return {};
    make_room();
    return slots_.put({address, key}, flat_.storage(address, key));
}

void CachedState::apply(const vm::ChangeSet& changes) {
    make_room();
    for (const auto& [address, change] : changes.accounts) {
        if (change.storage_cleared) forget();  // rare enough
        accounts_.put(address, change.account);
        for (const auto& [key, value] : change.storage) slots_.put({address, key}, value);
    }
}

void put_state(KvBatch& batch, const KvReader& reader, vm::BlockNumber number, const vm::ChangeSet& changes) {
    for (const auto& [code_hash, code] : changes.codes) batch.put(Key(Table::code).add(code_hash), *code);
    for (const auto& [address, change] : changes.accounts) {
        const auto account = encode_account(change.account);
        const auto account_key = Key(Table::account).add(address);
        if (change.account)
            batch.put(account_key, account);
        else
            batch.erase(account_key);
        batch.put(Key(Table::account_history).add(address).down(number), account);
        if (change.storage_cleared) {
            const auto prefix = Key(Table::slot).add(address);
            const auto it = reader.iterate();
            for (it->seek(prefix); it->valid() && starts_with(it->key(), prefix); it->next()) {
                const auto key = vm::u256::from_be_bytes(it->key().subspan(prefix.view().size()));
                batch.erase(it->key());
                batch.put(Key(Table::slot_history).add(address).add(key).down(number), {});
            }
        }
        for (const auto& [key, value] : change.storage) {
            const auto word = encode_word(value);
            const auto slot_key = Key(Table::slot).add(address).add(key);
            if (value.is_zero())
                batch.erase(slot_key);
            else
                batch.put(slot_key, word);
            batch.put(Key(Table::slot_history).add(address).add(key).down(number), word);
        }
    }
}

}  // namespace talea::node
