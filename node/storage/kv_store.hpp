#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node/base/text_bytes.hpp"
#include "vm/base/bytes.hpp"

namespace talea::node {

/// Walks keys in ascending order of bytes. Views hold until the next move.
class KvIterator {
  public:
    virtual ~KvIterator() = default;
    /// To the first key at or above `key`.
    virtual void seek(vm::BytesView key) = 0;
    virtual void next() = 0;
    [[nodiscard]] virtual bool valid() const = 0;
    [[nodiscard]] virtual vm::BytesView key() const = 0;
    [[nodiscard]] virtual vm::BytesView value() const = 0;
};

/// Reads of one state of the store: the latest, or a snapshot. From any thread. A read that the disk fails stops the
/// process: it is never a value.
class KvReader {
  public:
    virtual ~KvReader() = default;
    /// Puts the value into `value`, or returns false and leaves it in any state.
    [[nodiscard]] virtual bool get(vm::BytesView key, std::string& value) const = 0;
    [[nodiscard]] virtual std::unique_ptr<KvIterator> iterate() const = 0;
};

/// Changes that happen together or not at all; later ones win. One contiguous buffer.
class KvBatch {
  public:
    void put(vm::BytesView key, vm::BytesView value);
    void erase(vm::BytesView key);
    /// The memory is kept for the next changes, unless it is much.
    void clear();
    [[nodiscard]] bool empty() const { return ops_.empty(); }
    [[nodiscard]] std::size_t bytes() const { return buffer_.size(); }
    /// How many changes, and one of them in the order in which they were made; no value where it erases.
    [[nodiscard]] std::size_t size() const { return ops_.size(); }
    struct Change {
        vm::BytesView key;
        std::optional<vm::BytesView> value;
    };
    [[nodiscard]] Change operator[](std::size_t place) const;
    /// In the order they were made; the second argument is null for an erased key.
    void for_each(const std::function<void(vm::BytesView key, const vm::BytesView* value)>& visit) const;
    /// In ascending order of keys, each with what was last said of it.
    void for_each_key(const std::function<void(vm::BytesView key, const vm::BytesView* value)>& visit) const;

  private:
    struct Op {
        std::size_t start;
        std::uint32_t key_bytes, value_bytes;
        bool erased;
    };
    [[nodiscard]] vm::BytesView key_of(const Op& op) const {
        return vm::BytesView(buffer_).subspan(op.start, op.key_bytes);
    }
    [[nodiscard]] vm::BytesView value_of(const Op& op) const {
        return vm::BytesView(buffer_).subspan(op.start + op.key_bytes, op.value_bytes);
    }
    vm::Bytes buffer_;
    std::vector<Op> ops_;
};

/// An ordered store of bytes by bytes. Many readers, one writer of each key.
class KvStore : public KvReader {
  public:
    /// The state as of now, for ever (while it is held).
    [[nodiscard]] virtual std::shared_ptr<const KvReader> snapshot() const = 0;
    /// Durable when it returns. A write that fails stops the process with one sentence.
    virtual void write(const KvBatch& batch) = 0;
    /// Gives back the disk of what was erased from `first` up to `last`, of which no snapshot knows any more. Waits
    /// until what is left there is rewritten.
    virtual void compact(vm::BytesView first, vm::BytesView last) = 0;
};

}  // namespace talea::node
