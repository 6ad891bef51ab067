#include "node/storage/holder_index.hpp"

#include <algorithm>

#include "node/base/limits.hpp"
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

vm::u256 HolderBalances::balance(const Place& place) {
    if (const auto* known = latest_.find(place)) return *known;
    // LevelDB knows keys that are not there by its filters; a walk would cost the events of a hostile contract, each of
    // another holder, a block of every level.
    std::string anything;
    if (!reader_.get(Key(Table::token_holder).add(place.token).add(place.holder), anything)) {
        first_seen_.push_back(place);
        return {};
    }
    const auto prefix = Key(Table::token_history).add(place.token).add(place.holder);
    const auto it = reader_.iterate();
    it->seek(prefix);  // the newest is the first
    if (!it->valid() || !starts_with(it->key(), prefix)) damaged("the holder index");
    return decode_word(it->value());
}

void HolderBalances::add(KvBatch& batch, vm::BlockNumber number, std::span<const StoredReceipt> receipts) {
    std::vector<Place> changed;
    const auto put = [&](const Place& place, const vm::u256& held) {
        latest_.put(place, held);
        changed.push_back(place);
    };
    for (const auto& stored : receipts)
        for (const auto& log : stored.receipt.logs) {
            if (log.topics.size() != 3 || log.topics[0] != transfer_topic() || log.data.size() != 32) continue;
            const Place from{log.address, address_of_topic(log.topics[1])};
            const Place to{log.address, address_of_topic(log.topics[2])};
            const auto amount = vm::u256::from_be_bytes(log.data);
            if (!from.holder.is_zero()) {
                const auto held = balance(from);
                put(from, held > amount ? held - amount : vm::u256{});
            }
            if (!to.holder.is_zero()) put(to, vm::checked_add(balance(to), amount).value_or(vm::u256::max()));
        }
    for (const auto& place : first_seen_) batch.put(Key(Table::token_holder).add(place.token).add(place.holder), {});
    first_seen_.clear();
    std::ranges::sort(changed);
    const auto repeated = std::ranges::unique(changed);
    changed.erase(repeated.begin(), repeated.end());
    for (const auto& place : changed)
        batch.put(Key(Table::token_history).add(place.token).add(place.holder).down(number),
                  encode_word(*latest_.find(place)));
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
    for (const auto table : {Table::token_holder, Table::token_history}) {
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
    HolderBalances balances(store);
    for (vm::BlockNumber number{0}; number <= *head; number = next(number)) {
        const auto transactions = chain.transactions(number);
        balances.add(batch, number, chain.receipts(number, transactions));
        if (batch.bytes() > rebuild_batch_bytes || balances.size() >= limits::holder_balances_max) flush();
        if (balances.size() >= limits::holder_balances_max) balances.clear();
    }
    flush();
    return head->value + 1;
}

}  // namespace talea::node
