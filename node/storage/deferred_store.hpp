#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "node/storage/kv_store.hpp"
#include "vm/state/flat_index.hpp"

namespace talea::node {

/// A store whose last writes may wait in memory, where its own reads find them: `write` is durable as ever and takes
/// along what waits; `write_later` is not, until then or until `flush`. What waits reaches the disk whole or not at
/// all, as one batch in which each key stands once. Snapshots do not have it.
///
/// Of one thread; others may `get` while it does nothing here, and read snapshots at any time.
class DeferredStore final : public KvStore {
  public:
    explicit DeferredStore(std::unique_ptr<KvStore> store) : store_(std::move(store)) {}

    [[nodiscard]] bool get(vm::BytesView key, std::string& value) const override;
    /// Flushes: what waits is found by its key alone, and walks are rare where anything waits.
    [[nodiscard]] std::unique_ptr<KvIterator> iterate() const override;
    [[nodiscard]] std::shared_ptr<const KvReader> snapshot() const override { return store_->snapshot(); }
    void write(const KvBatch& batch) override;
    void compact(vm::BytesView first, vm::BytesView last) override { store_->compact(first, last); }
    /// What is beneath: for another thread, and keys that never wait here.
    [[nodiscard]] KvStore& durable() { return *store_; }

    void write_later(const KvBatch& batch);
    void flush() const;
    /// What waits takes so much memory: of a key that changed again, all that was said of it.
    [[nodiscard]] std::size_t waiting_bytes() const { return waiting_.changes.bytes(); }

  private:
    /// Changes in the order in which they came, in one piece of memory: in a map of strings, allocating took as long as
    /// LevelDB's part.
    struct Waiting {
        KvBatch changes;
        std::vector<std::uint32_t> last;  ///< of each key, the place of what was said last
        vm::FlatIndex index;              ///< of keys in `last`
        [[nodiscard]] std::uint32_t find(vm::BytesView key) const;
    };

    std::unique_ptr<KvStore> store_;
    mutable Waiting waiting_;
};

}  // namespace talea::node
