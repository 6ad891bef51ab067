#pragma once
#include <array>

#include "vm/base/bytes.hpp"
#include "vm/base/check.hpp"
#include "vm/base/numbers.hpp"
#include "vm/base/u256.hpp"

namespace talea::node {

/// The first byte of every key in the database. Values are for ever: they are the format.
enum class Table : std::uint8_t {
    meta = 'M',               ///< name -> value
    header = 'h',             ///< number -> header
    hash_of_number = 'n',     ///< number -> block hash
    number_of_hash = 'H',     ///< block hash -> number
    body = 'b',               ///< number -> transactions
    receipts = 'r',           ///< number -> receipts with sender and created address
    certificate = 'c',        ///< number -> certificate
    transaction = 't',        ///< transaction hash -> number, index
    log_blocks = 'l',         ///< address, number -> "": the block has logs of the address
    account = 'A',            ///< address -> account, latest
    slot = 'S',               ///< address, key -> value, latest; absent = 0
    account_history = 'a',    ///< address, inverted number -> account after that block; empty = gone
    slot_history = 's',       ///< address, key, inverted number -> value after that block; empty = 0
    code = 'C',               ///< code hash -> code
    account_trie = 'T',       ///< path -> node
    storage_trie = 'U',       ///< keccak of address, path -> node
    changes = 'g',            ///< number -> change set: of blocks after the stored trie, and for proofs of past blocks
    local_transaction = 'p',  ///< transaction hash -> transaction of a client of this node that waits for a block
    checkpoint = 'R',         ///< number, instance -> recovery checkpoint
    token_history = 'K',      ///< token, holder, inverted number -> balance by Transfer events after that block
    token_holder = 'k',  ///< token, holder -> anything: there is such a history (up to format 2 its newest balance)
};

/// A key of the database, composed in place. Numbers are big-endian, so that order of bytes is order of numbers;
/// `down` writes the complement, so that the newest comes first and seeking (…, down(n)) finds the newest at or
/// below n.
class Key {
  public:
    explicit Key(Table table) { push(static_cast<std::uint8_t>(table)); }
    Key& add(vm::BytesView bytes) {
        vm::check(size_ + bytes.size() <= bytes_.size(), "a key fits its space");
        if (!bytes.empty()) std::memcpy(bytes_.data() + size_, bytes.data(), bytes.size());
        size_ += bytes.size();
        return *this;
    }
    Key& add(const vm::Address& address) { return add(vm::view(address)); }
    Key& add(const vm::Hash& hash) { return add(vm::view(hash)); }
    Key& add(const vm::u256& word) { return add(vm::BytesView(word.to_be_bytes())); }
    Key& add(std::uint64_t number) {
        std::array<std::uint8_t, 8> bytes;
        for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
        return add(vm::BytesView(bytes));
    }
    Key& add(vm::BlockNumber number) { return add(number.value); }
    Key& down(vm::BlockNumber number) { return add(~number.value); }

    [[nodiscard]] vm::BytesView view() const { return {bytes_.data(), size_}; }
    // NOLINTNEXTLINE(google-explicit-constructor): a key is used as the bytes it is
    operator vm::BytesView() const { return view(); }

  private:
    void push(std::uint8_t byte) { bytes_[size_++] = byte; }
    std::array<std::uint8_t, 112> bytes_;
    std::size_t size_ = 0;
};

[[nodiscard]] inline std::uint64_t read_be64(vm::BytesView bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i) value = value << 8 | bytes[i];
    return value;
}

[[nodiscard]] inline bool starts_with(vm::BytesView key, vm::BytesView prefix) {
    return key.size() >= prefix.size() && vm::equal(key.first(prefix.size()), prefix);
}

}  // namespace talea::node
