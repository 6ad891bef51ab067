#include "node/rpc/dispatcher.hpp"
#include "node/rpc/log_filter.hpp"

/// eth_getLogs: by address through the index of blocks, else block by block through their blooms.
namespace talea::node {
namespace {

RpcResult<void> get_logs(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto head = api.chain.head();
    const auto json = required_param(params, 0, "the filter");
    if (!json) return std::unexpected(json.error());
    const auto range = read_block_range(**json, *head);
    if (!range) return std::unexpected(range.error());
    const auto filter = read_log_filter(**json);
    if (!filter) return std::unexpected(filter.error());
    return write_logs(*head, *filter, *range, out);
}

}  // namespace

void add_log_methods(MethodTable& table) {
    table["eth_getLogs"] = {1, get_logs, true};
}

}  // namespace talea::node
