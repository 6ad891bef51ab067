#pragma once
#include <bitset>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "node/base/instant.hpp"
#include "node/base/limits.hpp"
#include "node/gossip/conduct.hpp"
#include "vm/base/bytes.hpp"

namespace talea::node {

/// Spreads the pool's transactions: who is told of one, who is asked for one.
///
/// A new transaction goes at once to the peers that cannot have it from the validator it came from (all of them, where
/// it came from a client or from a node that does not vote): pushed whole to validators where it is small, announced by
/// hash else. Whoever was not told is announced to after `retell_ms`, where it is pending still: so every validator
/// learns of every transaction, though one that passed it on keeps it from the others. What is announced is asked for
/// once; not delivered within `deadline_ms`, from the next who announced it. Nothing is flooded, everything is bounded.
///
/// Peers are those with a bulk connection. The pool, the bodies and signatures are the driver's matter.
class TransactionGossip {
  public:
    struct Settings {
        std::uint64_t deadline_ms = 500;
        std::uint64_t retell_ms = 500;
        /// Announcements wait so long for others to the same peer.
        std::uint64_t batch_ms = 10;
        std::size_t push_bytes_max = 4'096;
        std::size_t in_flight_max = 512;  ///< hashes asked of one peer at a time
        std::size_t wanted_max = 65'536;  ///< announced, not here yet
        std::size_t wanted_of_peer_max = 4'096;
        std::size_t announcers_max = 8;    ///< of one hash: who is asked after one another
        std::size_t tries_max = 6;         ///< deadlines let pass by all announcers together, until it is given up
        std::uint64_t refused_ms = 5'000;  ///< what the pool refused is not asked for again so soon: a grant may come
        std::uint64_t final_ms = 60'000;   ///< nor what stands in a block
        std::size_t finished_max = 65'536;
    };

    /// Send `Transactions` with these of the pool (several frames where they do not fit one).
    struct Push {
        vm::Address to;
        std::vector<vm::Hash> hashes;
        friend bool operator==(const Push&, const Push&) = default;
    };
    struct Announce {
        vm::Address to;
        std::vector<vm::Hash> hashes;
        friend bool operator==(const Announce&, const Announce&) = default;
    };
    struct Request {
        vm::Address to;
        std::vector<vm::Hash> hashes;
        friend bool operator==(const Request&, const Request&) = default;
    };
    struct Blame {
        vm::Address peer;
        Misdeed misdeed;
        friend bool operator==(const Blame&, const Blame&) = default;
    };
    using Action = std::variant<Push, Announce, Request, Blame>;
    using Actions = std::vector<Action>;

    explicit TransactionGossip(const Settings& settings) : settings_(settings) {}

    // Peers.
    /// It is told of everything pending, in portions.
    [[nodiscard]] Actions connected(const vm::Address& peer, bool is_validator, Instant now);
    [[nodiscard]] Actions gone(const vm::Address& peer, Instant now);
    void role_changed(const vm::Address& peer, bool is_validator);
    /// From its Status: which validators tell it themselves.
    void linked(const vm::Address& peer, const std::vector<vm::Address>& links);

    // What peers say.
    [[nodiscard]] Actions announced(const vm::Address& peer, const std::vector<vm::Hash>& hashes, Instant now);
    /// A transaction came, asked for or pushed; its hash was computed. True where it is worth a signature check: then
    /// report `added` or `refused`.
    struct Arrival {
        bool is_new = false;
        Actions actions;
    };
    [[nodiscard]] Arrival arrived(const vm::Address& peer, const vm::Hash& hash, std::size_t size_bytes, Instant now);
    /// It asks for these: of what is here it need not be told again. The driver answers with what there is.
    void requested(const vm::Address& peer, const std::vector<vm::Hash>& hashes);

    // What the pool says.
    /// Taken in, from `from` or, where that is nobody, from a client of this node.
    [[nodiscard]] Actions added(const vm::Hash& hash, std::size_t size_bytes, const std::optional<vm::Address>& from,
                                Instant now);
    void refused(const vm::Hash& hash, Instant now);
    /// Out of the pool: into a block, or dropped.
    void removed(const vm::Hash& hash, bool is_final, Instant now);

    /// A proposal needs these, which `sources` must have: asked for at once, before all else.
    [[nodiscard]] Actions need(const std::vector<vm::Hash>& hashes, const std::vector<vm::Address>& sources,
                               Instant now);

    [[nodiscard]] Actions tick(Instant now);
    /// When `tick` is due.
    [[nodiscard]] std::optional<Instant> timer() const;

    /// What gossip knows of a transaction.
    enum class State : std::uint8_t { unknown, wanted, pending, final, refused };
    struct Why {
        State state = State::unknown;
        std::size_t told = 0;        ///< pending: peers that have it or were told
        std::size_t announcers = 0;  ///< wanted: whom it can be had from
        std::optional<vm::Address> asked;
        std::uint64_t waits_ms = 0;  ///< wanted: until another one is asked
    };
    [[nodiscard]] Why why(const vm::Hash& hash, Instant now) const;
    struct Totals {
        std::size_t peers = 0, pending = 0, wanted = 0, in_flight = 0, finished = 0;
    };
    [[nodiscard]] Totals totals() const;

  private:
    using Slots = std::bitset<limits::peers_max>;
    struct Peer {
        std::size_t slot = 0;
        bool is_validator = false;
        std::set<vm::Address> links;
        std::set<vm::Hash> in_flight;
        std::size_t wanted = 0;             ///< entries of `wanted_` that name it
        std::vector<vm::Hash> to_announce;  ///< may name what left the pool meanwhile
        Instant announce_at;
    };
    struct Pending {
        Slots told;
        std::size_t size_bytes = 0;
        std::uint64_t arrival = 0;
    };
    struct Wanted {
        std::vector<vm::Address> announcers;  ///< not asked yet
        std::optional<vm::Address> asked;
        Instant deadline;
        std::size_t tries = 0;
    };
    struct Finished {
        bool is_final = false;
        Instant until;
        std::uint64_t order = 0;
    };
    using PendingMap = std::unordered_map<vm::Hash, Pending, vm::HashHasher>;
    using WantedMap = std::map<vm::Hash, Wanted>;

    [[nodiscard]] bool is_finished(const vm::Hash& hash, Instant now) const;
    void finish(const vm::Hash& hash, bool is_final, Instant now);
    /// `needed` goes first and has no limit but the proposal's own.
    enum class Priority : std::uint8_t { announced, needed };
    void want(const vm::Hash& hash, const vm::Address& peer, Priority priority);
    /// Forgets that `hash` is wanted, whoever was asked.
    void unwant(const vm::Hash& hash);
    void release(const vm::Hash& hash, Wanted& wanted);
    /// Asks whoever can be asked for what is not asked for yet.
    void ask(Instant now, Actions& actions);
    void announce_later(Peer& peer, const vm::Hash& hash, Instant now);
    void flush(Instant now, Actions& actions);
    void retell(Instant now);

    Settings settings_;
    std::map<vm::Address, Peer> peers_;
    Slots slots_used_;
    PendingMap pending_;
    std::map<std::uint64_t, vm::Hash> by_arrival_;
    std::uint64_t arrivals_ = 0;
    struct Retell {
        Instant at;
        vm::Hash hash;
        std::uint64_t arrival = 0;
    };
    std::deque<Retell> retells_;
    WantedMap wanted_;
    std::set<vm::Hash> unasked_;                        ///< of `wanted_`
    std::set<std::pair<Instant, vm::Hash>> deadlines_;  ///< of `wanted_`
    std::unordered_map<vm::Hash, Finished, vm::HashHasher> finished_;
    std::deque<std::pair<std::uint64_t, vm::Hash>> finished_order_;
    std::uint64_t finishes_ = 0;
};
[[nodiscard]] std::string_view to_string(TransactionGossip::State state);

}  // namespace talea::node
