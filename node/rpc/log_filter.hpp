#pragma once
#include <functional>
#include <vector>

#include "node/rpc/params.hpp"
#include "node/rpc/render.hpp"

/// Which logs a client wants, and those of the chain that are such: for eth_getLogs, filters and subscriptions.
namespace talea::node {

struct LogFilter {
    std::vector<vm::Address> addresses;         ///< none: any
    std::vector<std::vector<vm::Hash>> topics;  ///< by position; none: any
};
/// `address` and `topics` of a filter object.
[[nodiscard]] RpcResult<LogFilter> read_log_filter(const Json& json);

/// Blocks from `from` to `to`, which may be beyond the chain; empty where `from` is above `to`.
struct BlockRange {
    vm::BlockNumber from, to;
};
/// `blockHash`, or `fromBlock` and `toBlock`, of a filter object; each is the latest block where it is absent.
[[nodiscard]] RpcResult<BlockRange> read_block_range(const Json& json, const Head& head);

/// A log and where it stands. Valid during the call.
struct FoundLog {
    const vm::Log& log;
    const vm::Hash& transaction;
    const Inclusion& place;
    std::uint64_t index;  ///< in its block
};
/// Visits the logs of the range that match, in their order. A range that is too large, or holds more than
/// `limits::logs_results_max` of them, is limit_exceeded; one that begins with forgotten blocks is refused.
[[nodiscard]] RpcResult<void> find_logs(const Head& head, const LogFilter& filter, const BlockRange& range,
                                        const std::function<RpcResult<void>(const FoundLog&)>& visit);
/// Visits those of one block, however many they are.
void visit_logs(const Head& head, const LogFilter& filter, vm::BlockNumber number,
                const std::function<void(const FoundLog&)>& visit);
/// Those of a range, as a JSON list.
[[nodiscard]] RpcResult<void> write_logs(const Head& head, const LogFilter& filter, const BlockRange& range,
                                         JsonWriter& out);

}  // namespace talea::node
