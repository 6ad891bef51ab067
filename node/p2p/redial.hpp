#pragma once
#include <map>
#include <optional>
#include <vector>

#include "node/base/instant.hpp"
#include "vm/base/bytes.hpp"

namespace talea::node {

/// When to dial whom again. One attempt a peer at a time; the pause after each failure doubles, so that a peer that is
/// down costs little and one that comes back is found within seconds.
class Redial {
  public:
    struct Settings {
        std::uint64_t pause_min_ms = 100;
        std::uint64_t pause_max_ms = 4'000;  ///< two of a stopped quorum find each other within this
        /// After a typed refusal, which a handshake was spent on.
        std::uint64_t refused_min_ms = 1'000;
        std::uint64_t refused_max_ms = 30'000;
        /// A link that stood so long was a good one: what follows begins anew.
        std::uint64_t good_ms = 10'000;
    };
    enum class End : std::uint8_t {
        unreachable,  ///< no answer, another node's, or a handshake that failed
        refused,      ///< the other side said so
        gone,         ///< a link ended
    };

    explicit Redial(const Settings& settings) : settings_(settings) {}

    /// Keep trying these and nobody else. Whoever is new is due at once.
    void want(const std::vector<vm::Address>& peers, Instant now);
    [[nodiscard]] bool wants(const vm::Address& peer) const { return peers_.contains(peer); }
    /// Whom to dial now. Each is out of reach of `due` until `ended` was said of it.
    [[nodiscard]] std::vector<vm::Address> due(Instant now);
    /// A link with the peer is being made, or stands, whoever dialled: it need not be dialled.
    void began(const vm::Address& peer);
    void linked(const vm::Address& peer, Instant now);
    /// It ended. `chance`: any number; spreads those who lost their peer at the same moment.
    void ended(const vm::Address& peer, End how, std::uint64_t chance, Instant now);
    /// When `due` will say somebody.
    [[nodiscard]] std::optional<Instant> timer() const;

  private:
    struct Peer {
        bool busy = false;
        Instant due_at;
        std::uint32_t failures = 0;
        std::optional<Instant> linked_at;
    };
    Settings settings_;
    std::map<vm::Address, Peer> peers_;
};

}  // namespace talea::node
