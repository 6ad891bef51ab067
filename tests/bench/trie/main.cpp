// bench_trie [--slots N]
//
// The state root after 1,000, 10,000 and 100,000 changed slots of one account that has N (1,000,000). The nodes come
// from the node's own store: all of them in its memory, and from LevelDB opened anew, behind what the rounds before
// changed. Prints the best of several rounds: processor time of the root on one core, of keeping the changed nodes in
// the store, and of 10,000 keccaks of 532 bytes (a full branch); the ratio of the first to the last; and what the root
// takes on two threads that have a core each.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "bench/execution/processor_time.hpp"
#include "node/storage/leveldb_store.hpp"
#include "node/storage/trie_store.hpp"
#include "unit/random.hpp"
#include "vm/base/check.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/state/state_trie.hpp"

namespace {

using namespace talea;
using bench::processor_seconds;
using vm::ChangeSet, vm::u256;

const vm::Address token = vm::low_address(0x70ce);

ChangeSet changes_of(std::size_t count, std::size_t slots, tests::Random& random) {
    ChangeSet changes;
    auto& change = changes.accounts[token];
    change.account = vm::Account{1, {}, vm::empty_code_hash};
    while (change.storage.size() < count) change.storage[u256{random.below(slots)}] = u256{random.next() | 1};
    return changes;
}

double keccak_seconds() {
    vm::Bytes branch(532, 0x5a);
    const double begun = processor_seconds();
    for (int i = 0; i < 10'000; ++i) {
        const vm::Hash hash = vm::keccak256(branch);
        std::copy_n(hash.bytes.begin(), 32, branch.begin());
    }
    return processor_seconds() - begun;
}

/// Does tasks on two threads, each the next one that is free, and adds up by how much the longer of the two outlasts
/// this one in processor time: with what this thread takes, that is the time by the wall of a machine with nothing else
/// to do.
struct OnTwoThreads {
    double outlasted_seconds = 0;
    void operator()(std::size_t count, const std::function<void(std::size_t)>& task) {
        std::atomic<std::size_t> next{0};
        const auto work = [&](double& seconds) {
            const double begun = processor_seconds();
            for (std::size_t i = next++; i < count; i = next++) task(i);
            seconds = processor_seconds() - begun;
        };
        double here = 0, there = 0;
        {
            const std::jthread other([&] { work(there); });
            work(here);
        }
        outlasted_seconds += std::max(0.0, there - here);
    }
};

struct Best {
    double root = 1e9, kept = 1e9, keccaks = 1e9, on_two = 1e9;
};
Best measure(node::TrieStore& store, std::size_t count, std::size_t slots, tests::Random& random) {
    const int rounds = count >= 100'000 ? 3 : 12;
    Best best;
    for (int round = 0; round < rounds; ++round) {
        const ChangeSet changes = changes_of(count, slots, random);
        OnTwoThreads on_two;
        double begun = processor_seconds();
        const vm::Hash root = vm::update_state_trie(store, changes, std::ref(on_two)).root;
        best.on_two = std::min(best.on_two, processor_seconds() - begun + on_two.outlasted_seconds);
        begun = processor_seconds();
        auto update = vm::update_state_trie(store, changes);
        const double updated = processor_seconds();
        store.apply(std::move(update));
        const double applied = processor_seconds();
        vm::check(update.root == root, "threads change no root");
        best.root = std::min(best.root, updated - begun);
        best.kept = std::min(best.kept, applied - updated);
        best.keccaks = std::min(best.keccaks, keccak_seconds());
    }
    return best;
}

void report(std::string_view where, std::size_t count, const Best& best) {
    std::printf("%-10s %8zu %10.2f %10.2f %12.2f %8.2f %15.2f\n", std::string(where).c_str(), count, 1e3 * best.root,
                1e3 * best.kept, 1e3 * best.keccaks, best.root / best.keccaks, 1e3 * best.on_two);
}

std::size_t number_after(int argc, char** argv, std::string_view name, std::size_t otherwise) {
    for (int i = 1; i + 1 < argc; ++i)
        if (argv[i] == name) return std::strtoull(argv[i + 1], nullptr, 10);
    return otherwise;
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t slots = number_after(argc, argv, "--slots", 1'000'000);
    std::string folder = (std::filesystem::temp_directory_path() / "bench_trie-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) return 2;
    {
        tests::Random random;
        auto database = node::open_leveldb(folder + "/db");
        vm::check(database.has_value(), "the bench's database is made");
        node::TrieStore store(**database);
        ChangeSet whole;
        whole.accounts[token].account = vm::Account{1, {}, vm::empty_code_hash};
        for (std::size_t i = 0; i < slots; ++i) whole.accounts[token].storage[u256{i}] = u256{random.next() | 1};
        const double begun = processor_seconds();
        store.apply(vm::update_state_trie(store, whole));
        std::printf("%zu slots made in %.2f s\n\n", slots, processor_seconds() - begun);
        std::printf("%-10s %8s %10s %10s %12s %8s %15s\n", "nodes from", "changes", "root ms", "kept ms", "keccaks ms",
                    "ratio", "two threads ms");
        for (const std::size_t count : {1'000UL, 10'000UL, 100'000UL})
            if (count <= slots) report("memory", count, measure(store, count, slots, random));
        node::KvBatch batch;
        store.put(batch);
        (*database)->write(batch);
    }
    {
        tests::Random random;
        auto database = node::open_leveldb(folder + "/db", node::database_that_exists());
        vm::check(database.has_value(), "the bench's database opens");
        for (const std::size_t count : {1'000UL, 10'000UL}) {
            node::TrieStore store(**database);
            if (count <= slots) report("LevelDB", count, measure(store, count, slots, random));
        }
    }
    std::filesystem::remove_all(folder);
    return 0;
}
