#include <algorithm>
#include <set>

#include "node/base/limits.hpp"
#include "node/rpc/dispatcher.hpp"
#include "node/rpc/params.hpp"
#include "node/rpc/render.hpp"

/// eth_getLogs: by address through the index of blocks, else block by block through their blooms.
namespace talea::node {
namespace {

struct Filter {
    vm::BlockNumber from, to;
    std::vector<vm::Address> addresses;         ///< none: any
    std::vector<std::vector<vm::Hash>> topics;  ///< by position; none: any
};

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

RpcResult<Filter> read_filter(const Json& json, const Head& head) {
    if (!json.is_object()) return invalid_params("the filter must be an object");
    Filter filter;
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
        filter.from = filter.to = *number;
    } else {
        const auto from = read_end(from_json, head);
        if (!from) return std::unexpected(from.error());
        const auto to = read_end(to_json, head);
        if (!to) return std::unexpected(to.error());
        if (*from > *to && (from_json != nullptr && to_json != nullptr))
            return invalid_params("fromBlock is after toBlock");
        filter.from = *from;
        filter.to = std::min(*to, head.number());
    }
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

bool may_match(const Filter& filter, const vm::Bloom& bloom) {
    const auto any = [&](const auto& values) {
        return values.empty() ||
               std::ranges::any_of(values, [&](const auto& value) { return bloom.may_contain(vm::view(value)); });
    };
    return any(filter.addresses) && std::ranges::all_of(filter.topics, any);
}

bool matches(const Filter& filter, const vm::Log& log) {
    if (!filter.addresses.empty() && std::ranges::find(filter.addresses, log.address) == filter.addresses.end())
        return false;
    if (filter.topics.size() > log.topics.size()) return false;
    for (std::size_t i = 0; i < filter.topics.size(); ++i)
        if (!filter.topics[i].empty() && std::ranges::find(filter.topics[i], log.topics[i]) == filter.topics[i].end())
            return false;
    return true;
}

/// Blocks that may hold logs of the filter, ascending.
RpcResult<std::vector<vm::BlockNumber>> blocks_to_read(const Filter& filter, const Head& head) {
    std::set<vm::BlockNumber> numbers;
    if (filter.addresses.empty()) {
        if (filter.to.value - filter.from.value >= limits::logs_scan_blocks_max)
            return std::unexpected(too_much("without an address a range holds at most " +
                                            std::to_string(limits::logs_scan_blocks_max) + " blocks"));
        for (auto number = filter.from; number <= filter.to; number = next(number)) numbers.insert(number);
    }
    for (const auto& address : filter.addresses) {
        const auto some = head.blocks().blocks_with_logs(address, filter.from, filter.to, limits::logs_results_max + 1);
        if (some.size() > limits::logs_results_max)
            return std::unexpected(too_much("too many blocks hold logs of this address; ask for a smaller range"));
        numbers.insert(some.begin(), some.end());
    }
    return std::vector<vm::BlockNumber>(numbers.begin(), numbers.end());
}

RpcResult<void> get_logs(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto head = api.chain.head();
    const auto json = required_param(params, 0, "the filter");
    if (!json) return std::unexpected(json.error());
    const auto filter = read_filter(**json, *head);
    if (!filter) return std::unexpected(filter.error());
    out.array_begin();
    if (filter->from <= filter->to) {
        const auto numbers = blocks_to_read(*filter, *head);
        if (!numbers) return std::unexpected(numbers.error());
        std::size_t found = 0;
        for (const auto number : *numbers) {
            const auto header = head->blocks().header(number);
            if (!header) damaged("a header");
            if (!may_match(*filter, header->bloom)) continue;
            const auto hash = head->blocks().hash(number).value_or(vm::Hash{});
            const auto transactions = head->blocks().transactions(number);
            const auto receipts = head->blocks().receipts(number, transactions);
            std::uint64_t log_index = 0;
            for (std::size_t i = 0; i < receipts.size(); ++i) {
                std::optional<vm::Hash> tx_hash;
                for (const auto& log : receipts[i].receipt.logs) {
                    if (matches(*filter, log)) {
                        if (!tx_hash) tx_hash = vm::transaction_hash(transactions[i]);
                        render_log(out, log, *tx_hash, {*header, hash, i}, log_index);
                        ++found;
                    }
                    ++log_index;
                }
            }
            if (found > limits::logs_results_max || out.size() > limits::rpc_response_bytes_max)
                return std::unexpected(too_much("more than " + std::to_string(limits::logs_results_max) +
                                                " logs match; ask for a smaller range"));
        }
    }
    out.array_end();
    return {};
}

}  // namespace

void add_log_methods(MethodTable& table) {
    table["eth_getLogs"] = {1, get_logs};
}

}  // namespace talea::node
