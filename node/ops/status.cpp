#include "node/ops/status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "http/client.hpp"
#include "node/consensus/certificate.hpp"
#include "vm/base/hex.hpp"

namespace talea::node {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

constexpr std::chrono::seconds answer_wait{5};

std::unexpected<std::string> no_talea_node(const std::string& url) {
    return std::unexpected(fmt::format("what answers at {} is no node of Talea", url));
}

std::string in_words(const std::string& url, const http::Failure& failure) {
    switch (failure.kind) {
        case http::Failure::Kind::bad_url:
            return fmt::format("'{}' is no address of a node; {}", url, failure.why);
        case http::Failure::Kind::bad_file:
            return failure.why;
        case http::Failure::Kind::unreachable:
            return fmt::format("no node answers at {} ({})", url, failure.why);
        case http::Failure::Kind::lost:
            break;
    }
    return fmt::format("the node at {} did not answer ({})", url, failure.why);
}

/// Results of `calls` in their order, null where one failed.
std::expected<std::vector<Json>, std::string> ask(http::Client& node, const std::vector<Json>& calls) {
    const auto& url = node.url();
    Json batch = Json::array();
    for (std::size_t i = 0; i < calls.size(); ++i)
        batch.push_back({{"jsonrpc", "2.0"}, {"id", i}, {"method", calls[i][0]}, {"params", calls[i][1]}});
    const auto answer = node.post(batch.dump());
    if (!answer) return std::unexpected(in_words(url, answer.error()));
    if (answer->status != 200)
        return std::unexpected(fmt::format("the node at {} answers with HTTP status {}: {}", url, answer->status,
                                           answer->body.substr(0, 200)));
    const auto json = Json::parse(answer->body, nullptr, false);
    if (!json.is_array()) return no_talea_node(url);
    std::vector<Json> results(calls.size());
    for (const auto& item : json) {
        const auto id = item.is_object() ? item.value("id", Json()) : Json();
        if (!id.is_number_unsigned() || id.get<std::size_t>() >= calls.size()) return no_talea_node(url);
        results[id.get<std::size_t>()] = item.value("result", Json());
    }
    return results;
}

std::uint64_t quantity(const Json& json) {
    const auto value = json.is_string() ? vm::u256_from_hex(json.get<std::string>()) : std::nullopt;
    return value && value->fits_u64() ? value->low_u64() : 0;
}

/// The value of a metric without labels.
std::optional<std::uint64_t> metric(std::string_view text, std::string_view name) {
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const auto line = text.substr(at, end - at);
        at = end + 1;
        if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ' ') continue;
        std::uint64_t value = 0;
        const auto* last = line.data() + line.size();
        const auto [stop, error] = std::from_chars(line.data() + name.size() + 1, last, value);
        if (error == std::errc{} && stop == last) return value;
    }
    return std::nullopt;
}

void read_why(const Json& why, NodeStatus& status) {
    status.why = why.value("sentence", "");
    status.round = quantity(why.value("round", Json()));
    status.signs = why.value("signs", false);
    status.in_quarantine = why.value("inQuarantine", false);
    status.native_version_known = why.value("nativeVersionKnown", std::uint64_t{0});
    const auto sync = why.value("sync", Json::object());
    status.highest = std::max(status.block, quantity(sync.value("certified", Json())));
    const auto validators = why.value("validators", Json::array());
    for (const auto& each : validators) {
        auto& validator = status.validators.emplace_back();
        validator.address = each.value("address", "");
        validator.connected = each.value("connected", false);
        if (const auto silent = each.value("silentMs", Json()); silent.is_number_unsigned())
            validator.silent_ms = silent.get<std::uint64_t>();
    }
}

std::string size_in_words(std::uint64_t bytes) {
    static constexpr std::array<std::string_view, 5> units{"bytes", "KiB", "MiB", "GiB", "TiB"};
    auto size = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; size >= 1024 && unit + 1 < units.size(); ++unit) size /= 1024;
    return unit == 0 ? fmt::format("{} bytes", bytes) : fmt::format("{:.1f} {}", size, units[unit]);
}

std::optional<std::uint64_t> days_left(const NodeStatus& status) {
    if (!status.disk_free_bytes || status.disk_growth_bytes_per_day.value_or(0) == 0) return std::nullopt;
    return *status.disk_free_bytes / *status.disk_growth_bytes_per_day;
}

std::string disk_in_words(const NodeStatus& status) {
    if (!status.disk_used_bytes || !status.disk_free_bytes) return "not told by this node";
    auto words =
        fmt::format("{} used, {} free", size_in_words(*status.disk_used_bytes), size_in_words(*status.disk_free_bytes));
    if (!status.disk_growth_bytes_per_day) return words + ", growth not known yet";
    words += fmt::format(", {} a day", size_in_words(*status.disk_growth_bytes_per_day));
    if (const auto days = days_left(status)) words += fmt::format(", full in {} days", *days);
    return words;
}

void print_for_people(const std::string& url, const NodeStatus& status) {
    const auto linked = std::ranges::count(status.validators, true, &NodeStatus::Validator::connected);
    fmt::print("node        {} at {}, chain {}\n", status.version, url, status.chain_id);
    fmt::print("block       {}, {} s old, {}\n", status.block, status.age_seconds, status.hash);
    fmt::print("why         {}\n", status.why);
    fmt::print("round       {}\n", status.round);
    fmt::print("peers       {}\n", status.peers);
    fmt::print("syncing     {}\n",
               status.syncing ? fmt::format("yes, at {} of {}", status.block, status.highest) : "no");
    fmt::print("signs       {}\n", status.signs           ? "yes"
                                   : status.in_quarantine ? "no, in quarantine"
                                                          : "no, it follows");
    fmt::print("registries  versions up to {} known\n", status.native_version_known);
    fmt::print("validators  {}, {} of them here or linked, {} needed\n", status.validators.size(), linked,
               quorum(status.validators.size()));
    for (const auto& validator : status.validators)
        fmt::print("            {} {}{}\n", validator.address, validator.connected ? "linked" : "not linked",
                   validator.silent_ms ? fmt::format(", heard {} s ago", *validator.silent_ms / 1000) : "");
    fmt::print("disk        {}\n", disk_in_words(status));
    if (status.first_whole.value_or(0) > 0)
        fmt::print("history     transactions and receipts from block {} on\n", *status.first_whole);
}

template <class Number>
OrderedJson or_null(const std::optional<Number>& number) {
    return number ? OrderedJson(*number) : OrderedJson(nullptr);
}

void print_json(const NodeStatus& status) {
    OrderedJson json;
    json["version"] = status.version;
    json["chainId"] = status.chain_id;
    json["block"] = status.block;
    json["hash"] = status.hash;
    json["ageSeconds"] = status.age_seconds;
    json["why"] = status.why;
    json["round"] = status.round;
    json["peers"] = status.peers;
    json["syncing"] = status.syncing;
    json["highestBlock"] = status.highest;
    json["signs"] = status.signs;
    json["inQuarantine"] = status.in_quarantine;
    json["nativeVersionKnown"] = status.native_version_known;
    json["quorum"] = quorum(status.validators.size());
    json["validators"] = OrderedJson::array();
    for (const auto& validator : status.validators) {
        OrderedJson item;
        item["address"] = validator.address;
        item["connected"] = validator.connected;
        item["silentMs"] = or_null(validator.silent_ms);
        json["validators"].push_back(std::move(item));
    }
    json["diskUsedBytes"] = or_null(status.disk_used_bytes);
    json["diskFreeBytes"] = or_null(status.disk_free_bytes);
    json["diskGrowthBytesPerDay"] = or_null(status.disk_growth_bytes_per_day);
    json["diskDaysLeft"] = or_null(days_left(status));
    json["firstWholeBlock"] = or_null(status.first_whole);
    fmt::print("{}\n", json.dump());
}

}  // namespace

std::expected<NodeStatus, std::string> read_status(const http::Place& place) {
    http::Client node(place, answer_wait);
    const auto& url = node.url();
    const Json none = Json::array();
    const auto results =
        ask(node, {Json::array({"talea_why", none}), Json::array({"web3_clientVersion", none}),
                   Json::array({"eth_chainId", none}), Json::array({"net_peerCount", none}),
                   Json::array({"eth_syncing", none}), Json::array({"eth_getBlockByNumber", {"latest", false}}),
                   Json::array({"eth_getBlockByNumber", {"pending", false}})});
    if (!results) return std::unexpected(results.error());
    const auto& [why, version, chain, peers, syncing, latest, pending] = std::tie(
        (*results)[0], (*results)[1], (*results)[2], (*results)[3], (*results)[4], (*results)[5], (*results)[6]);
    if (!latest.is_object() || !pending.is_object() || !version.is_string()) return no_talea_node(url);
    NodeStatus status;
    try {
        status.version = version.get<std::string>();
        status.chain_id = quantity(chain);
        status.peers = quantity(peers);
        status.syncing = !syncing.is_boolean() || syncing.get<bool>();
        status.block = status.highest = quantity(latest.value("number", Json()));
        status.hash = latest.value("hash", "");
        const auto then = quantity(latest.value("timestamp", Json())),
                   now = quantity(pending.value("timestamp", Json()));
        status.age_seconds = now > then ? now - then : 0;
        if (why.is_object()) read_why(why, status);
    } catch (const Json::exception&) {  // a member of another type than ours has
        return no_talea_node(url);
    }
    if (const auto page = node.get("/metrics"); page && page->status == 200) {
        status.disk_used_bytes = metric(page->body, "talea_disk_used_bytes");
        status.disk_free_bytes = metric(page->body, "talea_disk_free_bytes");
        status.disk_growth_bytes_per_day = metric(page->body, "talea_disk_growth_bytes_per_day");
        status.first_whole = metric(page->body, "talea_history_first_block");
    }
    return status;
}

ExitCode show_status(const StatusOptions& options) {
    const auto status = read_status(options.node);
    if (!status) {
        fmt::print(stderr, "talead: {}\n", status.error());
        return ExitCode::failed;
    }
    if (options.json)
        print_json(*status);
    else
        print_for_people(options.node.url, *status);
    return ExitCode::done;
}

}  // namespace talea::node
