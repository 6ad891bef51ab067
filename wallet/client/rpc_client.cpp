#include "wallet/client/rpc_client.hpp"

namespace talea::wallet {
namespace {

using Kind = RpcFailure::Kind;

RpcFailure failure(Kind kind, std::string message) {
    return {.kind = kind, .message = std::move(message), .code = 0, .data = nullptr};
}

RpcFailure to_failure(const http::Failure& failed, const std::string& url) {
    switch (failed.kind) {
        case http::Failure::Kind::bad_url:
            return failure(Kind::bad_url, "\"" + url + "\" is no address of a node; " + failed.why);
        case http::Failure::Kind::bad_file:
            return failure(Kind::bad_url, failed.why);
        case http::Failure::Kind::unreachable:
            return failure(Kind::unreachable, "no node answers at " + url + " (" + failed.why +
                                                  "); start one with `talead run` or name another with --rpc");
        case http::Failure::Kind::lost:
            break;
    }
    return failure(Kind::lost, "the node at " + url + " did not answer (" + failed.why + ")");
}

}  // namespace

std::expected<std::string, RpcFailure> RpcClient::exchange(const std::string& body) {
    auto answer = client_.post(body);
    if (!answer) return std::unexpected(to_failure(answer.error(), url()));
    // One who asks for a token, or for another name, says so in words.
    if (answer->status == 401 || answer->status == 403)
        return std::unexpected(failure(Kind::unreachable, "the node at " + url() + " refuses: " + answer->body +
                                                              (answer->status == 401 ? " (--jwt-secret)" : "")));
    return std::move(answer->body);
}

std::expected<Json, RpcFailure> RpcClient::call(std::string_view method, Json params) {
    const std::uint64_t id = next_id_++;
    const std::string body =
        Json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}}.dump();
    auto answer = exchange(body);
    if (!answer) return std::unexpected(answer.error());

    Json json = Json::parse(*answer, nullptr, false);
    if (!json.is_object() || (!json.contains("result") && !json.contains("error"))) {
        return std::unexpected(
            failure(Kind::not_a_node, "what answers at " + url() + " does not speak JSON-RPC; is it a Talea node?"));
    }
    if (const auto error = json.find("error"); error != json.end() && error->is_object()) {
        return std::unexpected(RpcFailure{.kind = Kind::answered,
                                          .message = error->value("message", "the node gave no reason"),
                                          .code = error->value("code", std::int64_t{0}),
                                          .data = error->value("data", Json())});
    }
    return std::move(json["result"]);
}

}  // namespace talea::wallet
