#include "node/chain/head_state.hpp"

#include <doctest/doctest.h>

#include "node/base/limits.hpp"
#include "node/storage/keys.hpp"
#include "node/storage/leveldb_store.hpp"
#include "node/storage/records.hpp"
#include "unit/node/storage/forgetful_env.hpp"
#include "unit/random.hpp"

namespace talea::tests {
namespace {

/// Heads over one store, each with a snapshot of its own, that share what they read.
struct Heads {
    struct Head {
        std::shared_ptr<const node::KvReader> snapshot;
        std::unique_ptr<node::HeadState> state;
    };
    ForgetfulEnv env;
    std::unique_ptr<node::KvStore> store = *node::open_leveldb("db", {.env = &env});
    node::CodeCache codes;
    node::HeadMemory memory;
    std::vector<Head> heads;

    void next(const node::RecentAccounts::Changes& changes) {
        const vm::BlockNumber number{heads.size()};
        node::KvBatch batch;
        node::put_state(batch, *store, number, changed(changes));
        store->write(batch);
        memory.accounts->update(number, changes);
        const std::shared_ptr<const node::KvReader> snapshot = store->snapshot();
        heads.push_back({snapshot, std::make_unique<node::HeadState>(*snapshot, codes, number, memory)});
    }
    static vm::ChangeSet changed(const node::RecentAccounts::Changes& changes) {
        vm::ChangeSet set;
        for (const auto& [address, account] : changes) set.accounts[address].account = account;
        return set;
    }
};

TEST_CASE("every head gives each account as it was then, whoever read or changed it in between") {
    Random random;
    CAPTURE(random.seed);
    std::vector<vm::Address> addresses(12);
    for (auto& address : addresses) address = random.address();
    Heads chain;
    using State = std::map<vm::Address, std::optional<vm::Account>>;
    std::vector<State> expected;
    State state;
    for (std::uint64_t number = 0; number < 60; ++number) {
        node::RecentAccounts::Changes changes;
        for (auto count = random.below(4); count > 0; --count) {
            const auto& address = addresses[random.below(addresses.size())];
            vm::Account account;
            account.nonce = number + 1;
            changes[address] = random.one_in(4) ? std::nullopt : std::optional(account);
            state[address] = changes[address];
        }
        chain.next(changes);
        expected.push_back(state);
        for (int reads = 0; reads < 30; ++reads) {
            const auto head = random.one_in(2) ? number : random.below(number + 1);
            const auto& address = addresses[random.below(addresses.size())];
            const auto found = chain.heads[head].state->account(address);
            REQUIRE(found == expected[head][address]);
        }
    }
}

TEST_CASE("what is asked of many addresses takes a bounded memory, and is right when it was forgotten") {
    Heads chain;
    const auto first = vm::low_address(1);
    vm::Account account;
    account.nonce = 7;
    chain.next({{first, account}});
    Random random;
    for (std::size_t i = 0; i < 2 * node::limits::recent_accounts_max; ++i)
        (void)chain.heads[0].state->account(random.address());
    CHECK(chain.heads[0].state->account(first) == account);
}

}  // namespace
}  // namespace talea::tests
