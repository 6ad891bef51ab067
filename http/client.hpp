#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

/// HTTP/1.1 as clients of a node's JSON-RPC speak it: the wallet's, and the operator's commands.
namespace talea::http {

namespace limits {
inline constexpr std::size_t answer_bytes_max = 64U << 20;
inline constexpr std::size_t head_bytes_max = 64U << 10;
}  // namespace limits

/// A node's JSON-RPC, and what it asks of those who ask.
struct Place {
    std::string url;              ///< http://HOST[:PORT][/PATH], or https://
    std::string jwt_secret_file;  ///< with the secret that tokens are made with (token.hpp); empty: no tokens
    std::string ca_file;  ///< PEM: by whom a certificate must be signed, or itself; empty: whom the system trusts
};

/// Why there is no answer; `why` in a few words, to be put in brackets.
struct Failure {
    enum class Kind : std::uint8_t {
        bad_url,      ///< not of the form above
        bad_file,     ///< of the secret, or of certificates; `why` is a sentence that names it
        unreachable,  ///< nothing was asked: no connection could be made, or it is not with whom it should be
        lost,         ///< asked perhaps, but no answer came in time
    };
    Kind kind = Kind::unreachable;
    std::string why;
};

struct Answer {
    unsigned status = 0;
    std::string body;
};

/// One request at a time, on one connection that is kept. Blocks for at most `timeout` to connect, to write and to read
/// each. Not for use by two threads.
class Client {
  public:
    Client(Place place, std::chrono::milliseconds timeout);
    ~Client();
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;

    /// POST of JSON to the URL's path. Where a connection that was kept turns out to be closed, it is sent again.
    [[nodiscard]] std::expected<Answer, Failure> post(std::string_view json);
    [[nodiscard]] std::expected<Answer, Failure> get(std::string_view target);

    [[nodiscard]] const std::string& url() const { return place_.url; }

  private:
    struct Connection;
    [[nodiscard]] std::expected<Answer, Failure> ask(std::string_view method, std::string_view target,
                                                     std::string_view body);
    [[nodiscard]] std::expected<void, Failure> connect();

    Place place_;
    std::chrono::milliseconds timeout_;
    std::unique_ptr<Connection> connection_;
};

}  // namespace talea::http
