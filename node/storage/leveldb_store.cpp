#include "node/storage/leveldb_store.hpp"

#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/env.h>
#include <leveldb/filter_policy.h>
#include <leveldb/write_batch.h>

#include <mutex>

#include "node/base/stop.hpp"
#include "node/base/thread_name.hpp"
#include "vm/base/check.hpp"

namespace talea::node {
namespace {

/// The latest state and the tries' busy nodes are kept above this (CachedState, TrieStore), and the system caches
/// files; so it serves questions about the past. It fills in any case, for compactions leave blocks of files that are
/// gone.
constexpr std::size_t block_cache_bytes = 8 * 1024 * 1024;
/// Of values that are read or passed over together. Larger than LevelDB's 4 KiB, because of each file that is open (up
/// to 990) the index stays in memory, an entry a block, beyond the cache.
constexpr std::size_t block_bytes = 16 * 1024;
constexpr std::size_t kept_bytes_max = 8 * 1024 * 1024;  // as KvBatch keeps
constexpr int bloom_bits_per_key = 10;                   // about 1 % of absent keys cost a read

leveldb::Slice slice(vm::BytesView bytes) {
    if (bytes.empty()) return {};  // its pointer may be null, which LevelDB would hand to memcpy
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
vm::BytesView bytes_of_slice(const leveldb::Slice& from) {
    return {reinterpret_cast<const std::uint8_t*>(from.data()), from.size()};
}

void must_read(const leveldb::Status& status) {
    if (!status.ok()) stop_process(ExitCode::disk_failed, "reading the database failed: " + status.ToString());
}

/// The database and what it needs to live as long.
struct Shared {
    std::unique_ptr<leveldb::Cache> cache;
    std::unique_ptr<const leveldb::FilterPolicy> filter;
    std::unique_ptr<leveldb::DB> db;
};

class Iterator final : public KvIterator {
  public:
    Iterator(std::shared_ptr<Shared> shared, const leveldb::ReadOptions& options)
        : shared_(std::move(shared)), it_(shared_->db->NewIterator(options)) {}
    void seek(vm::BytesView key) override {
        it_->Seek(slice(key));
        must_read(it_->status());
    }
    void next() override {
        it_->Next();
        must_read(it_->status());
    }
    [[nodiscard]] bool valid() const override { return it_->Valid(); }
    [[nodiscard]] vm::BytesView key() const override { return bytes_of_slice(it_->key()); }
    [[nodiscard]] vm::BytesView value() const override { return bytes_of_slice(it_->value()); }

  private:
    std::shared_ptr<Shared> shared_;
    std::unique_ptr<leveldb::Iterator> it_;
};

bool get_from(leveldb::DB& db, const leveldb::ReadOptions& options, vm::BytesView key, std::string& value) {
    const auto status = db.Get(options, slice(key), &value);
    if (status.IsNotFound()) return false;
    must_read(status);
    return true;
}

class Snapshot final : public KvReader {
  public:
    explicit Snapshot(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {
        options_.snapshot = shared_->db->GetSnapshot();
    }
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;
    ~Snapshot() override { shared_->db->ReleaseSnapshot(options_.snapshot); }
    [[nodiscard]] bool get(vm::BytesView key, std::string& value) const override {
        return get_from(*shared_->db, options_, key, value);
    }
    [[nodiscard]] std::unique_ptr<KvIterator> iterate() const override {
        return std::make_unique<Iterator>(shared_, options_);
    }

  private:
    std::shared_ptr<Shared> shared_;
    leveldb::ReadOptions options_;
};

class LevelDbStore final : public KvStore {
  public:
    LevelDbStore(std::shared_ptr<Shared> shared, bool sync) : shared_(std::move(shared)) { write_.sync = sync; }
    [[nodiscard]] bool get(vm::BytesView key, std::string& value) const override {
        return get_from(*shared_->db, {}, key, value);
    }
    [[nodiscard]] std::unique_ptr<KvIterator> iterate() const override {
        return std::make_unique<Iterator>(shared_, leveldb::ReadOptions{});
    }
    [[nodiscard]] std::shared_ptr<const KvReader> snapshot() const override {
        return std::make_shared<Snapshot>(shared_);
    }
    void write(const KvBatch& batch) override {
        const std::lock_guard lock(write_mutex_);
        writes_.Clear();
        // In order: LevelDB's memory table is a skip list far larger than a processor's caches, in which a key near the
        // last one is found along a path that is still there. Unordered, the look-ups were a quarter of all that a node
        // does while it joins.
        batch.for_each_key([&](vm::BytesView key, const vm::BytesView* value) {
            if (value == nullptr)
                writes_.Delete(slice(key));
            else
                writes_.Put(slice(key), slice(*value));
        });
        const auto status = shared_->db->Write(write_, &writes_);
        if (writes_.ApproximateSize() > kept_bytes_max) writes_ = {};
        if (!status.ok())
            stop_process(ExitCode::disk_failed,
                         "writing the database failed, so the node stops before it acknowledges "
                         "anything more: " +
                             status.ToString());
    }
    void compact(vm::BytesView first, vm::BytesView last) override {
        const auto begin = slice(first), end = slice(last);
        shared_->db->CompactRange(&begin, &end);
    }

  private:
    std::shared_ptr<Shared> shared_;
    leveldb::WriteOptions write_;
    std::mutex write_mutex_;      ///< the writer's blocks, now and then what is forgotten
    leveldb::WriteBatch writes_;  ///< under it, and of the write in hand: its memory is used again, unless it is much
};

}  // namespace

std::expected<std::unique_ptr<KvStore>, std::string> open_leveldb(const std::string& path,
                                                                  const LevelDbOptions& options) {
    auto shared = std::make_shared<Shared>();
    shared->cache.reset(leveldb::NewLRUCache(block_cache_bytes));
    shared->filter.reset(leveldb::NewBloomFilterPolicy(bloom_bits_per_key));
    leveldb::Options settings;
    if (options.env != nullptr) settings.env = options.env;
    settings.create_if_missing = options.create;
    settings.block_cache = shared->cache.get();
    settings.filter_policy = shared->filter.get();
    settings.block_size = block_bytes;
    settings.write_buffer_size = options.write_buffer_bytes;
    settings.compression = leveldb::kSnappyCompression;
    leveldb::DB* db = nullptr;
    const auto status = leveldb::DB::Open(settings, path, &db);
    if (!status.ok()) return std::unexpected(status.ToString());
    shared->db.reset(db);
    // Its one thread for compactions takes what is scheduled in turn.
    settings.env->Schedule([](void*) { name_this_thread(thread_name::leveldb); }, nullptr);
    return std::make_unique<LevelDbStore>(std::move(shared), options.sync);
}

}  // namespace talea::node
