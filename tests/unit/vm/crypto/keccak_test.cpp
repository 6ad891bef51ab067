#include "vm/crypto/keccak.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <string_view>

#include "unit/random.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/keccak_implementation.hpp"

using namespace talea;
using vm::Hash;
using vm::u256;

namespace {

vm::BytesView text(std::string_view chars) {
    return {reinterpret_cast<const std::uint8_t*>(chars.data()), chars.size()};
}

/// Keccak as its reference states it, step by step and bit-serial constants: what the unrolled one is held against.
struct PlainKeccak {
    std::uint64_t lane[5][5]{};
    std::uint8_t lfsr = 1;

    bool next_constant_bit() {
        const bool bit = (lfsr & 1) != 0;
        lfsr = static_cast<std::uint8_t>((lfsr << 1) ^ ((lfsr & 0x80) != 0 ? 0x71 : 0));
        return bit;
    }
    void permute() {
        lfsr = 1;
        for (int round = 0; round < 24; ++round) {
            std::uint64_t column[5]{};
            for (int x = 0; x < 5; ++x)
                for (int y = 0; y < 5; ++y) column[x] ^= lane[x][y];
            for (int x = 0; x < 5; ++x)
                for (int y = 0; y < 5; ++y) lane[x][y] ^= column[(x + 4) % 5] ^ std::rotl(column[(x + 1) % 5], 1);
            std::uint64_t moved[5][5];
            moved[0][0] = lane[0][0];
            for (int t = 0, x = 1, y = 0; t < 24; ++t) {
                const int next_x = y, next_y = (2 * x + 3 * y) % 5;
                moved[next_x][next_y] = std::rotl(lane[x][y], (t + 1) * (t + 2) / 2 % 64);
                x = next_x;
                y = next_y;
            }
            for (int x = 0; x < 5; ++x)
                for (int y = 0; y < 5; ++y) lane[x][y] = moved[x][y] ^ (~moved[(x + 1) % 5][y] & moved[(x + 2) % 5][y]);
            for (int j = 0; j < 7; ++j)
                if (next_constant_bit()) lane[0][0] ^= std::uint64_t{1} << ((1 << j) - 1);
        }
    }
    Hash digest(vm::Bytes message) {
        message.push_back(1);
        while (message.size() % 136 != 0) message.push_back(0);
        message.back() |= 0x80;
        for (std::size_t i = 0; i < message.size(); ++i) {
            const std::size_t at = i % 136;
            lane[at / 8 % 5][at / 8 / 5] ^= std::uint64_t{message[i]} << (8 * (at % 8));
            if (at == 135) permute();
        }
        Hash out;
        for (std::size_t i = 0; i < 32; ++i) out.bytes[i] = static_cast<std::uint8_t>(lane[i / 8][0] >> (8 * (i % 8)));
        return out;
    }
};

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
        CHECK(vm::keccak256(message) == PlainKeccak{}.digest(message));
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
            PlainKeccak plain;
            vm::KeccakLanes lanes;
            for (std::size_t at = 0; at < 25; ++at) lanes[at] = plain.lane[at % 5][at / 5] = random.next();
            plain.permute();
            one.permute(lanes);
            for (std::size_t at = 0; at < 25; ++at) CHECK(lanes[at] == plain.lane[at % 5][at / 5]);

            const vm::Bytes message = random.bytes(64);
            const auto digests_agree = [&](auto digest_of, auto words, std::size_t length) {
                std::memcpy(words.data(), message.data(), length);
                const vm::KeccakDigest digest = digest_of(words);
                const Hash expected =
                    PlainKeccak{}.digest({message.begin(), message.begin() + static_cast<long>(length)});
                return std::memcmp(digest.data(), expected.bytes.data(), 32) == 0;
            };
            CHECK(digests_agree(one.of_4, std::array<std::uint64_t, 4>{}, 32));
            CHECK(digests_agree(one.of_8, std::array<std::uint64_t, 8>{}, 64));
        }
    }
}
