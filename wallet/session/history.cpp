#include "wallet/session/history.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"
#include "vm/chain/block.hpp"
#include "wallet/moment.hpp"

namespace talea::wallet {
namespace {

/// What a node answers where a range holds more logs than it gives at once (EIP-1474).
constexpr std::int64_t limit_exceeded_code = -32005;
/// What it answers of blocks whose transactions and receipts it does not keep (EIP-4444).
constexpr std::int64_t forgotten_code = 4444;

std::optional<std::uint64_t> quantity(const Json& object, const char* key) {
    const auto found = object.find(key);
    const auto value =
        found != object.end() && found->is_string() ? vm::u256_from_hex(found->get<std::string>()) : std::nullopt;
    return value && value->fits_u64() ? std::optional(value->low_u64()) : std::nullopt;
}

std::optional<Emitted> read_log(const Json& log, const abi::Interface& known) {
    std::vector<vm::Hash> topics;
    for (const Json& topic : log.value("topics", Json::array()))
        topics.push_back(vm::hash_from_hex(topic.get<std::string>()).value_or(vm::Hash{}));
    const auto data = vm::from_hex(log.value("data", "0x"));
    auto decoded = data ? abi::decode_event(known, topics, *data) : std::nullopt;
    if (!decoded) return std::nullopt;
    return Emitted{.event = decoded->event,
                   .values = std::move(decoded->values),
                   .block_number = quantity(log, "blockNumber").value_or(0),
                   .tx_hash = log.value("transactionHash", "")};
}

/// Appends the logs of a range, halving it where it holds more than the node gives at once.
Result<void> append_logs(Session& session, const vm::Address& address, const Json& topics, std::uint64_t from,
                         std::uint64_t to, Json& logs) {
    const auto answer = session.call("eth_getLogs", Json::array({Json{{"address", vm::to_hex(address)},
                                                                      {"fromBlock", vm::to_quantity(vm::u256{from})},
                                                                      {"toBlock", vm::to_quantity(vm::u256{to})},
                                                                      {"topics", Json::array({topics})}}}));
    if (!answer && answer.error().code == limit_exceeded_code && from < to) {
        const std::uint64_t middle = from + (to - from) / 2;
        if (auto first = append_logs(session, address, topics, from, middle, logs); !first) return first;
        return append_logs(session, address, topics, middle + 1, to, logs);
    }
    if (!answer) return std::unexpected(to_failure(answer.error()));
    for (const Json& log : *answer) logs.push_back(log);
    return {};
}

}  // namespace

const abi::Value& Emitted::operator[](std::string_view name) const {
    const auto found = std::ranges::find(event->inputs, name, &abi::Parameter::name);
    vm::check(found != event->inputs.end(), "the event has the parameter that the wallet reads");
    return values[static_cast<std::size_t>(found - event->inputs.begin())];
}

Result<std::vector<Emitted>> read_events(Session& session, const vm::Address& address, std::string_view contract,
                                         const std::vector<std::string_view>& names, const std::string& until) {
    const abi::Interface& known = interface_of(contract);
    Json topics = Json::array();
    for (const std::string_view name : names) {
        const abi::Event* event = known.find_event(name);
        vm::check(event != nullptr, "the contract has the event that the wallet reads");
        topics.push_back(vm::to_hex(event->topic));
    }
    const auto last = find_block(session, until);
    if (!last) return std::unexpected(last.error());
    Json logs = Json::array();
    if (auto read = append_logs(session, address, topics, 0, last->number, logs); !read)
        return std::unexpected(read.error());
    std::vector<Emitted> events;
    for (const Json& log : logs) {
        if (auto event = read_log(log, known)) events.push_back(std::move(*event));
    }
    return events;
}

std::optional<Emitted> find_event(const Json& receipt, std::string_view contract, std::string_view name) {
    const abi::Interface& known = interface_of(contract);
    const Json logs = receipt.value("logs", Json::array());  // a name: before P2718, a loop would not keep it alive
    for (const Json& log : logs) {
        auto event = read_log(log, known);
        if (event && event->is(name)) return event;
    }
    return std::nullopt;
}

std::string BlockPoint::tag() const {
    return vm::to_quantity(vm::u256{number});
}

namespace {

/// A block of which the node keeps no more than the header.
Result<BlockPoint> ask_header(Session& session, const std::string& tag) {
    const auto answer = session.ask("debug_getRawHeader", Json::array({tag}));
    if (!answer) return std::unexpected(answer.error());
    const auto bytes = answer->is_string() ? vm::from_hex(answer->get<std::string>()) : std::nullopt;
    if (!bytes) return fail(Exit::unreachable, "the node's header is malformed");
    const auto header = vm::decode_header(*bytes);
    if (!header) return fail(Exit::unreachable, "the node's header is malformed");
    return BlockPoint{.number = header->number.value,
                      .time = header->timestamp.seconds,
                      .hash = vm::to_hex(vm::header_hash(*header))};
}

Result<BlockPoint> ask_block(Session& session, const std::string& tag, const std::string& shown) {
    const auto block = session.call("eth_getBlockByNumber", Json::array({tag, false}));
    if (!block && block.error().code == forgotten_code) return ask_header(session, tag);
    if (!block) return std::unexpected(to_failure(block.error()));
    if (block->is_null()) return fail(Exit::usage, "there is no block " + shown);
    const auto number = quantity(*block, "number"), time = quantity(*block, "timestamp");
    if (!number || !time) return fail(Exit::unreachable, "the node's block is malformed");
    return BlockPoint{.number = *number, .time = *time, .hash = block->value("hash", "")};
}

}  // namespace

Result<BlockPoint> read_block(Session& session, std::uint64_t number) {
    return ask_block(session, vm::to_quantity(vm::u256{number}), std::to_string(number));
}

Result<BlockPoint> find_last_block_up_to(Session& session, std::uint64_t moment) {
    auto head = ask_block(session, "latest", "latest");
    if (!head) return head;
    if (head->time <= moment) {
        return fail(Exit::refused, "the chain is at " + format_moment(head->time) + ": what stood at " +
                                       format_moment(moment) + " is final once a block is later than that");
    }
    auto low = ask_block(session, "0x0", "0");
    if (!low) return low;
    if (low->time > moment) return fail(Exit::usage, "the chain begins at " + format_moment(low->time));
    std::uint64_t after = head->number;  // the first block later than `moment` is at most this one
    while (after - low->number > 1) {
        auto middle = read_block(session, low->number + (after - low->number) / 2);
        if (!middle) return middle;
        if (middle->time <= moment)
            low = middle;
        else
            after = middle->number;
    }
    return low;
}

Result<BlockPoint> find_block(Session& session, const std::string& when) {
    if (when.empty() || when == "latest") return ask_block(session, "latest", "latest");
    if (when.starts_with("0x")) return ask_block(session, when, when);
    if (const auto number = vm::u256_from_decimal(when); number && number->fits_u64())
        return read_block(session, number->low_u64());
    const auto moment = parse_moment(when);
    if (!moment) {
        return fail(Exit::usage, "\"" + when + "\" is neither a block number nor a moment as 2026-11-20T21:00:00Z");
    }
    return find_last_block_up_to(session, *moment);
}

Result<std::uint64_t> pending_time(Session& session) {
    const auto block = session.ask("eth_getBlockByNumber", Json::array({"pending", false}));
    if (!block) return std::unexpected(block.error());
    const auto seconds = block->is_object() ? vm::u256_from_hex(block->value("timestamp", "")) : std::nullopt;
    if (!seconds || !seconds->fits_u64()) return fail(Exit::unreachable, "the node shows no pending block");
    return seconds->low_u64();
}

Result<void> wait_for_block_after(Session& session, std::uint64_t number) {
    using Clock = std::chrono::steady_clock;
    for (const auto end = Clock::now() + session.settings().timeout; Clock::now() < end;) {
        const auto head = find_block(session, "latest");
        if (!head) return std::unexpected(head.error());
        if (head->number > number) return {};
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return fail(Exit::unreachable, "no block came after " + std::to_string(number) + "; `talead status` says why");
}

Result<std::vector<Holding>> read_holdings(Session& session, const vm::Address& token, const std::string& block_tag) {
    std::vector<Holding> holdings;
    Json page = Json::object();
    do {  // the node answers by pages
        const auto answer = session.ask("talea_holders", Json::array({vm::to_hex(token), block_tag, page}));
        if (!answer) return std::unexpected(answer.error());
        const auto rows = answer->is_object() ? answer->find("holders") : answer->end();
        if (rows == answer->end() || !rows->is_array())
            return fail(Exit::unreachable, "the node's list of holders is malformed");
        for (const Json& row : *rows) {
            const auto account = vm::address_from_hex(row.value("holder", ""));
            const auto balance = vm::u256_from_hex(row.value("balance", ""));
            if (!account || !balance) return fail(Exit::unreachable, "the node's list of holders is malformed");
            holdings.push_back({*account, *balance});
        }
        page = Json::object({{"after", answer->value("next", Json())}});
    } while (!page["after"].is_null());
    return holdings;
}

Result<vm::u256> read_word(Session& session, const vm::Address& address, std::string_view contract,
                           std::string_view function, std::vector<abi::Value> arguments, const std::string& block_tag) {
    const auto values = read_contract(session, address, contract, function, std::move(arguments), block_tag);
    if (!values) return std::unexpected(values.error());
    return values->front().word;
}

}  // namespace talea::wallet
