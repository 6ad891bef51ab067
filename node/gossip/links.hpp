#pragma once
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "node/base/instant.hpp"
#include "vm/base/bytes.hpp"

namespace talea::node {

/// Which peers this node hears, when it tells them its Status, and when it gives a silent connection up.
///
/// Every second each side sends a Status, so silence means something: a validator not heard for `linked_ms` is no link
/// any more (others then pass its messages on to us: links may be half open), and after `dead_ms` the connection is
/// closed. A Status goes out at once when the links change; a new head goes at once to nodes that do not vote, and to
/// validators with the next one, since consensus tells them.
class Links {
  public:
    struct Settings {
        std::uint64_t status_ms = 1'000;
        std::uint64_t linked_ms = 3'000;
        std::uint64_t dead_ms = 10'000;
        /// Changes and heads are told at most so often.
        std::uint64_t change_ms = 50;
    };

    struct SendStatus {
        vm::Address to;
        friend bool operator==(const SendStatus&, const SendStatus&) = default;
    };
    struct Close {
        vm::Address peer;
        friend bool operator==(const Close&, const Close&) = default;
    };
    /// For consensus: a proposer that is not linked is not waited for.
    struct Linked {
        vm::Address validator;
        friend bool operator==(const Linked&, const Linked&) = default;
    };
    struct Unlinked {
        vm::Address validator;
        friend bool operator==(const Unlinked&, const Unlinked&) = default;
    };
    using Action = std::variant<SendStatus, Close, Linked, Unlinked>;

    explicit Links(const Settings& settings) : settings_(settings) {}

    /// The handshake is done. The first Status goes out; the peer is a link when its own has come.
    [[nodiscard]] std::vector<Action> connected(const vm::Address& peer, bool is_validator, Instant now);
    [[nodiscard]] std::vector<Action> gone(const vm::Address& peer, Instant now);
    /// Any frame came from `peer`.
    [[nodiscard]] std::vector<Action> heard(const vm::Address& peer, Instant now);
    [[nodiscard]] std::vector<Action> head_moved(Instant now);
    /// The registry changed whether `peer` votes.
    [[nodiscard]] std::vector<Action> role_changed(const vm::Address& peer, bool is_validator, Instant now);
    [[nodiscard]] std::vector<Action> tick(Instant now);
    /// When `tick` is due.
    [[nodiscard]] std::optional<Instant> timer() const;

    /// Validators heard lately, ascending: `Status::linked`.
    [[nodiscard]] std::vector<vm::Address> linked() const { return {linked_.begin(), linked_.end()}; }
    struct Heard {
        vm::Address peer;
        bool is_linked = false;
        std::uint64_t silent_ms = 0;
    };
    [[nodiscard]] std::vector<Heard> why(Instant now) const;

  private:
    struct Peer {
        bool is_validator = false;
        bool was_heard = false;
        Instant heard_at;
        Instant status_at;
        bool status_owed = false;
    };
    void set_linked(const vm::Address& peer, bool is_linked, std::vector<Action>& actions);
    void tell(Instant now, std::vector<Action>& actions);
    [[nodiscard]] Instant status_due(const Peer& peer) const;

    Settings settings_;
    std::map<vm::Address, Peer> peers_;
    std::set<vm::Address> linked_;
};

}  // namespace talea::node
