#include <fmt/format.h>

#include <algorithm>

#include "node/base/limits.hpp"
#include "node/rpc/dispatcher.hpp"
#include "node/rpc/params.hpp"
#include "node/rpc/render.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/keccak.hpp"

/// Chain, blocks and fees.
namespace talea::node {
namespace {

RpcResult<void> chain_id(Api& api, std::span<const Json>, JsonWriter& out) {
    out.string(vm::to_quantity(api.chain.parameters().chain_id));
    return {};
}

RpcResult<void> net_version(Api& api, std::span<const Json>, JsonWriter& out) {
    out.string(std::to_string(api.chain.parameters().chain_id));
    return {};
}

RpcResult<void> client_version(Api&, std::span<const Json>, JsonWriter& out) {
    out.string(client_name);
    return {};
}

RpcResult<void> sha3(Api&, std::span<const Json> params, JsonWriter& out) {
    const auto json = required_param(params, 0, "the bytes to hash");
    if (!json) return std::unexpected(json.error());
    const auto bytes = read_bytes(**json, "the bytes to hash");
    if (!bytes) return std::unexpected(bytes.error());
    out.string(vm::to_hex(vm::keccak256(*bytes)));
    return {};
}

RpcResult<void> block_number(Api& api, std::span<const Json>, JsonWriter& out) {
    out.string(vm::to_quantity(api.chain.head()->number().value));
    return {};
}

/// What is shown is final, also while this node is behind: behind the highest block of which it has proof (header and
/// seals), not behind what a peer claims.
RpcResult<void> syncing(Api& api, std::span<const Json>, JsonWriter& out) {
    const auto why = api.chain.why();
    if (!why || !why->sync.behind_from) {
        out.boolean(false);
        return {};
    }
    out.object_begin();
    out.member("startingBlock", vm::to_quantity(why->sync.behind_from->value));
    out.member("currentBlock", vm::to_quantity(why->sync.head.value));
    out.member("highestBlock", vm::to_quantity(why->sync.certified.value));
    out.object_end();
    return {};
}

RpcResult<void> yes(Api&, std::span<const Json>, JsonWriter& out) {
    out.boolean(true);
    return {};
}

/// The node holds no keys of users.
RpcResult<void> empty_list(Api&, std::span<const Json>, JsonWriter& out) {
    out.array_begin();
    out.array_end();
    return {};
}

/// eth_capabilities: of each kind of data the oldest block of which this node has it.
RpcResult<void> capabilities(Api& api, std::span<const Json>, JsonWriter& out) {
    const auto head = api.chain.head();
    const auto number = head->number().value;
    const auto first_whole = head->blocks().first_whole().value;
    const auto first_provable = number - std::min(number, limits::proof_blocks_max);
    out.object_begin();
    out.key("head");
    out.object_begin();
    out.member("number", vm::to_quantity(number));
    out.member("hash", vm::to_hex(head->hash()));
    out.object_end();
    for (const auto& [kind, oldest] : {std::pair<std::string_view, std::uint64_t>{"state", 0},
                                       {"tx", first_whole},
                                       {"logs", first_whole},
                                       {"receipts", first_whole},
                                       {"blocks", first_whole},
                                       {"stateproofs", first_provable}}) {
        out.key(kind);
        out.object_begin();
        out.member("disabled", false);
        out.member("oldestBlock", vm::to_quantity(oldest));
        out.object_end();
    }
    out.object_end();
    return {};
}

RpcResult<void> coinbase(Api& api, std::span<const Json>, JsonWriter& out) {
    out.string(vm::to_hex(api.chain.validator().value_or(vm::Address{})));
    return {};
}

RpcResult<void> base_fee(Api& api, std::span<const Json>, JsonWriter& out) {
    out.string(vm::to_quantity(api.chain.parameters().base_fee_per_gas));
    return {};
}

/// Tips never order transactions (DESIGN 4), so none is suggested.
RpcResult<void> zero(Api&, std::span<const Json>, JsonWriter& out) {
    out.string("0x0");
    return {};
}

RpcResult<void> write_block(const Head& head, vm::BlockNumber number, bool whole, JsonWriter& out) {
    const auto blocks = head.blocks();
    const auto header = blocks.header(number);
    const auto hash = blocks.hash(number);
    if (!header || !hash) {
        out.null();
        return {};
    }
    if (auto kept = check_whole(head, number); !kept) return kept;
    const auto transactions = blocks.transactions(number);
    const auto receipts = whole ? blocks.receipts(number, transactions) : std::vector<StoredReceipt>{};
    render_block(out, *header, *hash, transactions, receipts, whole);
    return {};
}

RpcResult<bool> read_whole(std::span<const Json> params) {
    const auto* whole = optional_param(params, 1);
    return whole == nullptr ? RpcResult<bool>(false) : read_bool(*whole, "whether transactions are shown whole");
}

using Find = RpcResult<std::optional<vm::BlockNumber>> (*)(std::span<const Json>, const Head&);

template <Find find>
RpcResult<void> block(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto head = api.chain.head();
    const auto number = find(params, *head);
    if (!number) return std::unexpected(number.error());
    const auto whole = read_whole(params);
    if (!whole) return std::unexpected(whole.error());
    if (*number) return write_block(*head, **number, *whole, out);
    out.null();
    return {};
}

template <Find find>
RpcResult<void> transaction_count(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto head = api.chain.head();
    const auto number = find(params, *head);
    if (!number) return std::unexpected(number.error());
    if (!*number) {
        out.null();
        return {};
    }
    if (auto whole = check_whole(*head, **number); !whole) return whole;
    out.string(vm::to_quantity(std::uint64_t{head->blocks().transactions(**number).size()}));
    return {};
}

RpcResult<void> block_receipts(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto head = api.chain.head();
    const auto number = find_block(params, *head);
    if (!number) return std::unexpected(number.error());
    if (!*number) {
        out.null();
        return {};
    }
    if (auto whole = check_whole(*head, **number); !whole) return whole;
    const auto block = api.shared.blocks.get(*head, **number);
    out.array_begin();
    const auto hashes = vm::transaction_hashes(block->transactions);
    for (std::size_t i = 0; i < block->receipts.size(); ++i)
        render_receipt(out, block->transactions[i], hashes[i], block->receipts[i], {block->header, block->hash, i},
                       block->logs_before[i]);
    out.array_end();
    return {};
}

/// EIP-1559's history: effective tips at percentiles of the gas used.
void write_rewards(const Head& head, const vm::Header& header, std::span<const double> percentiles, JsonWriter& out) {
    struct Paid {
        vm::u256 tip;
        std::uint64_t gas;
    };
    std::vector<Paid> paid;
    const auto transactions = head.blocks().transactions(header.number);
    const auto receipts = head.blocks().receipts(header.number, transactions);
    for (std::size_t i = 0; i < receipts.size(); ++i)
        paid.push_back({effective_gas_price(transactions[i], header) - header.base_fee_per_gas.value_or(vm::u256{}),
                        receipts[i].gas_used});
    std::ranges::sort(paid, {}, &Paid::tip);
    out.array_begin();
    std::size_t at = 0;
    std::uint64_t gas = paid.empty() ? 0 : paid[0].gas;
    for (const double percentile : percentiles) {
        const auto threshold = percentile / 100 * static_cast<double>(header.gas_used);
        while (at + 1 < paid.size() && static_cast<double>(gas) < threshold) gas += paid[++at].gas;
        out.string(vm::to_quantity(paid.empty() ? vm::u256{} : paid[at].tip));
    }
    out.array_end();
}

RpcResult<std::vector<double>> read_percentiles(const Json* json) {
    std::vector<double> percentiles;
    if (json == nullptr) return percentiles;
    if (!json->is_array() || json->items.size() > 100)
        return invalid_params("percentiles must be a list of at most 100");
    for (const auto& item : json->items) {
        double value = item.real;
        if (item.is(Json::Kind::integer))
            value = static_cast<double>(item.integer);
        else if (!item.is(Json::Kind::real))
            return invalid_params("a percentile must be a number");
        if (!(value >= 0 && value <= 100) || (!percentiles.empty() && value < percentiles.back()))
            return invalid_params("percentiles must lie between 0 and 100 and not fall");
        percentiles.push_back(value);
    }
    return percentiles;
}

RpcResult<void> fee_history(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto head = api.chain.head();
    const auto count_json = required_param(params, 0, "the number of blocks");
    if (!count_json) return std::unexpected(count_json.error());
    // Libraries send the count both as a quantity and as a JSON number.
    const auto count = (*count_json)->is(Json::Kind::integer) && (*count_json)->integer >= 0
                           ? RpcResult<std::uint64_t>(static_cast<std::uint64_t>((*count_json)->integer))
                           : read_u64(**count_json, "the number of blocks");
    if (!count) return std::unexpected(count.error());
    const auto newest_json = required_param(params, 1, "the newest block");
    if (!newest_json) return std::unexpected(newest_json.error());
    const auto newest = read_block(*newest_json, *head);
    if (!newest) return std::unexpected(newest.error());
    const auto percentiles = read_percentiles(optional_param(params, 2));
    if (!percentiles) return std::unexpected(percentiles.error());

    auto blocks = std::min({*count, limits::fee_history_blocks_max, newest->number.value + 1});
    if (!percentiles->empty()) {  // they need receipts: where some are forgotten, the answer begins after those
        if (auto whole = check_whole(*head, newest->number); !whole) return whole;
        blocks =
            std::min(blocks, newest->number.value + 1 - std::min(head->blocks().first_whole(), newest->number).value);
    }
    const auto oldest = newest->number.value + 1 - blocks;
    const auto fee = vm::to_quantity(api.chain.parameters().base_fee_per_gas);
    std::vector<vm::Header> headers;
    for (auto number = oldest; number <= newest->number.value && blocks > 0; ++number)
        headers.push_back(head->blocks().header({number}).value_or(vm::Header{}));
    out.object_begin();
    out.member("oldestBlock", vm::to_quantity(oldest));
    out.key("baseFeePerGas");
    out.array_begin();
    for (std::uint64_t i = 0; i < blocks + (blocks > 0 ? 1 : 0); ++i) out.string(fee);
    out.array_end();
    out.key("gasUsedRatio");
    out.array_begin();
    for (const auto& header : headers)
        out.raw(fmt::format("{}", static_cast<double>(header.gas_used) / static_cast<double>(header.gas_limit)));
    out.array_end();
    if (!percentiles->empty()) {
        out.key("reward");
        out.array_begin();
        for (const auto& header : headers) write_rewards(*head, header, *percentiles, out);
        out.array_end();
    }
    out.object_end();
    return {};
}

}  // namespace

void add_chain_methods(MethodTable& table) {
    table["eth_chainId"] = {0, chain_id};
    table["net_version"] = {0, net_version};
    table["net_listening"] = {0, yes};
    table["web3_clientVersion"] = {0, client_version};
    table["web3_sha3"] = {1, sha3};
    table["eth_blockNumber"] = {0, block_number};
    table["eth_syncing"] = {0, syncing};
    table["eth_accounts"] = {0, empty_list};
    table["eth_coinbase"] = {0, coinbase};
    table["eth_capabilities"] = {0, capabilities};
    table["eth_gasPrice"] = {0, base_fee};
    table["eth_baseFee"] = {0, base_fee};
    table["eth_blobBaseFee"] = {0, zero};
    table["eth_maxPriorityFeePerGas"] = {0, zero};
    table["eth_feeHistory"] = {3, fee_history};
    table["eth_getBlockByNumber"] = {2, block<find_block>};
    table["eth_getBlockByHash"] = {2, block<find_block_by_hash>};
    table["eth_getBlockTransactionCountByNumber"] = {1, transaction_count<find_block>};
    table["eth_getBlockTransactionCountByHash"] = {1, transaction_count<find_block_by_hash>};
    table["eth_getBlockReceipts"] = {1, block_receipts};
}

}  // namespace talea::node
