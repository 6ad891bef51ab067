#include <fmt/format.h>

#include "node/base/limits.hpp"
#include "node/rpc/dispatcher.hpp"
#include "node/rpc/params.hpp"
#include "node/rpc/render.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"

/// What waits for a block, as geth's txpool namespace shows it.
namespace talea::node {
namespace {

RpcResult<void> status(Api& api, std::span<const Json>, JsonWriter& out) {
    const auto counts = api.chain.pool().counts();
    out.object_begin();
    out.member("pending", vm::to_quantity(std::uint64_t{counts.pending}));
    out.member("queued", vm::to_quantity(std::uint64_t{counts.queued}));
    out.object_end();
    return {};
}

std::unexpected<RpcError> too_large() {
    return std::unexpected(RpcError{RpcCode::limit_exceeded,
                                    "the pool is too large for one answer; ask txpool_status, or txpool_contentFrom "
                                    "of one sender",
                                    {}});
}

using List = std::vector<PendingTransaction> Pool::Waiting::*;
using Write = void (*)(JsonWriter& out, const vm::RecoveredTransaction& pending, const vm::u256& base_fee);

void write_by_nonce(JsonWriter& out, std::span<const PendingTransaction> txs, Write write, const vm::u256& base_fee) {
    out.object_begin();
    for (const auto& tx : txs) {
        out.key(std::to_string(tx->tx.nonce));
        write(out, *tx, base_fee);
    }
    out.object_end();
}

/// {pending, queued}, each by sender and nonce.
template <Write write>
RpcResult<void> content(Api& api, std::span<const Json>, JsonWriter& out) {
    const auto& base_fee = api.chain.parameters().base_fee_per_gas;
    const auto senders = api.chain.pool().content();
    out.object_begin();
    for (const auto& [name, list] : {std::pair<std::string_view, List>{"pending", &Pool::Waiting::pending},
                                     std::pair<std::string_view, List>{"queued", &Pool::Waiting::queued}}) {
        out.key(name);
        out.object_begin();
        for (const auto& [sender, waiting] : senders) {
            if ((waiting.*list).empty()) continue;
            if (out.size() > limits::rpc_response_bytes_max) return too_large();
            out.key(vm::to_hex(sender));
            write_by_nonce(out, waiting.*list, write, base_fee);
        }
        out.object_end();
    }
    out.object_end();
    return {};
}

RpcResult<void> content_from(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto json = required_param(params, 0, "the sender");
    if (!json) return std::unexpected(json.error());
    const auto sender = read_address(**json, "the sender");
    if (!sender) return std::unexpected(sender.error());
    const auto& base_fee = api.chain.parameters().base_fee_per_gas;
    const auto senders = api.chain.pool().content(*sender);
    const auto found = senders.find(*sender);
    const auto waiting = found == senders.end() ? Pool::Waiting{} : found->second;
    out.object_begin();
    out.key("pending");
    write_by_nonce(out, waiting.pending, render_pending, base_fee);
    out.key("queued");
    write_by_nonce(out, waiting.queued, render_pending, base_fee);
    out.object_end();
    return {};
}

/// One line for a person.
void summarise(JsonWriter& out, const vm::RecoveredTransaction& pending, const vm::u256&) {
    const auto& tx = pending.tx;
    out.string(fmt::format("{}: {} wei + {} gas × {} wei", tx.to ? vm::to_hex(*tx.to) : "contract creation",
                           vm::to_decimal(tx.value), tx.gas_limit, vm::to_decimal(tx.max_fee_per_gas)));
}

}  // namespace

void add_pool_methods(MethodTable& table) {
    table["txpool_status"] = {0, status};
    table["txpool_content"] = {0, content<render_pending>};
    table["txpool_contentFrom"] = {1, content_from};
    table["txpool_inspect"] = {0, content<summarise>};
}

}  // namespace talea::node
