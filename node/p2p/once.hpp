#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "node/base/instant.hpp"

namespace talea::node {

/// What happens a thousand times is said once: a line the first time, and one more with the count when it still happens
/// an interval later. Remembers at most `remembered_max` things; what comes above that is one thing.
class Once {
  public:
    struct Settings {
        std::uint64_t interval_ms = 600'000;
        std::size_t remembered_max = 256;
    };
    explicit Once(const Settings& settings) : settings_(settings) {}

    /// `what` happened. How often it did since it was last said, this time not counted, where it is to be said now.
    [[nodiscard]] std::optional<std::uint64_t> happened(const std::string& what, Instant now);

  private:
    struct Thing {
        Instant said_at;
        std::uint64_t unsaid = 0;
    };
    Settings settings_;
    std::map<std::string, Thing> things_;
};

}  // namespace talea::node
