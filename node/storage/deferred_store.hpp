#pragma once
#include <optional>
#include <string>
#include <unordered_map>

#include "node/storage/kv_store.hpp"

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

    void write_later(const KvBatch& batch);
    void flush() const;
    /// Of keys and values that wait.
    [[nodiscard]] std::size_t waiting_bytes() const { return bytes_; }

  private:
    std::unique_ptr<KvStore> store_;
    mutable std::unordered_map<std::string, std::optional<std::string>> waiting_;  ///< nothing: erased
    mutable std::size_t bytes_ = 0;
};

}  // namespace talea::node
