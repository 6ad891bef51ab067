#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace talea::node {

namespace limits {
/// An answer that a command of the operator reads; `talea_why` of 100 validators is some 30 kB.
inline constexpr std::size_t http_answer_bytes_max = 4 * 1024 * 1024;
}  // namespace limits

/// What came back, whatever its status says.
struct HttpAnswer {
    unsigned status = 0;
    std::string body;
};

/// Asks a node once over plain HTTP: GET of `target` where `body` is empty, else POST of JSON. `url` is
/// "http://HOST:PORT". Blocks for at most about `timeout` a step. The error is one sentence.
[[nodiscard]] std::expected<HttpAnswer, std::string> http_ask(
    std::string_view url, std::string_view target, std::string_view body = {},
    std::chrono::milliseconds timeout = std::chrono::seconds(5));

}  // namespace talea::node
