#pragma once
#include <chrono>
#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "http/client.hpp"

namespace talea::wallet {

using Json = nlohmann::json;

/// Why there is no result. Only `answered` says anything about what was asked.
struct RpcFailure {
    enum class Kind : std::uint8_t {
        bad_url,      ///< not of the form http://host[:port][/path], or a file that it needs is not what it should be
        unreachable,  ///< nothing was asked: no connection could be made, or the node does not know this client
        lost,         ///< sent perhaps, but no answer came in time; a transaction's fate is unknown
        not_a_node,   ///< something answered that does not speak JSON-RPC
        other_chain,  ///< not the chain that was asked for; nothing but its id was asked
        answered,     ///< the node's own error
    };
    Kind kind = Kind::unreachable;
    std::string message;    ///< one sentence
    std::int64_t code = 0;  ///< of `answered`: −32700 …, 3 with revert data, −32010 without permission
    Json data;              ///< of `answered`
};

/// JSON-RPC 2.0 over HTTP, one request at a time on one kept connection. Blocks; not for use by two threads.
class RpcClient {
  public:
    explicit RpcClient(http::Place node, std::chrono::milliseconds timeout = std::chrono::seconds(30))
        : client_(std::move(node), timeout) {}

    /// An answer larger than 64 MiB counts as lost.
    [[nodiscard]] std::expected<Json, RpcFailure> call(std::string_view method, Json params = Json::array());
    [[nodiscard]] const std::string& url() const { return client_.url(); }

  private:
    http::Client client_;
    std::uint64_t next_id_ = 1;

    std::expected<std::string, RpcFailure> exchange(const std::string& body);
};

}  // namespace talea::wallet
