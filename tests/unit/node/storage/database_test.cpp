#include "node/storage/database.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

#include "node/base/stop.hpp"
#include "node/storage/keys.hpp"
#include "unit/node/storage/forgetful_env.hpp"
#include "unit/node/storage/random_chain.hpp"

namespace talea::tests {
namespace {

using node::Database;
using node::LevelDbOptions;

LevelDbOptions on(ForgetfulEnv& env, bool sync = true) {
    LevelDbOptions options;
    options.env = &env;
    options.sync = sync;
    options.write_buffer_bytes = 64 * 1024;  // small, so that tables and compactions take part
    return options;
}

std::unique_ptr<Database> open(ForgetfulEnv& env, const node::BlockRecord& genesis, bool sync = true) {
    auto database = Database::open("db", genesis, on(env, sync));
    REQUIRE(database.has_value());
    return std::move(*database);
}

/// Crashes at `points` random appends and syncs while a chain grows. Returns how many of them lost a block that was
/// acknowledged; each survivor must be whole. `batches`: most blocks become durable with a later one.
int losses(int points, bool sync, bool batches = false) {
    Random random;
    CAPTURE(random.seed);
    int lost = 0;
    ForgetfulEnv env;
    struct Crash {
        std::unique_ptr<ForgetfulEnv> env;
        std::uint64_t acknowledged;
    };
    std::vector<Crash> crashes;
    std::mutex crashes_mutex;  // LevelDB's own thread writes tables
    std::atomic<std::uint64_t> acknowledged{0};
    Random moments(random.next());
    RandomChain chain(random);
    auto database = open(env, chain.genesis(), sync);
    std::map<std::uint64_t, vm::MapState> models;
    std::map<std::uint64_t, vm::Hash> hashes;
    models[0] = chain.state();
    env.before_operation = [&](std::uint64_t) {
        const std::lock_guard lock(crashes_mutex);
        if (!moments.one_in(3)) return;
        // Asked before: the chain may grow on while a thread of LevelDB's crashes here.
        const auto by_then = acknowledged.load();
        crashes.push_back({env.crashed(moments), by_then});
    };
    for (int done = 0; done < points;) {
        chain.grow(*database, batches && random.below(8) != 0);
        const auto grown = database->head().value;
        if (database->unsynced_bytes() == 0) acknowledged = grown;
        models[grown] = chain.state();
        hashes[grown] = chain.head_hash();
        std::vector<Crash> now;
        {
            const std::lock_guard lock(crashes_mutex);
            now.swap(crashes);
        }
        for (auto& crash : now) {
            if (done++ == points) break;
            if (!sync) {
                // Without order between what was lost, what is left may be damaged besides.
                const auto raw = node::open_leveldb("db", on(*crash.env));
                const auto head = raw ? node::ChainReader(**raw).head() : std::nullopt;
                if (!head || head->value < crash.acknowledged) ++lost;
                continue;
            }
            const auto after = Database::open("db", chain.genesis(), on(*crash.env));
            REQUIRE(after.has_value());
            const auto head = (*after)->head().value;
            if (head < crash.acknowledged) {
                ++lost;
                continue;
            }
            // Whole: the state, its past, the hash; the trie was rolled forward and its roots compared by `open`.
            REQUIRE(head <= grown);
            REQUIRE(same_state(chain, (*after)->state(), models[head]));
            const auto past = random.below(head + 1);
            REQUIRE(same_state(chain, node::PastState((*after)->store(), (*after)->codes(), {past}), models[past]));
            if (head > 0) REQUIRE(node::ChainReader((*after)->store()).hash({head}) == hashes[head]);
            REQUIRE(vm::update_state_trie((*after)->trie(), {}).root == models[head].root());
        }
    }
    env.before_operation = nullptr;
    return lost;
}

TEST_CASE("no block that was acknowledged is lost at any of 1,000 crash points") {
    CHECK(losses(1'000, true) == 0);
}

TEST_CASE(
    "blocks that share a synced batch are lost at a crash point together or not at all, and none that was synced") {
    CHECK(losses(600, true, true) == 0);
}

TEST_CASE("with syncing switched off the same crash points lose acknowledged blocks") {
    CHECK(losses(200, false) > 0);
}

TEST_CASE("every past state can be read, and the trie's root is that of the state") {
    Random random;
    CAPTURE(random.seed);
    ForgetfulEnv env;
    RandomChain chain(random);
    const auto models = chain.grow_by(150, *open(env, chain.genesis()));
    const auto database = open(env, chain.genesis());
    CHECK(database->head().value == 150);
    CHECK(vm::update_state_trie(database->trie(), {}).root == models.back().root());
    for (std::uint64_t number = 0; number < models.size(); ++number) {
        CAPTURE(number);
        REQUIRE(same_state(chain, node::PastState(database->store(), database->codes(), {number}), models[number]));
    }
    const auto snapshot = database->snapshot();
    for (int i = 0; i < 100; ++i) chain.grow(*database, true);
    CHECK(same_state(chain, database->state(), chain.state()));
    database->sync();
    CHECK(same_state(chain, node::FlatState(*database->snapshot(), database->codes()), chain.state()));
    CHECK(same_state(chain, node::FlatState(*snapshot, database->codes()), models.back()));
    CHECK(same_state(chain, database->state(), chain.state()));
}

TEST_CASE("the first failed write stops the process before it acknowledges") {
    for (const std::uint64_t operations_until_full : {40ULL, 41ULL, 57ULL, 90ULL}) {
        CAPTURE(operations_until_full);
        int channel[2];
        REQUIRE(::pipe(channel) == 0);
        const auto child = ::fork();
        if (child == 0) {
            (void)!::freopen("/dev/null", "w", stderr);
            Random random;
            ForgetfulEnv env;
            RandomChain chain(random);
            auto database = Database::open("db", chain.genesis(), on(env));
            env.fails_from = operations_until_full;
            for (int i = 0; database && i < 1'000; ++i) {
                chain.grow(**database);
                const auto head = static_cast<std::uint8_t>((*database)->head().value);
                (void)!::write(channel[1], &head, 1);
            }
            ::_exit(0);
        }
        ::close(channel[1]);
        std::uint8_t last = 0, head = 0;
        while (::read(channel[0], &head, 1) == 1) {
            CHECK(head == last + 1);
            last = head;
        }
        ::close(channel[0]);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == static_cast<int>(node::ExitCode::disk_failed));
        CHECK(last > 0);
        CHECK(last < operations_until_full);
    }
}

TEST_CASE("a directory of another genesis is refused") {
    Random random;
    ForgetfulEnv env;
    RandomChain chain(random);
    RandomChain other(random);
    {
        (void)open(env, chain.genesis());
    }
    const auto foreign = Database::open("db", other.genesis(), on(env));
    REQUIRE_FALSE(foreign.has_value());
    CHECK(foreign.error().what == node::OpenError::foreign_chain);
}

void put_format(Database& database, std::uint8_t format) {
    node::KvBatch batch;
    batch.put(node::Key(node::Table::meta).add(node::bytes_of("format")), vm::Bytes{0, 0, 0, 0, 0, 0, 0, format});
    database.store().write(batch);
}

TEST_CASE("a directory of a newer format is refused, and left as it is") {
    Random random;
    ForgetfulEnv env;
    RandomChain chain(random);
    put_format(*open(env, chain.genesis()), 4);
    for (int again = 0; again < 2; ++again) {
        const auto newer = Database::open("db", chain.genesis(), on(env));
        REQUIRE_FALSE(newer.has_value());
        CHECK(newer.error().what == node::OpenError::wrong_format);
        CHECK(newer.error().detail == "format 4, this program knows formats 1 to 3");
    }
}

TEST_CASE("a directory of an older format opens as it is, and has the latest one with its next block") {
    Random random;
    ForgetfulEnv env;
    RandomChain chain(random);
    const auto format = [](const Database& database) {
        std::string value;
        CHECK(database.snapshot()->get(node::Key(node::Table::meta).add(node::bytes_of("format")), value));
        return value.back();
    };
    for (const std::uint8_t older : {std::uint8_t{1}, std::uint8_t{2}}) {
        {
            put_format(*open(env, chain.genesis()), older);
        }
        const auto database = open(env, chain.genesis());
        CHECK(format(*database) == older);
        chain.grow(*database);
        CHECK(format(*database) == 3);
    }
}

TEST_CASE("a directory of which blocks were forgotten opens") {
    Random random;
    ForgetfulEnv env;
    RandomChain chain(random);
    {
        const auto database = open(env, chain.genesis());
        chain.grow(*database);
        node::KvBatch batch;
        node::put_first_whole(batch, {2});
        database->store().write(batch);
    }
    CHECK(open(env, chain.genesis())->head().value == 1);
}

TEST_CASE("a directory that is to exist and does not is refused") {
    Random random;
    ForgetfulEnv env;
    RandomChain chain(random);
    auto options = on(env);
    options.create = false;
    const auto missing = Database::open("db", chain.genesis(), options);
    REQUIRE_FALSE(missing.has_value());
    CHECK(missing.error().what == node::OpenError::missing);
}

TEST_CASE("a state read whole at opening answers as the blocks left it, while it grows and where storage was cleared") {
    Random random;
    CAPTURE(random.seed);
    ForgetfulEnv env;
    RandomChain chain(random);
    {
        chain.grow(*open(env, chain.genesis()));
    }
    for (int reopened = 0; reopened < 10; ++reopened) {
        const auto database = open(env, chain.genesis());
        for (int block = 0; block < 12; ++block) {
            const auto& state = database->state();
            for (const auto& address : chain.addresses()) {
                REQUIRE(state.account(address) == chain.state().account(address));
                for (std::uint64_t key = 0; key < 9; ++key)
                    REQUIRE((state.storage(address, vm::u256{key}) == chain.state().storage(address, vm::u256{key})));
            }
            REQUIRE_FALSE(state.account(vm::low_address(0x57a)));
            chain.grow(*database);
        }
    }
}

}  // namespace
}  // namespace talea::tests
