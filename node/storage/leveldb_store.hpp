#pragma once
#include <cstddef>
#include <expected>
#include <string>

#include "node/storage/kv_store.hpp"

namespace leveldb {
class Env;
}

namespace talea::node {

struct LevelDbOptions {
    /// The file system; the machine's own where it is null. Tests give one that forgets what was not synced.
    leveldb::Env* env = nullptr;
    /// Off only in the test that shows what syncing is for.
    bool sync = true;
    bool create = true;  ///< a missing database is an error otherwise
    /// Kept in memory before it becomes a table file. Half of it makes compactions dearer (0.19 against 0.11 s for
    /// 10,000 transfers): each merges its file with most of the next level, for keys begin with hashes.
    std::size_t write_buffer_bytes = 64 * 1024 * 1024;
};

[[nodiscard]] inline LevelDbOptions database_that_exists() {
    LevelDbOptions options;
    options.create = false;
    return options;
}

/// A KvStore over LevelDB in folder `path`. LevelDB keeps a lock there, so a second process is refused.
///
/// After a failed append to its log LevelDB goes on acknowledging synced writes and loses them (DESIGN 12). So the
/// first write or read whose status is not OK stops the process; none is ever retried.
[[nodiscard]] std::expected<std::unique_ptr<KvStore>, std::string> open_leveldb(const std::string& path,
                                                                                const LevelDbOptions& options = {});

}  // namespace talea::node
