#include "vm/state/state.hpp"

#include <utility>

#include "vm/base/check.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::vm {
namespace {

const Code& no_code() {
    static const Code empty = std::make_shared<const Bytes>();
    return empty;
}

std::uint64_t account_hash(const Address& address) {
    return AddressHasher{}(address);
}

}  // namespace

State::State(const StateView& view) : view_(view) {}

void State::begin_transaction() {
    ++transaction_;
    journal_.clear();
    replaced_codes_.clear();
    touched_.clear();
    transients_.clear();
    transient_index_.clear();
    logs_.clear();
    refund_ = 0;
}

void State::end_transaction() {
    for (const std::uint32_t place : touched_) {
        AccountEntry& entry = accounts_[place];
        const bool destroyed = entry.destructed_in == transaction_;
        const bool empty = entry.touched_in == transaction_ && entry.exists && is_empty(AccountId{place});
        if (destroyed || empty) remove(entry);
    }
    touched_.clear();
    journal_.clear();
    replaced_codes_.clear();
}

void State::remove(AccountEntry& entry) {
    entry.exists = false;
    entry.now = Account{0, Wei{}, empty_code_hash};
    entry.code = no_code();
    entry.storage_cleared = true;
    for (std::uint32_t place = entry.first_slot; place != none; place = slots_[place].next_slot)
        slots_[place].value.current = u256{};
}

void State::revert(Snapshot to) {
    check(to <= journal_.size(), "a snapshot is reverted to once, in the transaction that took it");
    while (journal_.size() > to) {
        undo(journal_.back());
        journal_.pop_back();
    }
}

void State::undo(const JournalEntry& entry) {
    switch (entry.what) {
        case Change::account_exists:
            accounts_[entry.place].exists = false;
            break;
        case Change::nonce:
            accounts_[entry.place].now.nonce = entry.before.low_u64();
            break;
        case Change::balance:
            accounts_[entry.place].now.balance = entry.before;
            break;
        case Change::code:
            accounts_[entry.place].code = std::move(replaced_codes_.back().first);
            accounts_[entry.place].now.code_hash = replaced_codes_.back().second;
            replaced_codes_.pop_back();
            break;
        case Change::warm_account:
            accounts_[entry.place].warm_in = 0;
            break;
        case Change::touched:
            accounts_[entry.place].touched_in = 0;
            break;
        case Change::created:
            accounts_[entry.place].created_in = 0;
            break;
        case Change::destructed:
            accounts_[entry.place].destructed_in = 0;
            break;
        case Change::warm_slot:
            slots_[entry.place].value.warm = false;
            break;
        case Change::storage:
            slots_[entry.place].value.current = entry.before;
            break;
        case Change::transient:
            transients_[entry.place].value = entry.before;
            break;
        case Change::log:
            logs_.pop_back();
            break;
        case Change::refund:
            refund_ = static_cast<Gas>(entry.before.low_u64());
            break;
    }
}

AccountId State::id(const Address& address) {
    const std::uint64_t hash = account_hash(address);
    const std::uint32_t found =
        account_index_.find(hash, [&](std::uint32_t place) { return accounts_[place].address == address; });
    if (found != none) return {found};

    const auto place = static_cast<std::uint32_t>(accounts_.size());
    AccountEntry& entry = accounts_.emplace_back();
    entry.address = address;
    entry.now.code_hash = empty_code_hash;
    if (const auto stored = view_.account(address)) {
        entry.now = *stored;
        entry.exists = entry.existed = true;
    }
    entry.before = entry.now;
    if (entry.now.code_hash == empty_code_hash) entry.code = no_code();
    account_index_.insert(hash, place, [&](std::uint32_t other) { return account_hash(accounts_[other].address); });
    return {place};
}

bool State::is_empty(AccountId account) const {
    const Account& now = accounts_[account.index].now;
    return now.nonce == 0 && now.balance.is_zero() && now.code_hash == empty_code_hash;
}

const Code& State::load_code(AccountId account) {
    AccountEntry& entry = accounts_[account.index];
    entry.code = view_.code(entry.now.code_hash);
    check(entry.code != nullptr, "a view has the code of every account it shows");
    return entry.code;
}

bool State::collides(const Address& address) {
    AccountEntry& entry = accounts_[id(address).index];
    if (entry.now.nonce != 0 || entry.now.code_hash != empty_code_hash) return true;
    for (std::uint32_t place = entry.first_slot; place != none; place = slots_[place].next_slot)
        if (!slots_[place].value.current.is_zero()) return true;
    if (entry.storage_cleared || entry.storage_absent) return false;
    entry.storage_absent = !view_.has_storage(address);
    return !entry.storage_absent;
}

void State::bring_into_being(AccountId account) {
    touch(account);
    AccountEntry& entry = accounts_[account.index];
    if (entry.exists) return;
    entry.exists = true;
    journal_.push_back({Change::account_exists, account.index, {}});
}

void State::set_nonce(AccountId account, std::uint64_t nonce) {
    bring_into_being(account);
    Account& now = accounts_[account.index].now;
    journal_.push_back({Change::nonce, account.index, u256{now.nonce}});
    now.nonce = nonce;
}

void State::set_balance(AccountId account, const Wei& balance) {
    bring_into_being(account);
    Account& now = accounts_[account.index].now;
    journal_.push_back({Change::balance, account.index, now.balance});
    now.balance = balance;
}

void State::add_balance(AccountId account, const Wei& amount) {
    if (amount.is_zero()) return touch(account);
    const auto sum = checked_add(balance(account), amount);
    check(sum.has_value(), "all balances together fit 256 bits");
    set_balance(account, *sum);
}

void State::subtract_balance(AccountId account, const Wei& amount) {
    if (amount.is_zero()) return touch(account);
    const auto rest = checked_sub(balance(account), amount);
    check(rest.has_value(), "only what an account has is taken from it");
    set_balance(account, *rest);
}

void State::set_code(AccountId account, Code code, const Hash& code_hash) {
    check(code != nullptr, "code is never null");
    bring_into_being(account);
    AccountEntry& entry = accounts_[account.index];
    journal_.push_back({Change::code, account.index, {}});
    replaced_codes_.emplace_back(std::exchange(entry.code, std::move(code)), entry.now.code_hash);
    entry.now.code_hash = code_hash;
}

void State::touch(AccountId account) {
    AccountEntry& entry = accounts_[account.index];
    if (entry.touched_in == transaction_) return;
    entry.touched_in = transaction_;
    journal_.push_back({Change::touched, account.index, {}});
    touched_.push_back(account.index);
}

void State::mark_created(AccountId account) {
    touch(account);
    AccountEntry& entry = accounts_[account.index];
    if (entry.created_in == transaction_) return;
    entry.created_in = transaction_;
    journal_.push_back({Change::created, account.index, {}});
}

void State::self_destruct(AccountId account) {
    touch(account);
    AccountEntry& entry = accounts_[account.index];
    if (entry.destructed_in == transaction_) return;
    entry.destructed_in = transaction_;
    journal_.push_back({Change::destructed, account.index, {}});
}

std::uint32_t State::load_slot(AccountId account, const u256& key) {
    const auto place = static_cast<std::uint32_t>(slots_.size());
    AccountEntry& owner = accounts_[account.index];
    SlotEntry& entry = slots_.emplace_back();
    entry.key = key;
    entry.account = account.index;
    if (owner.existed && !owner.storage_absent) entry.before = view_.storage(owner.address, key);
    if (!owner.storage_cleared) entry.value.current = entry.before;
    entry.value.original = entry.value.current;
    entry.accessed_in = transaction_;
    entry.next_slot = std::exchange(owner.first_slot, place);
    slot_index_.insert(slot_hash(account.index, key), place,
                       [&](std::uint32_t other) { return slot_hash(slots_[other].account, slots_[other].key); });
    return place;
}

std::uint32_t State::find_transient(AccountId account, const u256& key) const {
    return transient_index_.find(slot_hash(account.index, key), [&](std::uint32_t place) {
        const TransientEntry& entry = transients_[place];
        return entry.key == key && entry.account == account.index;
    });
}

u256 State::transient_storage(AccountId account, const u256& key) const {
    const std::uint32_t place = find_transient(account, key);
    return place == none ? u256{} : transients_[place].value;
}

void State::set_transient_storage(AccountId account, const u256& key, const u256& value) {
    std::uint32_t place = find_transient(account, key);
    if (place == none) {
        place = static_cast<std::uint32_t>(transients_.size());
        transients_.push_back({key, u256{}, account.index});
        transient_index_.insert(slot_hash(account.index, key), place, [&](std::uint32_t other) {
            return slot_hash(transients_[other].account, transients_[other].key);
        });
    }
    journal_.push_back({Change::transient, place, transients_[place].value});
    transients_[place].value = value;
}

void State::add_log(Log log) {
    journal_.push_back({Change::log, 0, {}});
    logs_.push_back(std::move(log));
}

std::vector<Log> State::take_logs() {
    return std::exchange(logs_, {});
}

void State::add_refund(Gas amount) {
    journal_.push_back({Change::refund, 0, u256{static_cast<std::uint64_t>(refund_)}});
    refund_ += amount;
}

ChangeSet State::changes() const {
    ChangeSet set;
    for (const AccountEntry& entry : accounts_) {
        AccountChange change;
        change.storage_cleared = entry.storage_cleared && entry.existed;
        for (std::uint32_t place = entry.first_slot; place != none; place = slots_[place].next_slot) {
            const SlotEntry& slot = slots_[place];
            const u256& before = change.storage_cleared ? u256{} : slot.before;
            if (slot.value.current != before) change.storage.emplace(slot.key, slot.value.current);
        }
        const bool same_account = entry.exists == entry.existed && entry.now == entry.before;
        if (same_account && !change.storage_cleared && change.storage.empty()) continue;
        if (entry.exists) {
            change.account = entry.now;
            if (entry.now.code_hash != entry.before.code_hash && entry.now.code_hash != empty_code_hash)
                set.codes.emplace(entry.now.code_hash, entry.code);
        }
        set.accounts.emplace(entry.address, std::move(change));
    }
    return set;
}

}  // namespace talea::vm
