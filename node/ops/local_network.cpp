#include "node/ops/local_network.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>
#include <thread>

#include "http/client.hpp"
#include "node/ops/files.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"

namespace talea::node {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;
using Sentence = std::string;

/// A node answers in milliseconds; one that does not in this time is shown as silent.
constexpr std::chrono::milliseconds answer_wait{500};
/// A node stops within the block in hand.
constexpr std::chrono::seconds stop_wait{15};
/// Of a node's metrics (monitor.hpp): transactions in blocks that it applied since it was started.
constexpr std::string_view applied_counter = "talea_transactions_applied_total";
/// Ports of nodes for each other: below those that the system gives to outgoing connections, so that no dialling node
/// sits on the port of one that has not started yet.
constexpr std::uint16_t ports_first = 20'000, ports_last = 32'000;

std::string name_of(std::size_t index) {
    return fmt::format("node-{}", index + 1);
}

bool is_free(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return false;
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool bound = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    return bound;
}

/// Walks over free ports, from a place that differs by process: two networks started at once seldom meet.
class FreePorts {
  public:
    [[nodiscard]] std::expected<std::uint16_t, Sentence> next() {
        for (; looked_at_ < ports_last - ports_first; ++looked_at_) {
            const auto port = ports_first + (first_ + looked_at_) % (ports_last - ports_first);
            if (!is_free(static_cast<std::uint16_t>(port))) continue;
            ++looked_at_;
            return static_cast<std::uint16_t>(port);
        }
        return std::unexpected(fmt::format("no port between {} and {} is free", ports_first, ports_last));
    }

  private:
    int first_ = ::getpid() * 32;
    int looked_at_ = 0;
};

std::expected<std::string, Sentence> absolute(const std::string& path) {
    std::error_code error;
    auto found = std::filesystem::absolute(path, error).lexically_normal().string();
    if (error) return std::unexpected(fmt::format("'{}': {}", path, error.message()));
    while (found.size() > 1 && found.ends_with('/')) found.pop_back();
    return found;
}

Json config_of(const LocalNetwork::Node& node, const std::vector<LocalNetwork::Node>& all) {
    auto peers = Json::array();
    for (const auto& other : all)
        if (other.name != node.name)
            peers.push_back(fmt::format("{}@127.0.0.1:{}", vm::to_hex(other.address), other.peer_port));
    auto config = Json::object();
    config["dir"] = node.dir;
    config["key"] = node.key_file();
    config["rpc-port"] = node.rpc_port;
    config["listen"] = fmt::format("127.0.0.1:{}", node.peer_port);
    config["peers"] = std::move(peers);
    return config;
}

/// The `result` members of the answers to a batch of requests, in their order.
std::optional<std::vector<Json>> ask(const LocalNetwork::Node& node, const Json& requests) {
    const auto answer = http::Client({node.rpc_url(), {}, {}}, answer_wait).post(requests.dump());
    if (!answer) return std::nullopt;
    const auto answers = Json::parse(answer->body, nullptr, false);
    if (!answers.is_array() || answers.size() != requests.size()) return std::nullopt;
    std::vector<Json> results(answers.size());
    for (const auto& each : answers) {
        const auto id = each.is_object() ? each.value("id", Json()) : Json();
        if (!id.is_number_unsigned() || id.get<std::size_t>() >= results.size() || !each.contains("result"))
            return std::nullopt;
        results[id.get<std::size_t>()] = each["result"];
    }
    return results;
}

void add_request(Json& requests, std::string_view method, Json params) {
    auto request = Json::object();
    request["jsonrpc"] = "2.0";
    request["id"] = requests.size();
    request["method"] = method;
    request["params"] = std::move(params);
    requests.push_back(std::move(request));
}

std::string text_in(const Json& json) {
    return json.is_string() ? json.get<std::string>() : std::string();
}

std::uint64_t number_in(const Json& quantity) {
    const auto text = text_in(quantity);
    std::uint64_t number = 0;
    if (text.starts_with("0x")) std::from_chars(text.data() + 2, text.data() + text.size(), number, 16);
    return number;
}

}  // namespace

std::size_t LocalNetwork::nodes_in(const std::string& dir) {
    std::size_t count = 0;
    while (file_exists(dir + "/" + name_of(count) + "/validator.key")) ++count;
    return count;
}

std::expected<LocalNetwork, Sentence> LocalNetwork::prepare(const std::string& dir, std::size_t count) {
    const auto folder = absolute(dir);
    if (!folder) return std::unexpected(folder.error());
    LocalNetwork network;
    for (std::size_t i = 0; i < count; ++i) {
        Node node{.name = name_of(i), .dir = *folder + "/" + name_of(i), .address = {}, .command = {}};
        if (auto made = make_folder(node.dir); !made) return std::unexpected(made.error());
        const auto key = file_exists(node.key_file()) ? read_key_file(node.key_file())
                                                      : make_key_file(node.key_file(), KeyUse::validator);
        if (!key) return std::unexpected(key.error());
        node.address = vm::address_of(key->key);
        network.nodes_.push_back(std::move(node));
    }
    return network;
}

std::expected<void, Sentence> LocalNetwork::start(const std::string& genesis_file, std::uint16_t rpc_port,
                                                  const std::vector<std::string>& words) {
    const auto genesis = read_text_file(genesis_file);
    if (!genesis) return std::unexpected(genesis.error());
    FreePorts ports;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        auto& node = nodes_[i];
        for (auto* port : {&node.rpc_port, &node.peer_port}) {
            const auto free = ports.next();
            if (!free) return std::unexpected(free.error());
            *port = *free;
        }
        if (rpc_port == 0) continue;
        node.rpc_port = static_cast<std::uint16_t>(rpc_port + i);
        if (!is_free(node.rpc_port))
            return std::unexpected(
                fmt::format("port {} for JSON-RPC of {} is taken; name the first of {} free ones "
                            "with --rpc-port, or have them found with --rpc-port 0",
                            node.rpc_port, node.name, nodes_.size()));
    }
    for (const auto& node : nodes_) {
        const auto own_genesis = node.dir + "/genesis.json";
        if (!file_exists(own_genesis))
            if (auto written = write_text_file(own_genesis, *genesis); !written) return written;
        if (auto written = write_text_file(node.config_file(), config_of(node, nodes_).dump(2) + "\n"); !written)
            return written;
    }
    for (auto& node : nodes_) {
        node.command = {own_program()};
        node.command.insert(node.command.end(), words.begin(), words.end());
        node.command.insert(node.command.end(), {"run", "--config", node.config_file()});
        auto process = ChildProcess::start(node.command, node.log_file());
        if (!process) return std::unexpected(process.error());
        processes_.push_back(std::move(*process));
        view_.nodes.push_back({.name = node.name, .address = vm::to_checksum_hex(node.address), .why = {}});
    }
    end_was_said_.assign(nodes_.size(), false);
    return {};
}

std::vector<pid_t> LocalNetwork::pids() const {
    std::vector<pid_t> pids;
    for (const auto& process : processes_) pids.push_back(process.pid());
    return pids;
}

std::vector<Sentence> LocalNetwork::newly_ended() {
    std::vector<Sentence> sentences;
    for (std::size_t i = 0; i < processes_.size(); ++i) {
        const auto& end = processes_[i].end();
        if (!end || end_was_said_[i]) continue;
        end_was_said_[i] = true;
        sentences.push_back(fmt::format("{} ended ({}); its last words are in {}; start it again with\n  {}",
                                        nodes_[i].name, *end, nodes_[i].log_file(), fmt::join(nodes_[i].command, " ")));
    }
    return sentences;
}

bool LocalNetwork::none_runs() const {
    return std::ranges::all_of(view_.nodes, [](const NodeView& node) { return node.state == NodeView::State::ended; });
}

const NetworkView& LocalNetwork::look() {
    auto requests = Json::array();
    add_request(requests, "eth_blockNumber", Json::array());
    add_request(requests, "talea_why", Json::array());
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        auto& shown = view_.nodes[i];
        // Also one whose process ended is asked: it may have been started again by hand.
        const auto said = ask(nodes_[i], requests);
        if (!said) {
            const bool ended = processes_[i].end().has_value();
            if (ended) {
                shown.state = NodeView::State::ended;
                shown.why = fmt::format("start it again: {}", fmt::join(nodes_[i].command, " "));
            } else if (shown.state != NodeView::State::starting) {
                shown.state = NodeView::State::silent;
                shown.why = "its process runs and does not answer";
            }
            shown.peers = 0;
            continue;
        }
        shown.state = NodeView::State::running;
        shown.block = number_in((*said)[0]);
        const auto& why = (*said)[1];
        if (why.is_object()) {
            shown.round = number_in(why.value("round", Json()));
            shown.peers = why.value("peers", Json::array()).size();
            shown.why = text_in(why.value("sentence", Json()));
        }
    }
    count_transactions();
    return view_;
}

void LocalNetwork::count_transactions() {
    const auto running = std::ranges::find(view_.nodes, NodeView::State::running, &NodeView::state);
    if (running == view_.nodes.end()) {
        view_.txs_per_second = 0;
        return;
    }
    const auto node = static_cast<std::size_t>(running - view_.nodes.begin());
    const auto page = http::Client({nodes_[node].rpc_url(), {}, {}}, answer_wait).get("/metrics");
    if (!page) return;
    const auto name = "\n" + std::string(applied_counter) + " ";
    const auto at = page->body.find(name);
    Count count{node, 0, Clock::now()};
    const auto* const end = page->body.data() + page->body.size();
    if (at == std::string::npos ||
        std::from_chars(page->body.data() + at + name.size(), end, count.transactions).ec != std::errc{})
        return;
    // Another node, or one that began anew, counts from elsewhere.
    if (counted_ && counted_->node == node && counted_->transactions <= count.transactions && counted_->at < count.at)
        view_.txs_per_second = static_cast<double>(count.transactions - counted_->transactions) /
                               std::chrono::duration<double>(count.at - counted_->at).count();
    counted_ = count;
}

void LocalNetwork::stop() {
    for (const auto& process : processes_) process.ask_to_end();
    const auto end = Clock::now() + stop_wait;
    const auto runs = [](ChildProcess& process) { return !process.end(); };
    while (std::ranges::any_of(processes_, runs) && Clock::now() < end)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    for (std::size_t i = 0; i < processes_.size(); ++i) {
        if (processes_[i].end()) continue;
        fmt::print(stderr, "talead: {} did not end within {} s and is killed\n", nodes_[i].name, stop_wait.count());
        processes_[i].kill();
    }
    processes_.clear();
}

}  // namespace talea::node
