#include "node/core/serving.hpp"

#include "unit/node/core/core_network.hpp"

namespace talea::tests {
namespace {

namespace wire = node::wire;
namespace limits = node::limits;

TEST_CASE("headers end where the chain does, and no number wraps round") {
    const auto read = [](vm::BlockNumber number) -> std::optional<wire::CertifiedHeader> {
        if (number.value > 10) return std::nullopt;
        return wire::CertifiedHeader{{static_cast<std::uint8_t>(number.value)}, {}};
    };
    const auto made = node::answer(wire::GetHeaders{7, {8}, 256}, read);
    CHECK(made.request == 7);
    REQUIRE(made.headers.size() == 3);
    CHECK(made.headers[2].header == vm::Bytes{10});
    CHECK(node::answer(wire::GetHeaders{7, {11}, 5}, read).headers.empty());
    const auto any = [](vm::BlockNumber number) -> std::optional<wire::CertifiedHeader> {
        CHECK(number.value >= ~0ULL - 1);
        return wire::CertifiedHeader{};
    };
    CHECK(node::answer(wire::GetHeaders{7, {~0ULL - 1}, 256}, any).headers.size() == 1);
}

TEST_CASE("blocks fill a frame, the first whatever its size, and end where one is not here") {
    const auto read = [](const vm::Hash& hash) -> std::optional<wire::EncodedBlock> {
        if (hash == vm::Hash{}) return std::nullopt;
        return wire::EncodedBlock{{}, std::vector<vm::Bytes>(hash.bytes[0], vm::Bytes(limits::tx_bytes_max))};
    };
    const auto count = [&](std::vector<vm::Hash> hashes) {
        const auto made = node::answer(wire::GetBlocks{1, std::move(hashes)}, read);
        static_cast<void>(wire::encode_frame(made));  // fits, or ends the test
        return made.blocks.size();
    };
    CHECK(count({vm::Hash{{16}}, vm::Hash{{15}}, vm::Hash{{1}}, vm::Hash{{1}}}) == 3);
    CHECK(count({vm::Hash{{32}}, vm::Hash{{1}}}) == 1);
    CHECK(count({vm::Hash{{1}}, vm::Hash{}, vm::Hash{{1}}}) == 1);
    CHECK(count({}) == 0);
}

TEST_CASE("pending transactions go in as many frames as they need, what is not there in none") {
    node::Pool pool;
    std::vector<vm::Hash> hashes{vm::Hash{{1}}};
    for (std::uint64_t nonce = 0; nonce < 20; ++nonce) {
        const auto tx = core::transaction(nonce, 200'000);
        REQUIRE(pool.add(tx, {0, false}).has_value());
        hashes.push_back(tx->hash);
    }
    const auto frames = node::answer(hashes, pool);
    CHECK(frames.size() == 2);
    std::size_t all = 0;
    for (const auto& frame : frames) {
        all += frame.encoded.size();
        static_cast<void>(wire::encode_frame(frame));
    }
    CHECK(all == 20);
    CHECK(node::answer({vm::Hash{{1}}}, pool).empty());
}

}  // namespace
}  // namespace talea::tests
