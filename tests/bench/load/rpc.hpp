#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/http_connection.hpp"
#include "vm/base/bytes.hpp"

namespace talea::load {

using Json = nlohmann::json;

/// One request as text: `params` is the JSON of its list.
[[nodiscard]] std::string request(std::string_view method, std::string_view params, std::size_t id = 0);
/// A list of requests.
[[nodiscard]] std::string batch(const std::vector<std::string>& requests);

/// JSON-RPC 2.0 over one connection. An error that the node answers ends the program: nothing that is asked here can
/// be refused on a chain made for it.
class Rpc {
  public:
    explicit Rpc(const Url& url) : connection_(url) {}

    [[nodiscard]] Json call(std::string_view method, std::string_view params);
    /// The results, in the order of the requests, whose ids are their positions.
    [[nodiscard]] std::vector<Json> call(const std::vector<std::string>& requests);
    /// eth_sendRawTransaction of each, of which each is to be taken.
    void send(const std::vector<vm::Bytes>& transactions);
    /// The same where the request is already text; `count` transactions.
    void send(std::string_view body, std::size_t count);

    [[nodiscard]] std::uint64_t number(std::string_view method, std::string_view params);

  private:
    HttpConnection connection_;
};

[[nodiscard]] std::uint64_t quantity(const Json& json);

}  // namespace talea::load
