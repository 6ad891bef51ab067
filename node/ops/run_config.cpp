#include "node/ops/run_config.hpp"

#include <fmt/format.h>

#include <charconv>

#include "node/base/limits.hpp"
#include "node/ops/strict_json.hpp"
#include "vm/base/hex.hpp"

namespace talea::node {
namespace {

constexpr WrongIn wrong_key("the configuration");

/// The text that a member of the file sets; null where it sets none.
std::string* member(RunConfig& config, std::string_view key) {
    if (key == "dir") return &config.dir;
    if (key == "key") return &config.key;
    if (key == "node-key") return &config.node_key;
    if (key == "password-file") return &config.password_file;
    if (key == "signer") return &config.signer;
    if (key == "rpc-jwt-secret") return &config.rpc.jwt_secret;
    if (key == "rpc-tls-cert") return &config.rpc.tls_certificate;
    if (key == "rpc-tls-key") return &config.rpc.tls_key;
    return nullptr;
}

}  // namespace

std::expected<HostPort, std::string> parse_host_port(std::string_view text) {
    const auto colon = text.rfind(':');
    auto host = text.substr(0, colon);
    const auto digits = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        host = {};  // an IPv6 address whose end could be a port
    }
    HostPort found{std::string(host), 0};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), found.port);
    if (host.empty() || digits.empty() || error != std::errc{} || end != digits.data() + digits.size())
        return std::unexpected(fmt::format("'{}' is not of the form HOST:PORT", text));
    return found;
}

std::expected<std::uint64_t, std::string> parse_history(std::string_view text) {
    if (text == "all") return 0;
    std::uint64_t days = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), days);
    if (error != std::errc{} || end != text.data() + text.size() || days == 0 || days > limits::history_days_max)
        return std::unexpected(fmt::format("a history is 'all' or a number of days from 1 to {}, which '{}' is not",
                                           limits::history_days_max, text));
    return days;
}

std::expected<PeerPlace, std::string> parse_peer(std::string_view text) {
    const auto at = text.find('@');
    const auto address = vm::address_from_hex(text.substr(0, at));
    const auto place = parse_host_port(at == std::string_view::npos ? std::string_view{} : text.substr(at + 1));
    if (!address || !text.starts_with("0x") || !place || place->port == 0)
        return std::unexpected(
            fmt::format("'{}' is not of the form 0xADDRESS@HOST:PORT, the address being that of the peer's key", text));
    return PeerPlace{*address, place->host, place->port};
}

std::expected<RunConfig, std::string> parse_run_config(std::string_view text) {
    const auto json = parse_object(wrong_key, text);
    if (!json) return std::unexpected(json.error());
    RunConfig config;
    for (const auto& [key, value] : json->items()) {
        if (key == "rpc-port") {
            if (!value.is_number_unsigned() || value.get<std::uint64_t>() > 65'535)
                return wrong_key(key, "must be a port");
            config.rpc_port = value.get<std::uint16_t>();
        } else if (key == "peers") {
            if (!value.is_array()) return wrong_key(key, "must be a list");
            for (const auto& item : value) {
                if (!item.is_string()) return wrong_key(key, "must be texts of the form 0xADDRESS@HOST:PORT");
                auto peer = parse_peer(item.get<std::string>());
                if (!peer) return wrong_key("peers", peer.error());
                config.peers.push_back(std::move(*peer));
            }
        } else if (key == "history") {
            const auto days = parse_history(value.is_string() ? value.get<std::string>() : value.dump());
            if (!days) return wrong_key(key, days.error());
            config.history_days = *days;
        } else if (key == "rpc-hosts" || key == "rpc-origins") {
            if (!value.is_array()) return wrong_key(key, "must be a list");
            auto& list = key == "rpc-hosts" ? config.rpc.hosts : config.rpc.origins;
            for (const auto& item : value) {
                if (!item.is_string()) return wrong_key(key, "must be a list of texts");
                list.push_back(item.get<std::string>());
            }
        } else if (auto* text_member = member(config, key)) {
            if (!value.is_string()) return wrong_key(key, "must be a text");
            *text_member = value.get<std::string>();
        } else if (key == "listen" || key == "rpc-listen") {
            if (!value.is_string()) return wrong_key(key, "must be a text");
            (key == "listen" ? config.listen : config.rpc.listen) = value.get<std::string>();
        } else {
            return wrong_key(key, "is not known");
        }
    }
    return config;
}

RunConfig merged(RunConfig file, RunConfig options) {
    for (const auto* key :
         {"dir", "key", "node-key", "password-file", "signer", "rpc-jwt-secret", "rpc-tls-cert", "rpc-tls-key"})
        if (auto* said = member(options, key); !said->empty()) *member(file, key) = std::move(*said);
    if (options.rpc.listen) file.rpc.listen = std::move(options.rpc.listen);
    file.rpc.hosts.insert(file.rpc.hosts.end(), options.rpc.hosts.begin(), options.rpc.hosts.end());
    file.rpc.origins.insert(file.rpc.origins.end(), options.rpc.origins.begin(), options.rpc.origins.end());
    if (options.rpc_port) file.rpc_port = options.rpc_port;
    if (options.history_days) file.history_days = options.history_days;
    if (options.listen) file.listen = std::move(options.listen);
    file.peers.insert(file.peers.end(), options.peers.begin(), options.peers.end());
    return file;
}

}  // namespace talea::node
