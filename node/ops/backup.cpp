#include "node/ops/backup.hpp"

#include <fmt/format.h>

#include "node/chain/genesis_record.hpp"
#include "node/ops/failure.hpp"
#include "node/ops/files.hpp"
#include "node/storage/database.hpp"
#include "vm/base/hex.hpp"

namespace talea::node {
namespace {

constexpr std::size_t batch_bytes = 4 * 1024 * 1024;

/// Every key of `from`, in synced batches.
void copy_all(const KvReader& from, KvStore& to) {
    KvBatch batch;
    const auto it = from.iterate();
    for (it->seek({}); it->valid(); it->next()) {
        batch.put(it->key(), it->value());
        if (batch.bytes() < batch_bytes) continue;
        to.write(batch);
        batch.clear();
    }
    to.write(batch);
}

}  // namespace

ExitCode make_backup(const Directory& directory, const std::string& to) {
    const auto genesis = load_genesis(directory);
    if (!genesis) return fail(genesis.error());
    if (file_exists(to)) return fail(fmt::format("'{}' exists already; a backup is a new folder", to));
    const auto database = Database::open(directory.database(), genesis_record(*genesis), database_that_exists());
    if (!database) {
        const bool runs = database.error().what == OpenError::in_use;
        return fail(
            describe(directory, database.error()) +
            (runs ? "; stop the node for as long as the copy takes, the other validators go on "
                    "(examples/runbooks/back-up.sh), or back up one that is stopped already: any node's copy will do"
                  : ""));
    }
    const Directory copy{to};
    if (auto made = make_folder(to); !made) return fail(made.error());
    auto store = open_leveldb(copy.database());
    if (!store) return fail(fmt::format("'{}': {}", to, store.error()));
    copy_all((*database)->store(), **store);
    store->reset();
    if (file_exists(directory.path + "/node.json")) {
        const auto config = read_text_file(directory.path + "/node.json");
        if (!config) return fail(config.error());
        if (auto written = write_text_file(to + "/node.json", *config); !written) return fail(written.error());
    }
    if (auto written = write_text_file(copy.genesis_file(), vm::write_genesis(*genesis)); !written)
        return fail(written.error());
    const auto head = (*database)->head();
    const ChainReader blocks((*database)->store());
    const auto hash = blocks.hash(head);
    fmt::print("block {} {}\n", head.value, hash ? vm::to_hex(*hash) : "");
    if (const auto first = blocks.first_whole(); first.value > 0)
        fmt::print("transactions and receipts from block {} on: the history of its node is not all\n", first.value);
    return ExitCode::done;
}

}  // namespace talea::node
