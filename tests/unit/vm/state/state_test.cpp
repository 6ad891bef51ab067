#include "vm/state/state.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>

#include "unit/random.hpp"
#include "vm/crypto/keccak.hpp"

using namespace talea;
using namespace talea::vm;
using tests::Random;

namespace {

Code code_of(Bytes bytes) {
    return std::make_shared<const Bytes>(std::move(bytes));
}

/// A view over plain maps, and a change set applied to it.
struct TestView final : StateView {
    std::map<Address, Account> accounts;
    std::map<std::pair<Address, u256>, u256> slots;
    std::map<Hash, Code> codes;

    std::optional<Account> account(const Address& address) const override {
        const auto found = accounts.find(address);
        return found == accounts.end() ? std::nullopt : std::optional{found->second};
    }
    u256 storage(const Address& address, const u256& key) const override {
        const auto found = slots.find({address, key});
        return found == slots.end() ? u256{} : found->second;
    }
    bool has_storage(const Address& address) const override {
        const auto found = slots.lower_bound({address, u256{}});
        return found != slots.end() && found->first.first == address;
    }
    Code code(const Hash& code_hash) const override { return codes.at(code_hash); }
    Hash block_hash(BlockNumber) const override { return {}; }

    void apply(const ChangeSet& changes) {
        for (const auto& [address, change] : changes.accounts) {
            if (change.storage_cleared || !change.account)
                std::erase_if(slots, [&](const auto& slot) { return slot.first.first == address; });
            for (const auto& [key, value] : change.storage) {
                if (value.is_zero())
                    slots.erase({address, key});
                else
                    slots[{address, key}] = value;
            }
            if (change.account)
                accounts[address] = *change.account;
            else
                accounts.erase(address);
        }
        for (const auto& [hash, code] : changes.codes) codes[hash] = code;
    }
};

/// What State means, told by copying everything.
struct Naive {
    struct World {
        std::map<Address, Account> accounts;
        std::map<std::pair<Address, u256>, u256> slots, transient;
        std::set<Address> warm, touched, created, destructed;
        std::set<std::pair<Address, u256>> warm_slots;
        std::vector<Log> logs;
        Gas refund = 0;
    };
    World now;
    std::map<std::pair<Address, u256>, u256> original;
    std::vector<std::pair<State::Snapshot, World>> snapshots;

    Account& bring(const Address& address) {
        now.touched.insert(address);
        return now.accounts.try_emplace(address, Account{0, Wei{}, empty_code_hash}).first->second;
    }
    Account read(const Address& address) const {
        const auto found = now.accounts.find(address);
        return found == now.accounts.end() ? Account{0, Wei{}, empty_code_hash} : found->second;
    }
    static u256 at(const std::map<std::pair<Address, u256>, u256>& map, const Address& address, const u256& key) {
        const auto found = map.find({address, key});
        return found == map.end() ? u256{} : found->second;
    }
    void begin() {
        now.warm.clear(), now.touched.clear(), now.created.clear(), now.destructed.clear(), now.warm_slots.clear();
        now.transient.clear(), now.logs.clear(), now.refund = 0;
        original = now.slots;
        snapshots.clear();
    }
    void remove(const Address& address) {
        now.accounts.erase(address);
        std::erase_if(now.slots, [&](const auto& slot) { return slot.first.first == address; });
    }
    void end() {
        for (const Address& address : now.touched) {
            const bool destroyed = now.destructed.contains(address);
            const Account account = read(address);
            const bool empty = now.accounts.contains(address) && account.nonce == 0 && account.balance.is_zero() &&
                               account.code_hash == empty_code_hash;
            if (destroyed || empty) remove(address);
        }
        snapshots.clear();
    }
};

void random_operation(Random& random, State& state, Naive& naive, const std::vector<Address>& addresses) {
    const Address& a = addresses[random.below(addresses.size())];
    const u256 key{random.below(4)};
    const u256 small{random.below(3)};
    switch (random.below(17)) {
        case 0:
            state.set_nonce(a, small.low_u64());
            naive.bring(a).nonce = small.low_u64();
            break;
        case 1:
            state.set_balance(a, small);
            naive.bring(a).balance = small;
            break;
        case 2:
            state.add_balance(a, small);
            naive.now.touched.insert(a);
            if (!small.is_zero()) naive.bring(a).balance = naive.read(a).balance + small;
            break;
        case 3: {
            const Wei taken = state.balance(a) < small ? u256{} : small;
            state.subtract_balance(a, taken);
            naive.now.touched.insert(a);
            if (!taken.is_zero()) naive.bring(a).balance = naive.read(a).balance - taken;
            break;
        }
        case 4: {
            const Bytes bytes = random.bytes(random.below(3));
            const Hash hash = keccak256(bytes);
            state.set_code(a, code_of(bytes), hash);
            naive.bring(a).code_hash = hash;
            break;
        }
        case 5:
            state.touch(a);
            naive.now.touched.insert(a);
            break;
        case 6:
            if (!random.one_in(4) || state.collides(a)) break;
            state.mark_created(a);
            naive.now.touched.insert(a), naive.now.created.insert(a);
            break;
        case 7:
            if (!random.one_in(3)) break;
            state.self_destruct(a);
            naive.now.touched.insert(a), naive.now.destructed.insert(a);
            break;
        case 8:
            CHECK(state.warm_account(a) == !naive.now.warm.insert(a).second);
            break;
        case 9:
            CHECK(state.warm_slot(a, key) == !naive.now.warm_slots.insert({a, key}).second);
            break;
        case 10:
        case 11:
            state.set_storage(a, key, small);
            naive.now.slots[{a, key}] = small;
            break;
        case 12:
            state.set_transient_storage(a, key, small);
            naive.now.transient[{a, key}] = small;
            break;
        case 13:
            state.add_log({a, {to_hash(small)}, {}});
            naive.now.logs.push_back({a, {to_hash(small)}, {}});
            break;
        case 14:
            state.add_refund(static_cast<Gas>(random.below(100)));
            naive.now.refund = state.refund();
            break;
        case 15:
            naive.snapshots.emplace_back(state.snapshot(), naive.now);
            break;
        case 16:
            if (naive.snapshots.empty()) break;
            {
                const auto chosen = random.below(naive.snapshots.size());
                state.revert(naive.snapshots[chosen].first);
                naive.now = naive.snapshots[chosen].second;
                naive.snapshots.resize(chosen);
            }
            break;
        default:
            break;
    }
}

void check_same(State& state, const Naive& naive, const std::vector<Address>& addresses) {
    for (const Address& a : addresses) {
        const Account expected = naive.read(a);
        CHECK(state.exists(a) == naive.now.accounts.contains(a));
        CHECK(state.nonce(a) == expected.nonce);
        CHECK(state.balance(a) == expected.balance);
        CHECK(state.code_hash(a) == expected.code_hash);
        CHECK(keccak256(*state.code(a)) == expected.code_hash);
        CHECK(state.created_in_transaction(a) == naive.now.created.contains(a));
        for (std::uint64_t i = 0; i < 4; ++i) {
            const StorageSlot& slot = state.slot(a, u256{i});
            CHECK(slot.current == Naive::at(naive.now.slots, a, u256{i}));
            CHECK(slot.original == Naive::at(naive.original, a, u256{i}));
            CHECK(slot.warm == naive.now.warm_slots.contains({a, u256{i}}));
            CHECK(state.transient_storage(a, u256{i}) == Naive::at(naive.now.transient, a, u256{i}));
        }
    }
    CHECK(state.refund() == naive.now.refund);
    const auto logs = state.logs();
    CHECK(std::vector<Log>(logs.begin(), logs.end()) == naive.now.logs);
}

}  // namespace

TEST_CASE("a state behaves as one that copies the world at each snapshot") {
    Random random;
    CAPTURE(random.seed);
    for (int round = 0; round < 60; ++round) {
        std::vector<Address> addresses;
        for (int i = 0; i < 6; ++i) addresses.push_back(random.address());
        TestView view;
        for (std::size_t i = 0; i < 3; ++i) {
            const Bytes bytes = random.bytes(i);
            view.accounts[addresses[i]] = {random.below(2), u256{random.below(2)}, keccak256(bytes)};
            view.codes[keccak256(bytes)] = code_of(bytes);
            if (random.one_in(2)) view.slots[{addresses[i], u256{random.below(4)}}] = u256{7};
        }
        State state(view);
        Naive naive;
        naive.now.accounts = view.accounts;
        naive.now.slots = view.slots;
        for (int transaction = 0; transaction < 8; ++transaction) {
            state.begin_transaction();
            naive.begin();
            for (int i = 0; i < 60; ++i) random_operation(random, state, naive, addresses);
            check_same(state, naive, addresses);
            state.end_transaction();
            naive.end();
            if (random.one_in(3)) {
                TestView after = view;
                after.apply(state.changes());
                std::erase_if(naive.now.slots, [](const auto& slot) { return slot.second.is_zero(); });
                CHECK(after.accounts == naive.now.accounts);
                std::erase_if(after.slots,
                              [&](const auto& slot) { return !after.accounts.contains(slot.first.first); });
                std::map<std::pair<Address, u256>, u256> expected = naive.now.slots;
                std::erase_if(expected, [&](const auto& slot) { return !after.accounts.contains(slot.first.first); });
                CHECK(after.slots == expected);
            }
        }
    }
}

TEST_CASE("changes name only what differs") {
    TestView view;
    const Address a = low_address(1), b = low_address(2);
    view.accounts[a] = {1, u256{5}, empty_code_hash};
    view.slots[{a, u256{1}}] = u256{9};
    State state(view);
    state.begin_transaction();
    state.set_storage(a, u256{1}, u256{8});
    state.set_storage(a, u256{1}, u256{9});
    state.set_balance(b, u256{1});
    state.set_balance(b, u256{0});
    state.touch(low_address(3));
    state.end_transaction();
    CHECK(state.changes().accounts.empty());

    state.begin_transaction();
    state.set_storage(a, u256{1}, u256{0});
    state.end_transaction();
    const ChangeSet changes = state.changes();
    REQUIRE(changes.accounts.size() == 1);
    CHECK(changes.accounts.at(a).account == view.accounts[a]);
    CHECK(changes.accounts.at(a).storage == std::map<u256, u256>{{u256{1}, u256{0}}});
}

TEST_CASE("a self-destructed contract of earlier blocks is gone with its storage at the transaction's end") {
    TestView view;
    const Address a = low_address(7);
    view.accounts[a] = Account{1, Wei{9}, empty_code_hash};
    view.slots[{a, u256{1}}] = u256{2};
    State state(view);
    state.begin_transaction();
    state.self_destruct(a);
    CHECK(state.slot(a, u256{1}).current == u256{2});
    state.end_transaction();
    CHECK_FALSE(state.exists(a));
    CHECK_FALSE(state.collides(a));
    CHECK(state.slot(a, u256{1}).current.is_zero());
    const ChangeSet changes = state.changes();
    REQUIRE(changes.accounts.contains(a));
    CHECK_FALSE(changes.accounts.at(a).account.has_value());
    CHECK(changes.accounts.at(a).storage_cleared);
}

TEST_CASE("a contract that self-destructs in the transaction of its creation leaves nothing") {
    TestView view;
    State state(view);
    const Address a = low_address(7);
    state.begin_transaction();
    state.mark_created(a);
    state.set_nonce(a, 1);
    state.set_storage(a, u256{1}, u256{2});
    state.self_destruct(a);
    state.add_balance(a, u256{3});
    CHECK(state.slot(a, u256{1}).current == u256{2});
    state.end_transaction();
    CHECK_FALSE(state.exists(a));
    CHECK(state.balance(a).is_zero());
    CHECK_FALSE(state.collides(a));
    CHECK(state.changes().accounts.empty());
}

TEST_CASE("storage of an address that stands in the view stops a creation there") {
    TestView view;
    const Address a = low_address(9);
    view.accounts[a] = {0, u256{1}, empty_code_hash};
    view.slots[{a, u256{1}}] = u256{1};
    State state(view);
    CHECK(state.collides(a));
    CHECK_FALSE(state.collides(low_address(10)));
}

TEST_CASE("ten thousand slots are each found again") {
    TestView view;
    State state(view);
    Random random;
    CAPTURE(random.seed);
    std::vector<std::pair<Address, u256>> keys;
    for (int i = 0; i < 10'000; ++i) keys.emplace_back(low_address(static_cast<std::uint16_t>(i % 3)), random.word());
    for (const auto& [address, key] : keys) state.set_storage(address, key, key + u256{1});
    for (const auto& [address, key] : keys) CHECK(state.slot(address, key).current == key + u256{1});
}
