#include "vm/crypto/keccak.hpp"

#include <doctest/doctest.h>

#include <string_view>

#include "unit/random.hpp"
#include "unit/vm/crypto/plain_keccak.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/keccak_implementation.hpp"

using namespace talea;
using vm::Hash;
using vm::u256;

namespace {

vm::BytesView text(std::string_view chars) {
    return {reinterpret_cast<const std::uint8_t*>(chars.data()), chars.size()};
}

void check_absorbing(const vm::KeccakImplementation& one, tests::Random& random) {
    std::array<tests::PlainKeccak, 4> plain;
    std::array<vm::Bytes, 4> blocks;
    std::array<const std::uint8_t*, 4> read_from;
    vm::KeccakLanesOf4 states;
    for (std::size_t state = 0; state < 4; ++state) {
        blocks[state] = random.bytes(136);
        read_from[state] = blocks[state].data();
        for (std::size_t at = 0; at < 25; ++at) {
            auto& lane = plain[state].lane[at % 5][at / 5];
            lane = states.lanes[at][state] = random.next();
            std::uint64_t added = 0;
            if (at < 17) std::memcpy(&added, blocks[state].data() + 8 * at, 8);
            lane ^= added;
        }
        plain[state].permute();
    }
    one.absorb_four(states, read_from);
    for (std::size_t state = 0; state < 4; ++state)
        for (std::size_t at = 0; at < 25; ++at) CHECK(states.lanes[at][state] == plain[state].lane[at % 5][at / 5]);
}

}  // namespace

TEST_CASE("keccak256 gives the known digests") {
    CHECK(to_hex(vm::keccak256({})) == "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    CHECK(to_hex(vm::keccak256(text("abc"))) == "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
    CHECK(vm::keccak256({}) == vm::empty_code_hash);
}

TEST_CASE("keccak256 agrees with the plain algorithm for every length around the block's edges") {
    tests::Random random;
    CAPTURE(random.seed);
    for (std::size_t length = 0; length <= 3 * 136 + 2; ++length) {
        CAPTURE(length);
        const vm::Bytes message = random.bytes(length);
        CHECK(vm::keccak256(message) == tests::PlainKeccak{}.digest(message));
    }
}

TEST_CASE("many messages at once have the digests that each has alone") {
    tests::Random random;
    CAPTURE(random.seed);
    for (std::size_t count = 0; count < 40; ++count) {
        std::vector<vm::Bytes> messages;
        for (std::size_t i = 0; i < count; ++i) messages.push_back(random.bytes(random.below(5 * 136)));
        std::vector<vm::BytesView> views(messages.begin(), messages.end());
        std::vector<Hash> digests(count);
        vm::keccak256_each(views, digests);
        for (std::size_t i = 0; i < count; ++i) {
            CAPTURE(messages[i].size());
            CHECK(digests[i] == tests::PlainKeccak{}.digest(messages[i]));
        }
    }
}

TEST_CASE("the one-block forms agree with keccak256 of the same big-endian bytes") {
    tests::Random random;
    CAPTURE(random.seed);
    for (int i = 0; i < 1000; ++i) {
        const u256 first = random.word(), second = random.word();
        vm::Bytes bytes = vm::to_bytes(first.to_be_bytes());
        CHECK((vm::keccak256_word(first) == u256::from_be_bytes(vm::keccak256(bytes).bytes)));
        vm::append(bytes, second.to_be_bytes());
        CHECK((vm::keccak256_pair(first, second) == u256::from_be_bytes(vm::keccak256(bytes).bytes)));
    }
}

TEST_CASE("every implementation this processor can run permutes and digests as the plain algorithm does") {
    tests::Random random;
    CAPTURE(random.seed);
    CHECK(vm::keccak_implementations().front().name == "baseline");
    for (const vm::KeccakImplementation& one : vm::keccak_implementations()) {
        CAPTURE(one.name);
        for (int i = 0; i < 200; ++i) {
            tests::PlainKeccak plain;
            vm::KeccakLanes lanes;
            for (std::size_t at = 0; at < 25; ++at) lanes[at] = plain.lane[at % 5][at / 5] = random.next();
            plain.permute();
            one.permute(lanes);
            for (std::size_t at = 0; at < 25; ++at) CHECK(lanes[at] == plain.lane[at % 5][at / 5]);

            if (one.absorb_four != nullptr) check_absorbing(one, random);
            const vm::Bytes message = random.bytes(64);
            const auto digests_agree = [&](auto digest_of, auto words, std::size_t length) {
                std::memcpy(words.data(), message.data(), length);
                const vm::KeccakDigest digest = digest_of(words);
                const Hash expected =
                    tests::PlainKeccak{}.digest({message.begin(), message.begin() + static_cast<long>(length)});
                return std::memcmp(digest.data(), expected.bytes.data(), 32) == 0;
            };
            CHECK(digests_agree(one.of_4, std::array<std::uint64_t, 4>{}, 32));
            CHECK(digests_agree(one.of_8, std::array<std::uint64_t, 8>{}, 64));
        }
    }
}
