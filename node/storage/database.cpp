#include "node/storage/database.hpp"

#include "node/base/limits.hpp"
#include "node/storage/keys.hpp"
#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::node {
namespace {

Key meta(std::string_view name) {
    return Key(Table::meta).add(bytes_of(name));
}

vm::Bytes number_value(std::uint64_t number) {
    vm::Bytes out(8);
    for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
    return out;
}

std::optional<std::uint64_t> read_number(const KvReader& reader, std::string_view name) {
    std::string value;
    if (!reader.get(meta(name), value)) return std::nullopt;
    if (value.size() != 8) damaged(name);
    return read_be64(bytes_of(value));
}

std::expected<std::unique_ptr<KvStore>, OpenFailure> open_store(const std::string& path,
                                                                const LevelDbOptions& options) {
    auto store = open_leveldb(path, options);
    if (store) return std::move(*store);
    const auto& words = store.error();
    if (words.find("lock") != std::string::npos) return std::unexpected(OpenFailure{OpenError::in_use, words});
    if (words.find("does not exist") != std::string::npos)
        return std::unexpected(OpenFailure{OpenError::missing, words});
    return std::unexpected(OpenFailure{OpenError::io, words});
}

std::expected<void, OpenFailure> check_format(const KvReader& reader, std::uint64_t version,
                                              const vm::Hash& genesis_hash) {
    if (version == 0 || version > latest_format)
        return std::unexpected(OpenFailure{OpenError::wrong_format, "format " + std::to_string(version) +
                                                                        ", this program knows formats 1 to " +
                                                                        std::to_string(latest_format)});
    std::string stored;
    if (!reader.get(meta("genesis"), stored) || !vm::equal(bytes_of(stored), vm::view(genesis_hash)))
        return std::unexpected(OpenFailure{
            OpenError::foreign_chain,
            "its genesis is " + vm::to_hex(bytes_of(stored)) + ", the given one " + vm::to_hex(genesis_hash)});
    return {};
}

}  // namespace

std::string_view to_string(OpenError error) {
    switch (error) {
        case OpenError::in_use:
            return "another process uses this data directory";
        case OpenError::foreign_chain:
            return "this data directory belongs to another chain";
        case OpenError::wrong_format:
            return "this data directory was written by another version of talead";
        case OpenError::not_whole:
            return "this needs every block, and here some were forgotten";
        case OpenError::unfinished:
            return "rebuilding the holder index was interrupted; run `talead index` again";
        case OpenError::missing:
            return "there is no chain in this data directory";
        case OpenError::io:
            return "the data directory cannot be opened";
    }
    return "";
}

Database::Database(std::unique_ptr<KvStore> store)
    : store_(std::move(store)), state_(store_, codes_), trie_(store_), balances_(store_.durable()) {}

std::expected<std::unique_ptr<Database>, OpenFailure> Database::open(const std::string& path,
                                                                     const BlockRecord& genesis,
                                                                     const LevelDbOptions& options) {
    auto store = open_store(path, options);
    if (!store) return std::unexpected(store.error());
    std::unique_ptr<Database> database(new Database(std::move(*store)));
    if (const auto version = read_number(database->store_, "format")) {
        if (auto fits = check_format(database->store_, *version, genesis.hash); !fits)
            return std::unexpected(fits.error());
        database->format_ = *version;
        if (read_number(database->store_, "rebuilding")) return std::unexpected(OpenFailure{OpenError::unfinished, {}});
    } else {
        database->write_genesis(genesis);
    }
    database->head_ = ChainReader(database->store_).head().value_or(vm::BlockNumber{});
    database->roll_trie_forward();
    database->state_.load();
    return database;
}

void put_latest_format(KvBatch& batch) {
    batch.put(meta("format"), number_value(latest_format));
}

OpenFailure not_whole(vm::BlockNumber first_whole) {
    return {OpenError::not_whole, "its node ran with a history of some days and keeps blocks from " +
                                      std::to_string(first_whole.value) +
                                      " on; use the directory, or a backup, of a node whose history is all"};
}

std::optional<vm::BlockNumber> stored_trie_block(const KvReader& reader) {
    const auto number = read_number(reader, "trie");
    return number ? std::optional(vm::BlockNumber{*number}) : std::nullopt;
}

void put_stored_trie_block(KvBatch& batch, vm::BlockNumber number) {
    batch.put(meta("trie"), number_value(number.value));
}

void Database::store_checkpoint(vm::BlockNumber number, std::uint64_t instance, vm::BytesView encoded,
                                bool by_operator) {
    KvBatch batch;
    batch.put(Key(Table::checkpoint).add(number).add(instance), encoded);
    if (by_operator) batch.put(meta("new checkpoint"), number_value(instance));
    store_.write(batch);
}

std::optional<std::uint64_t> Database::take_new_checkpoint() {
    const auto instance = read_number(store_, "new checkpoint");
    if (!instance) return std::nullopt;
    KvBatch batch;
    batch.erase(meta("new checkpoint"));
    store_.write(batch);
    return instance;
}

void Database::write_genesis(const BlockRecord& genesis) {
    auto trie = vm::update_state_trie(trie_, genesis.changes);
    vm::check(trie.root == genesis.block.header.state_root, "the genesis header holds the root of its state");
    trie_.apply(std::move(trie));
    KvBatch batch;
    put_block(batch, genesis);
    put_state(batch, store_, genesis.block.header.number, genesis.changes);
    trie_.put(batch);
    put_stored_trie_block(batch, {});
    batch.put(meta("genesis"), vm::view(genesis.hash));
    put_latest_format(batch);
    store_.write(batch);
    trie_.written();
}

void Database::roll_trie_forward() {
    const auto written = stored_trie_block(store_);
    if (!written || *written > head_) damaged("the trie's position");
    trie_written_ = *written;
    const ChainReader chain(store_);
    for (auto number = next(trie_written_); number <= head_; number = next(number)) {
        std::string changes;
        const auto header = chain.header(number);
        if (!header || !store_.get(Key(Table::changes).add(number), changes)) damaged("a block's change set");
        auto update = vm::update_state_trie(trie_, decode_changes(bytes_of(changes)));
        if (update.root != header->state_root) damaged("the trie of a block");
        trie_.apply(std::move(update));
    }
}

void Database::commit(const BlockRecord& record, vm::StateTrieUpdate trie) {
    append(record, std::move(trie), &DeferredStore::write);
}

void Database::commit_later(const BlockRecord& record, vm::StateTrieUpdate trie) {
    append(record, std::move(trie), &DeferredStore::write_later);
}

void Database::append(const BlockRecord& record, vm::StateTrieUpdate trie, Write write) {
    const auto number = record.block.header.number;
    vm::check(number == next(head_), "a block extends the head by one");
    vm::check(trie.root == record.block.header.state_root, "a committed block holds the root of its state");
    trie_.apply(std::move(trie));
    put_block(batch_, record);
    put_state(batch_, store_, number, record.changes);
    // What waits in memory is not yet where they are read.
    if (balances_.size() >= limits::holder_balances_max) {
        store_.flush();
        balances_.clear();
    }
    balances_.add(batch_, number, record.receipts);
    if (format_ != latest_format) put_latest_format(batch_);
    batch_.put(Key(Table::changes).add(number), encode_changes(record.changes));
    const bool writes_trie = number.value - trie_written_.value >= limits::trie_lag_blocks_max ||
                             trie_.overlay_bytes() >= limits::trie_overlay_bytes_max;
    if (writes_trie) {
        trie_.put(batch_);
        put_stored_trie_block(batch_, number);
        const auto kept_from = [](vm::BlockNumber head) {
            return head.value > limits::proof_blocks_max ? head.value - limits::proof_blocks_max : 0;
        };
        for (auto past = kept_from(trie_written_); past < kept_from(number); ++past)
            batch_.erase(Key(Table::changes).add(past));
    }
    (store_.*write)(batch_);
    batch_.clear();
    head_ = number;
    format_ = latest_format;
    state_.apply(record.changes);
    if (writes_trie) {
        trie_.written();
        trie_written_ = number;
    }
}

std::expected<std::uint64_t, OpenFailure> Database::rebuild_holder_index(const std::string& path,
                                                                         const vm::Hash& genesis_hash) {
    auto store = open_store(path, database_that_exists());
    if (!store) return std::unexpected(store.error());
    const auto version = read_number(**store, "format");
    if (!version) return std::unexpected(OpenFailure{OpenError::missing, {}});
    if (auto fits = check_format(**store, *version, genesis_hash); !fits) return std::unexpected(fits.error());
    if (const auto first = ChainReader(**store).first_whole(); first.value > 0)
        return std::unexpected(not_whole(first));
    KvBatch batch;
    batch.put(meta("rebuilding"), number_value(1));
    put_latest_format(batch);
    (*store)->write(batch);
    const auto blocks = rebuild_holders(**store);
    batch.clear();
    batch.erase(meta("rebuilding"));
    (*store)->write(batch);
    return blocks;
}

}  // namespace talea::node
