#pragma once
#include <string>
#include <utility>

namespace talea::conformance {

/// Of one case.
struct Outcome {
    bool passed = true;
    std::string why;  ///< for a failure: what differs
};
[[nodiscard]] inline Outcome failed(std::string why) {
    return {false, std::move(why)};
}

}  // namespace talea::conformance
