#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string_view>

#include "node/base/token_bucket.hpp"

namespace talea::node {

/// Whose connections strangers may make us spend a handshake on. Counts what has arrived and is not yet a link; knows
/// no sockets. Refusing costs an accept and a close, and no memory: what is remembered is bounded.
class Doorkeeper {
  public:
    struct Settings {
        /// A handshake takes some 70 kB and half a millisecond.
        std::size_t unfinished_max = 128;
        /// Two connections a peer, and a dozen peers behind one address.
        std::size_t unfinished_per_host_max = 32;
        /// Handshakes begun for strangers: at most a tenth of a core.
        TokenBucket::Rate strangers{200, 400};
        std::size_t friends_max = 256;
    };
    /// An IPv4 address as its mapped IPv6 one; of IPv6 the /64, which is what one customer gets.
    using Host = std::array<std::uint8_t, 16>;
    enum class Verdict : std::uint8_t { welcome, too_many, too_many_of_host, too_fast };

    Doorkeeper(const Settings& settings, Instant now) : settings_(settings), strangers_(settings.strangers, now) {}

    /// A connection came. `welcome`: it counts until `settled`.
    [[nodiscard]] Verdict arrived(const Host& host, Instant now);
    /// It became part of a link, or is closed.
    void settled(const Host& host);
    /// A peer was linked from here for a while: no crowd of strangers keeps it out when it comes back.
    void befriend(const Host& host);
    [[nodiscard]] std::size_t unfinished() const { return unfinished_; }

  private:
    Settings settings_;
    TokenBucket strangers_;
    std::map<Host, std::size_t> unfinished_of_;  ///< no zeros
    std::size_t unfinished_ = 0;
    std::set<Host> friends_;
    std::deque<Host> friends_by_age_;
};
[[nodiscard]] std::string_view to_string(Doorkeeper::Verdict verdict);

}  // namespace talea::node
