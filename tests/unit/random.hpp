#pragma once
#include <cstdint>
#include <cstdlib>
#include <string>

#include "vm/base/u256.hpp"

namespace talea::tests {

/// The seed of this run: TALEA_SEED where it is set, else one that is the same everywhere.
inline std::uint64_t seed() {
    const char* given = std::getenv("TALEA_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 0) : 0x7a1eaULL;
}

/// SplitMix64: the same numbers with every compiler and library. CAPTURE(random.seed) in a test, so that a failure
/// prints it.
struct Random {
    std::uint64_t seed;
    std::uint64_t state;
    explicit Random(std::uint64_t given = tests::seed()) : seed(given), state(given) {}

    std::uint64_t next() {
        std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }
    /// Below `bound`, which is not 0.
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }
    /// Of any width from 0 to 256 bits, so that small numbers and full limbs both come.
    vm::u256 word() {
        vm::u256 full;
        for (auto& limb : full.limbs) limb = next();
        return full >> static_cast<unsigned>(below(257));
    }
    vm::Bytes bytes(std::size_t count) {
        vm::Bytes out(count);
        for (auto& byte : out) byte = static_cast<std::uint8_t>(next());
        return out;
    }
    vm::Address address() {
        vm::Address out;
        for (auto& byte : out.bytes) byte = static_cast<std::uint8_t>(next());
        return out;
    }
};

}  // namespace talea::tests
