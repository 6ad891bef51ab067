#include "node/storage/history.hpp"

#include <algorithm>

#include "node/base/limits.hpp"
#include "node/storage/chain_store.hpp"
#include "node/storage/database.hpp"
#include "node/storage/keys.hpp"

namespace talea::node {
namespace {

constexpr std::uint64_t seconds_a_day = 86'400;

vm::Header stored_header(const ChainReader& blocks, vm::BlockNumber number) {
    auto header = blocks.header(number);
    if (!header) damaged("a header");
    return std::move(*header);
}

}  // namespace

Forgotten forget_step(const KvReader& reader, KvStore& store, std::uint64_t days) {
    const ChainReader blocks(reader);
    const auto head = blocks.head().value_or(vm::BlockNumber{});
    Forgotten forgotten{.first_whole = blocks.first_whole()};
    if (head.value < limits::history_blocks_min) return forgotten;
    const auto now = stored_header(blocks, head).timestamp.seconds;
    const auto span = days * seconds_a_day;  // days are bounded (limits::history_days_max)
    const auto first = std::max<std::uint64_t>(forgotten.first_whole.value, 1);
    const auto end = std::min(first + limits::forget_blocks_max, head.value - limits::history_blocks_min + 1);
    KvBatch batch;
    auto number = first;
    for (; number < end && forgotten.bytes < limits::forget_bytes_max; ++number) {
        if (stored_header(blocks, {number}).timestamp.seconds + span >= now) break;
        forgotten.bytes += erase_body(batch, reader, {number});
    }
    if (number == first) return forgotten;
    forgotten.blocks = number - first;
    forgotten.first_whole = {number};
    put_first_whole(batch, forgotten.first_whole);
    put_latest_format(batch);
    store.write(batch);
    return forgotten;
}

void compact_forgotten(KvStore& store, vm::BlockNumber first_whole) {
    for (const auto table : {Table::body, Table::receipts})
        store.compact(Key(table).add(std::uint64_t{1}), Key(table).add(first_whole));
}

}  // namespace talea::node
