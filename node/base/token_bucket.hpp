#pragma once
#include <cstdint>

#include "node/base/instant.hpp"

namespace talea::node {

/// A bucket of tokens that fills with time. Whole thousandths of a token are kept, so nothing is rounded away.
class TokenBucket {
  public:
    struct Rate {
        std::uint64_t per_second = 0;
        std::uint64_t burst = 0;
    };
    TokenBucket(const Rate& rate, Instant now) : rate_(rate), milli_(rate.burst * 1000), at_(now) {}

    /// Takes `count`; false, and nothing taken, where there are fewer. More than the burst is never there.
    [[nodiscard]] bool take(std::uint64_t count, Instant now);
    /// When `count`, at most the burst, will be there if nothing is taken until then.
    [[nodiscard]] Instant available_at(std::uint64_t count, Instant now);

  private:
    void fill(Instant now);

    Rate rate_;
    std::uint64_t milli_;
    Instant at_;
};

}  // namespace talea::node
