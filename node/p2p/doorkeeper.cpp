#include "node/p2p/doorkeeper.hpp"

#include "vm/base/check.hpp"

namespace talea::node {

std::string_view to_string(Doorkeeper::Verdict verdict) {
    switch (verdict) {
        case Doorkeeper::Verdict::welcome:
            return "welcome";
        case Doorkeeper::Verdict::too_many:
            return "too many handshakes are under way";
        case Doorkeeper::Verdict::too_many_of_host:
            return "too many handshakes with its address are under way";
        case Doorkeeper::Verdict::too_fast:
            return "strangers come too fast";
    }
    return "";
}

Doorkeeper::Verdict Doorkeeper::arrived(const Host& host, Instant now) {
    const auto known = unfinished_of_.find(host);
    if (known != unfinished_of_.end() && known->second >= settings_.unfinished_per_host_max)
        return Verdict::too_many_of_host;
    // The places of friends are their own: each of their hosts has its share, and there are not many.
    if (!friends_.contains(host)) {
        if (unfinished_ >= settings_.unfinished_max) return Verdict::too_many;
        if (!strangers_.take(1, now)) return Verdict::too_fast;
    }
    ++unfinished_of_[host];
    ++unfinished_;
    return Verdict::welcome;
}

void Doorkeeper::settled(const Host& host) {
    const auto known = unfinished_of_.find(host);
    vm::check(known != unfinished_of_.end(), "only what arrived is settled");
    if (--known->second == 0) unfinished_of_.erase(known);
    --unfinished_;
}

void Doorkeeper::befriend(const Host& host) {
    if (!friends_.insert(host).second) return;
    friends_by_age_.push_back(host);
    if (friends_by_age_.size() <= settings_.friends_max) return;
    friends_.erase(friends_by_age_.front());
    friends_by_age_.pop_front();
}

}  // namespace talea::node
