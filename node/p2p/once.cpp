#include "node/p2p/once.hpp"

#include <utility>

namespace talea::node {

std::optional<std::uint64_t> Once::happened(const std::string& what, Instant now) {
    auto found = things_.find(what);
    if (found == things_.end()) {
        if (things_.size() >= settings_.remembered_max)
            std::erase_if(things_, [&](const auto& entry) {
                return elapsed_ms(entry.second.said_at, now) >= settings_.interval_ms && entry.second.unsaid == 0;
            });
        // Above the maximum all is one thing, whose name is empty.
        const auto& name = things_.size() < settings_.remembered_max ? what : std::string();
        const auto [added, is_new] = things_.try_emplace(name, Thing{now, 0});
        if (is_new) return 0;
        found = added;
    }
    auto& thing = found->second;
    if (elapsed_ms(thing.said_at, now) < settings_.interval_ms) {
        ++thing.unsaid;
        return std::nullopt;
    }
    thing.said_at = now;
    return std::exchange(thing.unsaid, 0);
}

}  // namespace talea::node
