#include "bench/load/rpc.hpp"

#include <charconv>

#include "bench/load/stop.hpp"
#include "vm/base/hex.hpp"

namespace talea::load {
namespace {

/// The result of an answer.
Json take_result(Json& answer, std::string_view asked) {
    const auto result = answer.find("result");
    if (!answer.is_object() || result == answer.end())
        stop("{} is answered {}", asked.substr(0, 200), answer.dump().substr(0, 1'000));
    return std::move(*result);
}

}  // namespace

std::string request(std::string_view method, std::string_view params, std::size_t id) {
    return fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{}}})", id, method, params);
}

std::string batch(const std::vector<std::string>& requests) {
    return fmt::format("[{}]", fmt::join(requests, ","));
}

std::uint64_t quantity(const Json& json) {
    const auto text = json.is_string() ? json.get<std::string>() : std::string();
    std::uint64_t value = 0;
    if (text.size() < 3 || std::from_chars(text.data() + 2, text.data() + text.size(), value, 16).ec != std::errc{})
        stop("{} is no quantity", json.dump());
    return value;
}

Json Rpc::call(std::string_view method, std::string_view params) {
    auto answer = Json::parse(connection_.post(request(method, params)), nullptr, false);
    return take_result(answer, method);
}

std::vector<Json> Rpc::call(const std::vector<std::string>& requests) {
    auto answers = Json::parse(connection_.post(batch(requests)), nullptr, false);
    std::vector<Json> results(requests.size());
    if (!answers.is_array() || answers.size() != requests.size())
        stop("a batch of {} is answered {}", requests.size(), answers.dump().substr(0, 1'000));
    for (auto& answer : answers) {
        const auto id = answer.value("id", requests.size());
        if (id >= requests.size()) stop("an answer has the id {}", id);
        results[id] = take_result(answer, requests[id]);
    }
    return results;
}

void Rpc::send(const std::vector<vm::Bytes>& transactions) {
    std::vector<std::string> requests;
    for (const auto& encoded : transactions)
        requests.push_back(request("eth_sendRawTransaction", "[\"" + vm::to_hex(encoded) + "\"]", requests.size()));
    send(batch(requests), transactions.size());
}

void Rpc::send(std::string_view body, std::size_t count) {
    // Not parsed: the client's time is the server's.
    const auto answer = connection_.post(body);
    std::size_t taken = 0;
    for (auto at = answer.find("\"result\""); at != std::string_view::npos; at = answer.find("\"result\"", at + 1))
        ++taken;
    if (taken != count)
        stop("of {} transactions {} were taken: {}", count, taken,
             answer.substr(std::min(answer.find("\"error\""), answer.size()), 400));
}

std::uint64_t Rpc::number(std::string_view method, std::string_view params) {
    return quantity(call(method, params));
}

}  // namespace talea::load
