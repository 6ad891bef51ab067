#include "node/ops/run_config.hpp"

#include <doctest/doctest.h>

#include "vm/base/hex.hpp"

namespace talea::tests {
namespace {

TEST_CASE("a peer is an address of a key at a host and a port, and nothing less") {
    const auto peer = node::parse_peer("0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF@validator-2.bank.example:30303");
    REQUIRE(peer.has_value());
    CHECK(vm::to_hex(peer->peer) == "0x2b5ad5c4795c026514f8317c7a215e218dccd6cf");
    CHECK(peer->host == "validator-2.bank.example");
    CHECK(peer->port == 30303);
    const auto v6 = node::parse_peer("0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF@[2001:db8::7]:1");
    REQUIRE(v6.has_value());
    CHECK(v6->host == "2001:db8::7");
    for (const char* text :
         {"", "@", "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF", "host:1",
          "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF@host",
          "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF@host:", "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF@host:0",
          "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF@host:65536", "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF@host:1x",
          "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF@:1", "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF@2001:db8::7:1",
          "0x2B5AD5c4795c026514f8317c7a215E218DcCD6@host:1", "2B5AD5c4795c026514f8317c7a215E218DcCD6cF@host:1"}) {
        CAPTURE(text);
        CHECK(!node::parse_peer(text).has_value());
    }
}

TEST_CASE("a configuration says what the options say, and the options go first") {
    const auto file = node::parse_run_config(R"({"dir": "/var/lib/talea", "key": "a.key", "rpc-port": 8545,
        "listen": "0.0.0.0:30303", "peers": ["0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF@b:1"]})");
    REQUIRE(file.has_value());
    CHECK(file->dir == "/var/lib/talea");
    CHECK(file->listen == "0.0.0.0:30303");
    REQUIRE(file->peers.size() == 1);
    node::RunConfig options;
    options.key = "b.key";
    options.rpc_port = 0;
    options.peers.push_back(*node::parse_peer("0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf@a:2"));
    const auto config = node::merged(*file, options);
    CHECK(config.dir == "/var/lib/talea");
    CHECK(config.key == "b.key");
    CHECK(config.rpc_port == 0);
    CHECK(config.peers.size() == 2);
}

TEST_CASE("a history is all or some days, and the line goes before the file") {
    CHECK(node::parse_run_config(R"({"history": "all"})")->history_days == 0);
    CHECK(node::parse_run_config(R"({"history": 36500})")->history_days == 36'500);
    CHECK_FALSE(node::parse_run_config("{}")->history_days.has_value());
    CHECK(node::parse_history("1") == 1);
    for (const char* text : {"0", "36501", "-1", "1.5", "", "7d", "All", "18446744073709551617"}) {
        CAPTURE(text);
        CHECK_FALSE(node::parse_history(text).has_value());
    }
    for (const char* text : {"0", "36501", "1.5", "[]", "null", "\"\""}) {
        CAPTURE(text);
        CHECK_FALSE(node::parse_run_config(std::string(R"({"history": )") + text + "}").has_value());
    }
    node::RunConfig options;
    options.history_days = 0;
    CHECK(node::merged(*node::parse_run_config(R"({"history": 7})"), options).history_days == 0);
    CHECK(node::merged(*node::parse_run_config(R"({"history": 7})"), {}).history_days == 7);
}

TEST_CASE("what a configuration says that nobody knows is named") {
    CHECK(node::parse_run_config("[]").error() == "the configuration is no JSON object");
    CHECK(node::parse_run_config(R"({"Dir": "x"})").error() == "the configuration: Dir is not known");
    CHECK(node::parse_run_config(R"({"rpc-port": 65536})").error() == "the configuration: rpc-port must be a port");
    CHECK(node::parse_run_config(R"({"listen": 1})").error() == "the configuration: listen must be a text");
    CHECK(!node::parse_run_config(R"({"peers": ["x"]})").has_value());
    CHECK(!node::parse_run_config(R"({"peers": "x"})").has_value());
    CHECK(node::parse_run_config(R"({"rpc-hosts": "x"})").error() == "the configuration: rpc-hosts must be a list");
    CHECK(node::parse_run_config(R"({"rpc-tls-key": 1})").error() == "the configuration: rpc-tls-key must be a text");
}

TEST_CASE("who may ask a node is configured in the file, by the line, and by both lists together") {
    const auto file =
        node::parse_run_config(R"({"rpc-listen": "0.0.0.0:8545", "rpc-jwt-secret": "a", "rpc-tls-cert": "c",
        "rpc-tls-key": "k", "rpc-hosts": ["one.example"], "rpc-origins": ["https://one.example"]})");
    REQUIRE(file.has_value());
    node::RunConfig options;
    options.rpc.jwt_secret = "b";
    options.rpc.hosts = {"two.example"};
    const auto config = node::merged(*file, options).rpc;
    CHECK(config.listen == "0.0.0.0:8545");
    CHECK(config.jwt_secret == "b");
    CHECK(config.tls_certificate == "c");
    CHECK(config.tls_key == "k");
    CHECK(config.hosts == std::vector<std::string>{"one.example", "two.example"});
    CHECK(config.origins == std::vector<std::string>{"https://one.example"});
}

}  // namespace
}  // namespace talea::tests
