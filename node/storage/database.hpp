#pragma once
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "node/storage/chain_store.hpp"
#include "node/storage/deferred_store.hpp"
#include "node/storage/history.hpp"
#include "node/storage/holder_index.hpp"
#include "node/storage/leveldb_store.hpp"
#include "node/storage/state_store.hpp"
#include "node/storage/trie_store.hpp"

namespace talea::node {

enum class OpenError : std::uint8_t {
    in_use,         ///< another process holds the directory's lock
    foreign_chain,  ///< the directory belongs to another genesis
    wrong_format,   ///< written by a version this program does not know
    not_whole,      ///< what is asked needs every block, and some were forgotten
    unfinished,     ///< an index was being rebuilt when the process died
    missing,        ///< there is no database, and none was to be made
    io,             ///< the file system said no
};
[[nodiscard]] std::string_view to_string(OpenError error);
struct OpenFailure {
    OpenError what;
    std::string detail;  ///< what the edge adds: hashes, the system's words
};

/// The format of a data directory: raised with every change of keys or values that an older program could misread.
/// 2: blocks may be forgotten, 3: latest token balances stand in their history alone. An older directory opens as it
/// is, and has this format from the next block on, or when it forgets one.
inline constexpr std::uint64_t latest_format = 3;
void put_latest_format(KvBatch& batch);

/// What a command says that needs all blocks of a directory in which they begin with `first_whole`.
[[nodiscard]] OpenFailure not_whole(vm::BlockNumber first_whole);

/// A data directory: one chain's blocks, state, history and indexes. A block with all that belongs to it is part of one
/// synced batch, so after any crash it is there whole or not at all.
///
/// One thread writes (`commit`, and the views `state` and `trie`); any thread reads through `snapshot`.
class Database {
  public:
    /// Opens folder `path`; an empty one is given `genesis` as block 0. Rolls the trie forward from stored change sets.
    [[nodiscard]] static std::expected<std::unique_ptr<Database>, OpenFailure> open(const std::string& path,
                                                                                    const BlockRecord& genesis,
                                                                                    const LevelDbOptions& options = {});

    /// Makes `record` the head, durably. It must extend the head; `trie` is what update_state_trie made of its changes.
    void commit(const BlockRecord& record, vm::StateTrieUpdate trie);
    /// The same, durably with the next `commit` or `sync` only: for blocks that others have too. Snapshots do not show
    /// it until then.
    void commit_later(const BlockRecord& record, vm::StateTrieUpdate trie);
    void sync() { store_.flush(); }
    /// What is not durable yet.
    [[nodiscard]] std::size_t unsynced_bytes() const { return store_.waiting_bytes(); }

    /// Stores a recovery checkpoint (node/chain/checkpoints.hpp), durably; where its operator gave it, as one that
    /// consensus has not heard of.
    void store_checkpoint(vm::BlockNumber number, std::uint64_t instance, vm::BytesView encoded, bool by_operator);
    /// The instance of the last checkpoint so stored, once after it was stored: from then on, durably, consensus has
    /// heard of it. So an operator's word that old votes are void counts once, and not again after a later loss.
    [[nodiscard]] std::optional<std::uint64_t> take_new_checkpoint();

    [[nodiscard]] const vm::StateView& state() const { return state_; }
    [[nodiscard]] const vm::StateTrieNodes& trie() const { return trie_; }
    [[nodiscard]] vm::BlockNumber head() const { return head_; }
    [[nodiscard]] std::shared_ptr<const KvReader> snapshot() const { return store_.snapshot(); }
    [[nodiscard]] KvStore& store() { return store_; }
    /// Forgets old blocks, one step (node/storage/history.hpp). From one thread, which need not be the writer's.
    Forgotten forget_step(std::uint64_t days) { return node::forget_step(*snapshot(), store_.durable(), days); }
    /// Gives back the disk of what was forgotten. From that thread.
    void compact_forgotten(vm::BlockNumber first_whole) { node::compact_forgotten(store_.durable(), first_whole); }
    [[nodiscard]] CodeCache& codes() { return codes_; }

    /// Rebuilds the holder index; a crash in between is noticed at the next opening, which only this call then follows.
    static std::expected<std::uint64_t, OpenFailure> rebuild_holder_index(const std::string& path,
                                                                          const vm::Hash& genesis_hash);

  private:
    explicit Database(std::unique_ptr<KvStore> store);
    void write_genesis(const BlockRecord& genesis);
    void roll_trie_forward();
    using Write = void (DeferredStore::*)(const KvBatch&);
    void append(const BlockRecord& record, vm::StateTrieUpdate trie, Write write);

    DeferredStore store_;
    CodeCache codes_;
    CachedState state_;
    TrieStore trie_;
    HolderBalances balances_;
    KvBatch batch_;  ///< of the block in hand: its memory is used again
    std::uint64_t format_ = latest_format;
    vm::BlockNumber head_;
    vm::BlockNumber trie_written_;
};

/// The block after which the stored tries stand; the overlay of the writer is ahead of it.
[[nodiscard]] std::optional<vm::BlockNumber> stored_trie_block(const KvReader& reader);
void put_stored_trie_block(KvBatch& batch, vm::BlockNumber number);

}  // namespace talea::node
