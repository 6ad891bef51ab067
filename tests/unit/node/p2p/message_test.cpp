#include "node/p2p/message.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>

#include "node/p2p/hello.hpp"
#include "node/p2p/identity.hpp"
#include "node/p2p/tls_context.hpp"
#include "unit/random.hpp"
#include "vm/base/hex.hpp"

namespace talea::tests {
namespace {

namespace wire = node::wire;
namespace limits = node::limits;

vm::Hash random_hash(Random& random) {
    vm::Hash hash;
    std::ranges::copy(random.bytes(32), hash.bytes.begin());
    return hash;
}

wire::Message random_message(Random& random) {
    const auto hashes = [&] {
        std::vector<vm::Hash> out(random.below(5));
        for (auto& hash : out) hash = random_hash(random);
        return out;
    };
    const auto transactions = [&] {
        std::vector<vm::Bytes> out(random.below(4));
        for (auto& tx : out) tx = random.bytes(32 + random.below(300));
        return out;
    };
    switch (random.below(11)) {
        case 0: {
            wire::Status status{
                random_hash(random), {random.next()}, random_hash(random), random.bytes(random.below(99)), {}};
            for (auto n = random.below(4); n > 0; --n) status.linked.push_back(random.address());
            std::ranges::sort(status.linked);
            return status;
        }
        case 1:
            return wire::Refused{static_cast<wire::Refusal>(1 + random.below(4))};
        case 2:
            return wire::Announce{hashes()};
        case 3:
            return wire::GetTransactions{hashes()};
        case 4:
            return wire::Transactions{transactions()};
        case 5:
            return wire::Consensus{random.bytes(random.below(400))};
        case 6:
            return wire::GetHeaders{random.next(), {random.next()}, 1 + random.below(limits::wire_headers_max)};
        case 7: {
            wire::Headers headers{random.next(), {}};
            for (auto n = random.below(4); n > 0; --n)
                headers.headers.push_back({random.bytes(random.below(700)), random.bytes(random.below(300))});
            return headers;
        }
        case 8:
            return wire::GetBlocks{random.next(), hashes()};
        case 9:
            return wire::Checkpoint{random.bytes(random.below(400))};
        default: {
            wire::Blocks blocks{random.next(), {}};
            for (auto n = random.below(4); n > 0; --n)
                blocks.blocks.push_back({random.bytes(random.below(700)), transactions()});
            return blocks;
        }
    }
}

std::expected<wire::Message, wire::WireError> decode(vm::BytesView frame) {
    const auto header = wire::decode_frame_header(frame);
    if (!header) return std::unexpected(header.error());
    return wire::decode_payload(*header, frame.subspan(wire::frame_header_bytes));
}

/// `payload` in a frame of `type`.
vm::Bytes framed(std::uint8_t type, const vm::Bytes& payload, std::uint8_t version = wire::wire_version) {
    vm::Bytes frame;
    for (int shift = 24; shift >= 0; shift -= 8) frame.push_back(static_cast<std::uint8_t>(payload.size() >> shift));
    frame.push_back(type);
    frame.push_back(version);
    vm::append(frame, payload);
    return frame;
}

TEST_CASE("every message is read as it was written") {
    Random random;
    CAPTURE(random.seed);
    for (int i = 0; i < 2'000; ++i) {
        const auto message = random_message(random);
        const auto decoded = decode(wire::encode_frame(message));
        REQUIRE(decoded.has_value());
        REQUIRE(*decoded == message);
    }
}

TEST_CASE("what is read from a damaged frame is what would have been written as that frame") {
    Random random;
    CAPTURE(random.seed);
    int read = 0;
    for (int i = 0; i < 20'000; ++i) {
        auto frame = wire::encode_frame(random_message(random));
        for (auto n = 1 + random.below(3); n > 0; --n)
            frame[random.below(frame.size())] = static_cast<std::uint8_t>(random.next());
        if (random.one_in(4)) frame.resize(random.below(frame.size() + 1));
        const auto decoded = decode(frame);
        if (!decoded || frame[5] != wire::wire_version) continue;
        ++read;
        REQUIRE(wire::encode_frame(*decoded) == frame);
    }
    CHECK(read > 100);
}

TEST_CASE("a frame above its type's limit, of version 0 or cut short is refused by its first six bytes") {
    for (std::uint8_t type = 1; type <= 10; ++type) {
        const auto most = wire::payload_bytes_max(type);
        const auto header = [&](std::size_t size) {
            vm::Bytes bytes;
            for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(size >> shift));
            bytes.push_back(type);
            bytes.push_back(1);
            return bytes;
        };
        CHECK(wire::decode_frame_header(header(most)).has_value());
        CHECK(wire::decode_frame_header(header(most + 1)).error() == wire::WireError::too_large);
        CHECK(wire::decode_frame_header(header(0xffffffff)).error() == wire::WireError::too_large);
    }
    auto old = framed(3, {0xc1, 0xc0}, 0);
    CHECK(wire::decode_frame_header(old).error() == wire::WireError::no_version);
    old.resize(5);
    CHECK(wire::decode_frame_header(old).error() == wire::WireError::too_short);
}

TEST_CASE("a later version may append fields and types, and this one may not") {
    const vm::Bytes appended{0xc3, 0xc0, 0x01, 0x02};  // an announcement of nothing, and two fields more
    CHECK(decode(framed(3, appended, 2)) == wire::Message(wire::Announce{}));
    CHECK(decode(framed(3, appended, 1)).error() == wire::WireError::malformed);
    CHECK(decode(framed(12, {0xc0})).error() == wire::WireError::unknown_type);
    CHECK(decode(framed(0, {0xc0})).error() == wire::WireError::unknown_type);
}

TEST_CASE("counts beyond their limits are malformed") {
    const auto announce = [](std::size_t count) {
        wire::Announce message;
        message.hashes.resize(count);
        return message;
    };
    CHECK(decode(wire::encode_frame(announce(limits::wire_hashes_max))).has_value());
    CHECK(decode(framed(7, {0xc3, 0x01, 0x07, 0x80})).error() == wire::WireError::malformed);  // no header
    CHECK(decode(framed(7, {0xc5, 0x01, 0x07, 0x82, 0x01, 0x00})).has_value());                // 256
    CHECK(decode(framed(7, {0xc5, 0x01, 0x07, 0x82, 0x01, 0x01})).error() == wire::WireError::malformed);
    CHECK(decode(framed(2, {0xc1, 0x80})).error() == wire::WireError::malformed);  // reason 0
    CHECK(decode(framed(2, {0xc1, 0x06})).error() == wire::WireError::malformed);
    wire::Transactions tiny{{vm::Bytes(32, 1)}};
    CHECK(decode(wire::encode_frame(tiny)).has_value());
    tiny.encoded[0].resize(31);
    CHECK(decode(wire::encode_frame(tiny)).error() == wire::WireError::malformed);
}

TEST_CASE("links that are not ascending are malformed") {
    wire::Status status;
    status.linked = {vm::low_address(1), vm::low_address(2)};
    CHECK(decode(wire::encode_frame(status)).has_value());
    status.linked = {vm::low_address(2), vm::low_address(2)};
    CHECK(decode(wire::encode_frame(status)).error() == wire::WireError::malformed);
    status.linked = {vm::low_address(2), vm::low_address(1)};
    CHECK(decode(wire::encode_frame(status)).error() == wire::WireError::malformed);
}

TEST_CASE("the largest block and the largest transactions fit their frames") {
    wire::Blocks block{1, {{vm::Bytes(limits::header_bytes_max), {}}}};
    std::size_t bytes = 0;
    while (bytes + limits::tx_bytes_max <= limits::block_bytes_max) {
        block.blocks[0].transactions.emplace_back(limits::tx_bytes_max);
        bytes += limits::tx_bytes_max;
    }
    CHECK(decode(wire::encode_frame(block)).has_value());
    const wire::Transactions txs{std::vector(8, vm::Bytes(limits::tx_bytes_max))};
    CHECK(decode(wire::encode_frame(txs)).has_value());
}

/// The hexadecimal lines of WIRE.md's examples, by the word before them.
std::map<std::string, vm::Bytes> examples() {
    std::map<std::string, vm::Bytes> all;
    std::ifstream file(TALEA_WIRE_MD);
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("    ")) continue;
        const auto space = line.find(' ', 4);
        if (space == std::string::npos) continue;
        auto digits = line.substr(space);
        std::erase(digits, ' ');
        if (const auto bytes = vm::from_hex(digits)) all[line.substr(4, space - 4)] = *bytes;
    }
    return all;
}

TEST_CASE("the examples of WIRE.md are what this node writes and takes") {
    auto given = examples();
    CHECK(given.at("frame") == wire::encode_frame(wire::GetHeaders{1, {7}, 256}));
    const wire::Hello hello{wire::Lane::votes, 0x1234, 0xabcdef};
    CHECK(given.at("hello") == wire::encode_hello(hello));
    CHECK(wire::decode_hello(given.at("hello")) == hello);
    vm::PrivateKey one;
    one.secret.bytes[31] = 1;
    vm::Hash genesis;
    genesis.bytes.fill(0x11);
    CHECK(given.at("proof") == node::identity_proof(node::KeySigner(one), genesis, given.at("tls-key")));
}

TEST_CASE("the limits and the identifier in WIRE.md are the code's") {
    std::ifstream file(TALEA_WIRE_MD);
    REQUIRE(file);
    int rows = 0;
    bool has_identifier = false, has_protocol = false;
    for (std::string line; std::getline(file, line);) {
        has_identifier =
            has_identifier || line.find(std::string("`") + node::identity_extension_oid + "`") != std::string::npos;
        has_protocol =
            has_protocol || line.find("ALPN `" + std::string(node::wire_protocol) + "`") != std::string::npos;
        if (line.size() < 3 || line[0] != '|' || line[2] < '1' || line[2] > '9') continue;
        const auto type = std::stoul(line.substr(2));
        auto limit = line.substr(line.rfind('|', line.size() - 2) + 1);
        std::erase_if(limit, [](char c) { return c < '0' || c > '9'; });
        CAPTURE(line);
        CHECK(std::stoul(limit) == wire::payload_bytes_max(static_cast<std::uint8_t>(type)));
        ++rows;
    }
    CHECK(rows == 11);
    CHECK(has_identifier);
    CHECK(has_protocol);
}

}  // namespace
}  // namespace talea::tests
