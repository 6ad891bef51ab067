#pragma once
#include <bit>

#include "vm/base/bytes.hpp"

namespace talea::tests {

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
    vm::Hash digest(vm::Bytes message) {
        message.push_back(1);
        while (message.size() % 136 != 0) message.push_back(0);
        message.back() |= 0x80;
        for (std::size_t i = 0; i < message.size(); ++i) {
            const std::size_t at = i % 136;
            lane[at / 8 % 5][at / 8 / 5] ^= std::uint64_t{message[i]} << (8 * (at % 8));
            if (at == 135) permute();
        }
        vm::Hash out;
        for (std::size_t i = 0; i < 32; ++i) out.bytes[i] = static_cast<std::uint8_t>(lane[i / 8][0] >> (8 * (i % 8)));
        return out;
    }
};

}  // namespace talea::tests
