#include "node/base/token_bucket.hpp"

#include <algorithm>

namespace talea::node {

void TokenBucket::fill(Instant now) {
    const auto full = rate_.burst * 1000;
    // A thousandth of a token a millisecond is one token a second. Past the time that fills it whole, it is full.
    const auto passed = elapsed_ms(at_, now);
    if (rate_.per_second > 0 && passed >= full / rate_.per_second + 1)
        milli_ = full;
    else
        milli_ = std::min(full, milli_ + passed * rate_.per_second);
    at_ = std::max(at_, now);
}

bool TokenBucket::take(std::uint64_t count, Instant now) {
    fill(now);
    if (count > rate_.burst || milli_ < count * 1000) return false;
    milli_ -= count * 1000;
    return true;
}

Instant TokenBucket::available_at(std::uint64_t count, Instant now) {
    fill(now);
    const auto wanted = std::min(count, rate_.burst) * 1000;
    if (milli_ >= wanted) return now;
    return after(now, (wanted - milli_ + rate_.per_second - 1) / std::max<std::uint64_t>(1, rate_.per_second));
}

}  // namespace talea::node
