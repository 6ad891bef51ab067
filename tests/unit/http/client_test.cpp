#include "http/client.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>
#include <vector>

namespace talea::tests {
namespace {

using Kind = http::Failure::Kind;
using namespace std::chrono_literals;

/// Gives these bytes, one text a request, then hangs up; each inner list is a connection of its own.
class Server {
  public:
    explicit Server(std::vector<std::vector<std::string>> connections) {
        listening_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        REQUIRE(::bind(listening_, reinterpret_cast<sockaddr*>(&at), size) == 0);
        REQUIRE(::listen(listening_, 8) == 0);
        REQUIRE(::getsockname(listening_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
        url = "http://127.0.0.1:" + std::to_string(ntohs(at.sin_port));
        thread_ = std::thread([this, connections = std::move(connections)] {
            for (const auto& answers : connections) serve(::accept(listening_, nullptr, nullptr), answers);
        });
    }
    ~Server() {
        if (thread_.joinable()) thread_.join();
        ::close(listening_);
    }
    /// What it was asked, once it has given all.
    [[nodiscard]] std::vector<std::string> end() {
        thread_.join();
        return asked_;
    }
    std::string url;

  private:
    void serve(int connection, const std::vector<std::string>& answers) {
        for (const auto& answer : answers) {
            char part[4096];
            const auto count = ::recv(connection, part, sizeof part, 0);
            if (count <= 0) break;
            asked_.emplace_back(part, static_cast<std::size_t>(count));
            static_cast<void>(::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL));
            if (answer.empty()) static_cast<void>(::recv(connection, part, sizeof part, 0));  // until it gives up
        }
        ::close(connection);
    }
    int listening_ = -1;
    std::vector<std::string> asked_;
    std::thread thread_;
};

const std::string whole = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

}  // namespace

TEST_CASE("answers are read by their length, by chunks, and until the connection ends") {
    for (const auto& answer :
         {whole, std::string("HTTP/1.1 200 OK\r\ncontent-length:5\r\nConnection: close\r\n\r\nhello"),
          std::string(
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nA: b\r\n\r\n"),
          std::string("HTTP/1.0 200 OK\r\n\r\nhello")}) {
        CAPTURE(answer);
        const Server server({{answer}});
        http::Client client({server.url, {}, {}}, 5s);
        const auto got = client.post("{}");
        REQUIRE(got.has_value());
        CHECK(got->status == 200);
        CHECK(got->body == "hello");
    }
}

TEST_CASE("a connection is kept, and one that was closed meanwhile is made anew for the same request") {
    Server server({{whole, whole}, {whole}});
    http::Client client({server.url, {}, {}}, 5s);
    for (int i = 0; i < 3; ++i) {
        const auto got = client.post("[" + std::to_string(i) + "]");
        REQUIRE(got.has_value());
        CHECK(got->body == "hello");
    }
    const auto asked = server.end();
    REQUIRE(asked.size() == 3);
    CHECK(asked[0].starts_with("POST / HTTP/1.1\r\n"));
    CHECK(asked[2].ends_with("\r\n\r\n[2]"));
}

TEST_CASE("what does not answer, or not in HTTP, or too much, is lost; what is not there was not asked") {
    for (const std::string answer : {"", "nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
                                     "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nhello",
                                     "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                                     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n"}) {
        CAPTURE(answer);
        const Server server({{answer}});
        const auto got = http::Client({server.url, {}, {}}, 300ms).post("{}");
        REQUIRE(!got.has_value());
        CHECK(got.error().kind == Kind::lost);
    }
    const auto kind = [](http::Place place) { return http::Client(std::move(place), 300ms).get("/").error().kind; };
    CHECK(kind({"http://127.0.0.1:1", {}, {}}) == Kind::unreachable);
    CHECK(kind({"127.0.0.1:1", {}, {}}) == Kind::bad_url);
    CHECK(kind({"http://127.0.0.1:1", "/nothing/there", {}}) == Kind::bad_file);
}

}  // namespace talea::tests
