#include "node/chain/clock.hpp"

#include <algorithm>
#include <chrono>

namespace talea::node {

vm::Timestamp chain_clock(const vm::ChainSettings& settings, vm::Timestamp utc) {
    switch (settings.clock_mode) {
        case vm::ClockMode::none:
            return utc;
        case vm::ClockMode::running: {
            const auto shifted = static_cast<std::int64_t>(utc.seconds) + settings.clock;
            return {static_cast<std::uint64_t>(std::max<std::int64_t>(shifted, 0))};
        }
        case vm::ClockMode::stepped:
            return {static_cast<std::uint64_t>(std::max<std::int64_t>(settings.clock, 0))};
    }
    return utc;
}

vm::Timestamp block_time(const vm::ChainSettings& settings, vm::Timestamp parent, vm::Timestamp utc) {
    const auto now = chain_clock(settings, utc);
    // A stepped clock is a validity rule: the time is exactly the state's, which never runs back.
    return settings.clock_mode == vm::ClockMode::stepped ? now : std::max(now, parent);
}

vm::Timestamp utc_now() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return {static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count())};
}

}  // namespace talea::node
