#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "node/storage/flat_map.hpp"
#include "node/storage/kv_store.hpp"
#include "vm/state/changeset.hpp"
#include "vm/state/state_view.hpp"

namespace talea::node {

/// Codes by hash, read once, shared by all views. From any thread. Holds at most `limits::code_cache_bytes_max`; when
/// it is full it forgets all and starts again.
class CodeCache {
  public:
    [[nodiscard]] vm::Code get(const KvReader& reader, const vm::Hash& code_hash);

  private:
    std::mutex mutex_;
    std::unordered_map<vm::Hash, vm::Code, vm::HashHasher> codes_;
    std::size_t bytes_ = 0;
};

/// The state after the last block of `reader`, straight from the flat tables. Many threads over a snapshot.
class FlatState final : public vm::StateView {
  public:
    FlatState(const KvReader& reader, CodeCache& codes) : reader_(reader), codes_(codes) {}
    [[nodiscard]] std::optional<vm::Account> account(const vm::Address& address) const override;
    [[nodiscard]] vm::u256 storage(const vm::Address& address, const vm::u256& key) const override;
    [[nodiscard]] bool has_storage(const vm::Address& address) const override;
    [[nodiscard]] vm::Code code(const vm::Hash& code_hash) const override;
    [[nodiscard]] vm::Hash block_hash(vm::BlockNumber number) const override;

  private:
    const KvReader& reader_;
    CodeCache& codes_;
};

/// The state after block `number` (at or below the head of `reader`), from the history: one seek a value.
class PastState final : public vm::StateView {
  public:
    PastState(const KvReader& reader, CodeCache& codes, vm::BlockNumber number)
        : reader_(reader), codes_(codes), number_(number) {}
    [[nodiscard]] std::optional<vm::Account> account(const vm::Address& address) const override;
    [[nodiscard]] vm::u256 storage(const vm::Address& address, const vm::u256& key) const override;
    [[nodiscard]] bool has_storage(const vm::Address& address) const override;
    [[nodiscard]] vm::Code code(const vm::Hash& code_hash) const override;
    [[nodiscard]] vm::Hash block_hash(vm::BlockNumber number) const override;

  private:
    const KvReader& reader_;
    CodeCache& codes_;
    vm::BlockNumber number_;
};

/// Values after any block at or below the head of `reader`, from the history, one seek each on one iterator: for many
/// at once, which PastState would make an iterator for each. One thread.
class HistoryReader {
  public:
    explicit HistoryReader(const KvReader& reader) : it_(reader.iterate()) {}
    [[nodiscard]] std::optional<vm::Account> account(const vm::Address& address, vm::BlockNumber number) const;
    [[nodiscard]] vm::u256 slot(const vm::Address& address, const vm::u256& key, vm::BlockNumber number) const;
    /// All that are not zero. Costs a seek for each that ever was.
    [[nodiscard]] std::map<vm::u256, vm::u256> slots(const vm::Address& address, vm::BlockNumber number) const;

  private:
    std::unique_ptr<KvIterator> it_;
};

/// The latest state as the writer sees it: the flat tables behind what it has read or written lately. One thread.
class CachedState final : public vm::StateView {
  public:
    CachedState(const KvReader& reader, CodeCache& codes) : reader_(reader), flat_(reader, codes) {}
    [[nodiscard]] std::optional<vm::Account> account(const vm::Address& address) const override;
    [[nodiscard]] vm::u256 storage(const vm::Address& address, const vm::u256& key) const override;
    [[nodiscard]] bool has_storage(const vm::Address& address) const override { return flat_.has_storage(address); }
    [[nodiscard]] vm::Code code(const vm::Hash& code_hash) const override { return flat_.code(code_hash); }
    [[nodiscard]] vm::Hash block_hash(vm::BlockNumber number) const override { return flat_.block_hash(number); }
    /// Reads the tables one after another, until all is there or the cache is full: many times faster than what is
    /// missing would be read value by value. While all is there, the store is not asked for what is not.
    void load();
    /// After `changes` have been written to the store.
    void apply(const vm::ChangeSet& changes);

  private:
    struct SlotKey {
        vm::Address address;
        vm::u256 key;
        friend bool operator==(const SlotKey&, const SlotKey&) = default;
    };
    struct SlotHasher {
        std::size_t operator()(const SlotKey& slot) const noexcept {
            return vm::AddressHasher{}(slot.address) * 31 + vm::U256Hasher{}(slot.key);
        }
    };
    void make_room() const;
    void forget() const;
    const KvReader& reader_;
    FlatState flat_;
    mutable bool complete_ = false;  ///< what is not here is not in the tables either
    mutable FlatMap<vm::Address, std::optional<vm::Account>, vm::AddressHasher> accounts_;
    mutable FlatMap<SlotKey, vm::u256, SlotHasher> slots_;
};

/// Adds to `batch` what block `number` did: latest values, history, codes. `reader` is the state before it.
void put_state(KvBatch& batch, const KvReader& reader, vm::BlockNumber number, const vm::ChangeSet& changes);

}  // namespace talea::node
