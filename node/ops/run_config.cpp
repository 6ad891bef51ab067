#include "node/ops/run_config.hpp"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "vm/base/hex.hpp"

namespace talea::node {
namespace {

using Json = nlohmann::json;

std::unexpected<std::string> wrong(std::string_view key, std::string_view what) {
    return std::unexpected(fmt::format("the configuration: {} {}", key, what));
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
    const auto json = Json::parse(text, nullptr, false);
    if (!json.is_object()) return std::unexpected("the configuration is no JSON object");
    RunConfig config;
    for (const auto& [key, value] : json.items()) {
        if (key == "rpc-port") {
            if (!value.is_number_unsigned() || value.get<std::uint64_t>() > 65'535) return wrong(key, "must be a port");
            config.rpc_port = value.get<std::uint16_t>();
        } else if (key == "peers") {
            if (!value.is_array()) return wrong(key, "must be a list");
            for (const auto& item : value) {
                if (!item.is_string()) return wrong(key, "must be texts of the form 0xADDRESS@HOST:PORT");
                auto peer = parse_peer(item.get<std::string>());
                if (!peer) return wrong("peers", peer.error());
                config.peers.push_back(std::move(*peer));
            }
        } else if (key == "dir" || key == "key" || key == "node-key" || key == "listen") {
            if (!value.is_string()) return wrong(key, "must be a text");
            const auto said = value.get<std::string>();
            if (key == "dir") config.dir = said;
            if (key == "key") config.key = said;
            if (key == "node-key") config.node_key = said;
            if (key == "listen") config.listen = said;
        } else {
            return wrong(key, "is not known");
        }
    }
    return config;
}

RunConfig merged(RunConfig file, RunConfig options) {
    if (!options.dir.empty()) file.dir = std::move(options.dir);
    if (!options.key.empty()) file.key = std::move(options.key);
    if (!options.node_key.empty()) file.node_key = std::move(options.node_key);
    if (options.rpc_port) file.rpc_port = options.rpc_port;
    if (options.listen) file.listen = std::move(options.listen);
    file.peers.insert(file.peers.end(), options.peers.begin(), options.peers.end());
    return file;
}

}  // namespace talea::node
