#pragma once
#include <bit>
#include <cstdint>
#include <string_view>

#include "unit/random.hpp"

namespace talea::sim {

__extension__ using uint128 = unsigned __int128;  // both compilers have it; ISO C++ does not

/// The simulator's own numbers: integers only, so that both compilers draw the same.
class Random {
  public:
    /// Neighbouring seeds have nothing in common: the state is the seed's own first number.
    explicit Random(std::uint64_t seed) : numbers_(tests::Random(seed ^ 0x5eed0fa11ab0a7ULL).next()) {}

    std::uint64_t next() { return numbers_.next(); }
    /// Below `bound`, which is not 0.
    std::uint64_t below(std::uint64_t bound) { return numbers_.below(bound); }
    /// From `low` to `high`, both included.
    std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
    /// True `parts_per_million` times in a million. Draws nothing where the answer is fixed.
    bool chance(std::uint64_t parts_per_million) {
        return parts_per_million != 0 && below(1'000'000) < parts_per_million;
    }
    bool percent(std::uint64_t percents) { return below(100) < percents; }
    /// About exponentially distributed around `mean`: the logarithm is by leading zeros and a straight line between.
    std::uint64_t exponential(std::uint64_t mean) {
        const std::uint64_t drawn = next() | 1;
        const auto zeros = static_cast<unsigned>(std::countl_zero(drawn));
        const std::uint64_t below_one =
            zeros == 63 ? 0 : (drawn << (zeros + 1)) >> 48;                            // 16 bits after the leading one
        const std::uint64_t log2_16 = ((zeros + std::uint64_t{1}) << 16) - below_one;  // -log2, 16 bits of fraction
        return static_cast<std::uint64_t>((static_cast<uint128>(mean) * log2_16 * 45'426) >> 32);  // * ln 2
    }
    /// Numbers of its own for one part, so that a part that draws more does not move the others.
    [[nodiscard]] Random branch(std::string_view part) {
        std::uint64_t mixed = next();
        for (const char letter : part) mixed = (mixed ^ static_cast<std::uint8_t>(letter)) * 0x100000001b3ULL;
        return Random(mixed);
    }

  private:
    tests::Random numbers_;
};

}  // namespace talea::sim
