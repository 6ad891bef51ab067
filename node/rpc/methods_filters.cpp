#include <algorithm>

#include "node/base/limits.hpp"
#include "node/rpc/dispatcher.hpp"
#include "vm/base/hex.hpp"

/// Filters for clients that poll: eth_newFilter, eth_newBlockFilter, eth_newPendingTransactionFilter,
/// eth_getFilterChanges, eth_getFilterLogs, eth_uninstallFilter.
namespace talea::node {
namespace {

RpcResult<void> add(Api& api, PolledFilter filter, JsonWriter& out) {
    filter.next_block = next(api.chain.head()->number());
    filter.next_arrival = api.chain.arrivals().end();
    const auto id = api.shared.filters.add(std::move(filter), Chain::monotonic_now());
    if (!id)
        return std::unexpected(RpcError{RpcCode::limit_exceeded,
                                        "this node holds " + std::to_string(limits::filters_max) +
                                            " filters already; eth_uninstallFilter ends one, or ask eth_getLogs",
                                        {}});
    out.string(vm::to_quantity(*id));
    return {};
}

RpcResult<std::optional<vm::BlockNumber>> read_fixed_end(const Json* json, const Head& head) {
    if (json == nullptr || (json->is_string() && (json->text == "latest" || json->text == "pending")))
        return std::nullopt;
    if (json->is_string() && json->text.starts_with("0x")) {
        const auto number = read_u64(*json, "the block range");
        if (!number) return std::unexpected(number.error());
        return vm::BlockNumber{*number};
    }
    const auto block = read_block(json, head);
    if (!block) return std::unexpected(block.error());
    return block->number;
}

RpcResult<void> new_filter(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto json = required_param(params, 0, "the filter");
    if (!json) return std::unexpected(json.error());
    auto logs = read_log_filter(**json);
    if (!logs) return std::unexpected(logs.error());
    if ((*json)->find_present("blockHash") != nullptr)
        return invalid_params("a filter follows the chain; for the logs of one blockHash ask eth_getLogs");
    const auto head = api.chain.head();
    const auto from = read_fixed_end((*json)->find_present("fromBlock"), *head);
    if (!from) return std::unexpected(from.error());
    const auto to = read_fixed_end((*json)->find_present("toBlock"), *head);
    if (!to) return std::unexpected(to.error());
    if (*from && *to && **from > **to) return invalid_params("fromBlock is after toBlock");
    PolledFilter filter;
    filter.kind = PolledFilter::Kind::logs;
    filter.logs = std::move(*logs);
    filter.from = *from;
    filter.to = *to;
    return add(api, std::move(filter), out);
}

RpcResult<void> new_block_filter(Api& api, std::span<const Json>, JsonWriter& out) {
    return add(api, {}, out);
}

RpcResult<void> new_pending_filter(Api& api, std::span<const Json>, JsonWriter& out) {
    PolledFilter filter;
    filter.kind = PolledFilter::Kind::transactions;
    return add(api, std::move(filter), out);
}

RpcResult<std::uint64_t> read_id(std::span<const Json> params) {
    const auto json = required_param(params, 0, "the filter's identifier");
    if (!json) return std::unexpected(json.error());
    return read_u64(**json, "the filter's identifier");
}

struct Found {
    std::uint64_t id = 0;
    PolledFilter filter;
};
RpcResult<Found> find(Api& api, std::span<const Json> params) {
    const auto id = read_id(params);
    if (!id) return std::unexpected(id.error());
    auto filter = api.shared.filters.find(*id, Chain::monotonic_now());
    if (!filter)
        return std::unexpected(RpcError{RpcCode::server_error,
                                        "filter not found: there is none of this identifier; one that is not asked "
                                        "for " +
                                            std::to_string(limits::filter_idle_max.count()) +
                                            " minutes ends, make a new one",
                                        {}});
    return Found{*id, std::move(*filter)};
}

/// Hashes of blocks, hashes of transactions, or logs, since the last time it was asked.
RpcResult<void> changes(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto found = find(api, params);
    if (!found) return std::unexpected(found.error());
    const auto& filter = found->filter;
    auto after = filter;
    const auto head = api.chain.head();
    const auto before = out.mark();
    if (filter.kind == PolledFilter::Kind::transactions) {
        after.next_arrival = api.chain.arrivals().end();
        out.array_begin();
        for (const auto& hash : api.chain.arrivals().since(filter.next_arrival, after.next_arrival))
            out.string(vm::to_hex(hash));
        out.array_end();
    } else {
        const vm::BlockNumber last{
            std::min(head->number().value, filter.next_block.value + limits::filter_blocks_max - 1)};
        after.next_block = std::max(filter.next_block, next(last));
        if (filter.kind == PolledFilter::Kind::blocks) {
            out.array_begin();
            for (auto number = filter.next_block; number <= last; number = next(number))
                out.string(vm::to_hex(head->blocks().hash(number).value_or(vm::Hash{})));
            out.array_end();
        } else {
            const BlockRange range{std::max(filter.next_block, filter.from.value_or(vm::BlockNumber{})),
                                   std::min(last, filter.to.value_or(last))};
            if (auto done = write_logs(*head, filter.logs, range, out); !done) return done;
        }
    }
    if (!api.shared.filters.told(found->id, filter, after)) {
        out.rewind(before);
        out.array_begin();
        out.array_end();
    }
    return {};
}

/// All logs of the filter's range, as eth_getLogs gives them.
RpcResult<void> all_logs(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto found = find(api, params);
    if (!found) return std::unexpected(found.error());
    if (found->filter.kind != PolledFilter::Kind::logs)
        return invalid_params("this filter is not of logs; ask eth_getFilterChanges");
    const auto head = api.chain.head();
    const BlockRange range{found->filter.from.value_or(head->number()), found->filter.to.value_or(head->number())};
    return write_logs(*head, found->filter.logs, range, out);
}

RpcResult<void> uninstall(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto id = read_id(params);
    if (!id) return std::unexpected(id.error());
    out.boolean(api.shared.filters.remove(*id));
    return {};
}

}  // namespace

void add_filter_methods(MethodTable& table) {
    table["eth_newFilter"] = {1, new_filter};
    table["eth_newBlockFilter"] = {0, new_block_filter};
    table["eth_newPendingTransactionFilter"] = {1, new_pending_filter};
    table["eth_getFilterChanges"] = {1, changes};
    table["eth_getFilterLogs"] = {1, all_logs, true};
    table["eth_uninstallFilter"] = {1, uninstall};
}

}  // namespace talea::node
