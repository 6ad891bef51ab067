#include "node/storage/holder_index.hpp"

#include <map>

#include "node/storage/keys.hpp"
#include "vm/base/hex.hpp"

namespace talea::node {
namespace {

/// keccak("Transfer(address,address,uint256)").
const vm::Hash& transfer_topic() {
    static const vm::Hash topic =
        *vm::hash_from_hex("0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
    return topic;
}

vm::Address address_of_topic(const vm::Hash& topic) {
    return vm::to_address(vm::to_u256(topic));
}

constexpr std::size_t rebuild_batch_bytes = 4 * 1024 * 1024;

}  // namespace

void put_holders(KvBatch& batch, const KvReader& reader, vm::BlockNumber number,
                 std::span<const StoredReceipt> receipts) {
    std::map<std::pair<vm::Address, vm::Address>, vm::u256> balances;
    const auto balance = [&](const vm::Address& token, const vm::Address& holder) -> vm::u256& {
        const auto [entry, is_new] = balances.try_emplace({token, holder});
        std::string value;
        if (is_new && reader.get(Key(Table::token_balance).add(token).add(holder), value))
            entry->second = decode_word(bytes_of(value));
        return entry->second;
    };
    for (const auto& stored : receipts)
        for (const auto& log : stored.receipt.logs) {
            if (log.topics.size() != 3 || log.topics[0] != transfer_topic() || log.data.size() != 32) continue;
            const auto from = address_of_topic(log.topics[1]);
            const auto to = address_of_topic(log.topics[2]);
            const auto amount = vm::u256::from_be_bytes(log.data);
            if (!from.is_zero()) {
                auto& held = balance(log.address, from);
                held = held > amount ? held - amount : vm::u256{};
            }
            if (!to.is_zero()) {
                auto& held = balance(log.address, to);
                held = vm::checked_add(held, amount).value_or(vm::u256::max());
            }
        }
    for (const auto& [who, held] : balances) {
        const auto word = encode_word(held);
        batch.put(Key(Table::token_balance).add(who.first).add(who.second), word);
        batch.put(Key(Table::token_history).add(who.first).add(who.second).down(number), word);
    }
}

std::vector<Holding> holders(const KvReader& reader, const vm::Address& token, vm::BlockNumber at,
                             const vm::Address& after, std::size_t limit) {
    std::vector<Holding> found;
    const auto prefix = Key(Table::token_history).add(token);
    const auto it = reader.iterate();
    it->seek(Key(prefix).add(after).add(~std::uint64_t{0}).add(std::uint64_t{0}));  // past all entries of `after`
    while (found.size() < limit && it->valid() && starts_with(it->key(), prefix)) {
        vm::Address holder;
        std::memcpy(holder.bytes.data(), it->key().data() + 1 + 20, 20);
        const auto entries = Key(prefix).add(holder);
        it->seek(Key(entries).down(at));
        if (it->valid() && starts_with(it->key(), entries)) {
            const auto held = decode_word(it->value());
            if (!held.is_zero()) found.push_back({holder, held});
        }
        it->seek(Key(entries).add(~std::uint64_t{0}).add(std::uint64_t{0}));
    }
    return found;
}

std::uint64_t rebuild_holders(KvStore& store) {
    KvBatch batch;
    const auto flush = [&] {
        store.write(batch);
        batch.clear();
    };
    for (const auto table : {Table::token_balance, Table::token_history}) {
        const auto prefix = Key(table);
        const auto it = store.iterate();
        for (it->seek(prefix); it->valid() && starts_with(it->key(), prefix); it->next()) {
            batch.erase(it->key());
            if (batch.bytes() > rebuild_batch_bytes) flush();
        }
    }
    flush();
    const ChainReader chain(store);
    const auto head = chain.head();
    if (!head) return 0;
    for (vm::BlockNumber number{0}; number <= *head; number = next(number)) {
        // One batch a block: the next one reads the balances this one wrote.
        const auto transactions = chain.transactions(number);
        put_holders(batch, store, number, chain.receipts(number, transactions));
        if (!batch.empty()) flush();
    }
    return head->value + 1;
}

}  // namespace talea::node
