#include "node/rpc/log_filter.hpp"

#include <algorithm>
#include <set>

#include "node/base/limits.hpp"

namespace talea::node {
namespace {

RpcError too_much(std::string message) {
    return {RpcCode::limit_exceeded, std::move(message), {}};
}

/// One value or a list of them; null: none.
template <class T, class Read>
RpcResult<std::vector<T>> read_some(const Json* json, Read read, std::string_view what, std::size_t most) {
    std::vector<T> values;
    if (json == nullptr || json->is_null()) return values;
    const auto items = json->is_array() ? std::span<const Json>(json->items) : std::span<const Json>(json, 1);
    if (items.size() > most)
        return invalid_params("at most " + std::to_string(most) + " values for " + std::string(what));
    for (const auto& item : items) {
        const auto value = read(item, what);
        if (!value) return std::unexpected(value.error());
        values.push_back(*value);
    }
    return values;
}

RpcResult<vm::BlockNumber> read_end(const Json* json, const Head& head) {
    // A range may end beyond the chain; what is there is answered.
    if (json != nullptr && json->is_string() && json->text.starts_with("0x")) {
        const auto number = read_u64(*json, "the block range");
        if (!number) return std::unexpected(number.error());
        return vm::BlockNumber{*number};
    }
    const auto block = read_block(json, head);
    if (!block) return std::unexpected(block.error());
    return block->number;
}

bool may_match(const LogFilter& filter, const vm::Bloom& bloom) {
    const auto any = [&](const auto& values) {
        return values.empty() ||
               std::ranges::any_of(values, [&](const auto& value) { return bloom.may_contain(vm::view(value)); });
    };
    return any(filter.addresses) && std::ranges::all_of(filter.topics, any);
}

bool matches(const LogFilter& filter, const vm::Log& log) {
    if (!filter.addresses.empty() && std::ranges::find(filter.addresses, log.address) == filter.addresses.end())
        return false;
    if (filter.topics.size() > log.topics.size()) return false;
    for (std::size_t i = 0; i < filter.topics.size(); ++i)
        if (!filter.topics[i].empty() && std::ranges::find(filter.topics[i], log.topics[i]) == filter.topics[i].end())
            return false;
    return true;
}

/// Blocks that may hold logs of the filter, ascending.
RpcResult<std::vector<vm::BlockNumber>> blocks_to_read(const LogFilter& filter, const BlockRange& range,
                                                       const Head& head) {
    std::set<vm::BlockNumber> numbers;
    if (filter.addresses.empty()) {
        if (range.to.value - range.from.value >= limits::logs_scan_blocks_max)
            return std::unexpected(too_much("without an address a range holds at most " +
                                            std::to_string(limits::logs_scan_blocks_max) + " blocks"));
        for (auto number = range.from; number <= range.to; number = next(number)) numbers.insert(number);
    }
    for (const auto& address : filter.addresses) {
        const auto some = head.blocks().blocks_with_logs(address, range.from, range.to, limits::logs_results_max + 1);
        if (some.size() > limits::logs_results_max)
            return std::unexpected(too_much("too many blocks hold logs of this address; ask for a smaller range"));
        numbers.insert(some.begin(), some.end());
    }
    return std::vector<vm::BlockNumber>(numbers.begin(), numbers.end());
}

/// The matching logs of one block.
RpcResult<void> visit_block(const Head& head, const LogFilter& filter, vm::BlockNumber number,
                            const std::function<RpcResult<void>(const FoundLog&)>& visit) {
    const auto header = head.blocks().header(number);
    if (!header) damaged("a header");
    if (!may_match(filter, header->bloom)) return {};
    const auto blocks = head.blocks();
    const auto hash = blocks.hash(number).value_or(vm::Hash{});
    const auto transactions = blocks.transactions(number);
    const auto receipts = blocks.receipts(number, transactions);
    std::uint64_t index = 0;
    for (std::size_t i = 0; i < receipts.size(); ++i) {
        std::optional<vm::Hash> tx_hash;
        for (const auto& log : receipts[i].receipt.logs) {
            const auto log_index = index++;
            if (!matches(filter, log)) continue;
            if (!tx_hash) tx_hash = vm::transaction_hash(transactions[i]);
            if (auto done = visit({log, *tx_hash, {*header, hash, i}, log_index}); !done) return done;
        }
    }
    return {};
}

}  // namespace

RpcResult<LogFilter> read_log_filter(const Json& json) {
    if (!json.is_object()) return invalid_params("the filter must be an object");
    LogFilter filter;
    auto addresses = read_some<vm::Address>(json.find("address"), read_address, "address", limits::logs_addresses_max);
    if (!addresses) return std::unexpected(addresses.error());
    filter.addresses = std::move(*addresses);
    if (const auto* topics = json.find_present("topics")) {
        if (!topics->is_array() || topics->items.size() > 4)
            return invalid_params("topics must be a list of at most 4");
        for (const auto& position : topics->items) {
            auto some = read_some<vm::Hash>(&position, read_hash, "a topic", limits::logs_topics_max);
            if (!some) return std::unexpected(some.error());
            filter.topics.push_back(std::move(*some));
        }
    }
    return filter;
}

RpcResult<BlockRange> read_block_range(const Json& json, const Head& head) {
    if (!json.is_object()) return invalid_params("the filter must be an object");
    const auto* hash_json = json.find_present("blockHash");
    const auto* from_json = json.find_present("fromBlock");
    const auto* to_json = json.find_present("toBlock");
    if (hash_json != nullptr) {
        if (from_json != nullptr || to_json != nullptr)
            return invalid_params("a filter has either blockHash or fromBlock and toBlock");
        const auto hash = read_hash(*hash_json, "blockHash");
        if (!hash) return std::unexpected(hash.error());
        const auto number = head.blocks().number(*hash);
        if (!number) return std::unexpected(RpcError{RpcCode::not_found, "there is no such block", {}});
        return BlockRange{*number, *number};
    }
    const auto from = read_end(from_json, head);
    if (!from) return std::unexpected(from.error());
    const auto to = read_end(to_json, head);
    if (!to) return std::unexpected(to.error());
    if (*from > *to && (from_json != nullptr && to_json != nullptr))
        return invalid_params("fromBlock is after toBlock");
    return BlockRange{*from, *to};
}

RpcResult<void> find_logs(const Head& head, const LogFilter& filter, const BlockRange& wanted,
                          const std::function<RpcResult<void>(const FoundLog&)>& visit) {
    const BlockRange range{wanted.from, std::min(wanted.to, head.number())};
    if (range.from > range.to) return {};
    // Half of what was asked for would be taken for all of it. Genesis has no logs.
    if (range.to.value > 0)
        if (auto whole = check_whole(head, std::max(range.from, vm::BlockNumber{1})); !whole) return whole;
    const auto numbers = blocks_to_read(filter, range, head);
    if (!numbers) return std::unexpected(numbers.error());
    std::size_t found = 0;
    for (const auto number : *numbers) {
        auto done = visit_block(head, filter, number, [&](const FoundLog& log) -> RpcResult<void> {
            if (++found > limits::logs_results_max)
                return std::unexpected(too_much("more than " + std::to_string(limits::logs_results_max) +
                                                " logs match; ask for a smaller range"));
            return visit(log);
        });
        if (!done) return done;
    }
    return {};
}

void visit_logs(const Head& head, const LogFilter& filter, vm::BlockNumber number,
                const std::function<void(const FoundLog&)>& visit) {
    const auto never_ends = [&](const FoundLog& found) -> RpcResult<void> {
        visit(found);
        return {};
    };
    (void)visit_block(head, filter, number, never_ends);
}

RpcResult<void> write_logs(const Head& head, const LogFilter& filter, const BlockRange& range, JsonWriter& out) {
    out.array_begin();
    auto done = find_logs(head, filter, range, [&](const FoundLog& found) -> RpcResult<void> {
        render_log(out, found.log, found.transaction, found.place, found.index);
        if (out.size() > limits::rpc_response_bytes_max)
            return std::unexpected(too_much("these logs are too large for one answer; ask for a smaller range"));
        return {};
    });
    out.array_end();
    return done;
}

}  // namespace talea::node
