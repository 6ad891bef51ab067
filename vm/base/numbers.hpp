#pragma once
#include <compare>
#include <cstdint>

#include "vm/base/u256.hpp"

namespace talea::vm {

/// The number of a block; genesis is 0.
struct BlockNumber {
    std::uint64_t value = 0;
    friend auto operator<=>(const BlockNumber&, const BlockNumber&) = default;
};
[[nodiscard]] constexpr BlockNumber next(BlockNumber number) {
    return {number.value + 1};
}

/// Seconds since 1970-01-01T00:00:00Z, as the header of a block says.
struct Timestamp {
    std::uint64_t seconds = 0;
    friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
};

/// Units of work. A plain number, since the hot loop counts it down, and signed, so that one subtraction and one test
/// of the sign find its end.
using Gas = std::int64_t;

/// 10^-18 of the native coin.
using Wei = u256;

}  // namespace talea::vm
