#pragma once
#include <map>
#include <optional>
#include <vector>

#include "node/consensus/message.hpp"

namespace talea::node {

namespace limits {
/// Rounds of one author's votes that a height keeps: an honest author's later votes are of later rounds, so the lowest
/// goes first, and nobody can push out what another one sent.
inline constexpr std::size_t vote_rounds_max = 8;
}  // namespace limits

/// The verified messages of one height: of each author its highest round change, and one PREPARE and COMMIT a round.
/// Memory is O(validators), whatever is sent.
class MessageStore {
  public:
    enum class Added : std::uint8_t {
        added,
        known,        ///< the same is here
        conflicting,  ///< its author signed another one for this round and type; the first counts
        outdated,     ///< of a round below what is kept
    };
    Added add(const vm::Address& author, const Prepare& message);
    Added add(const vm::Address& author, const Commit& message);
    /// The certificate, where there is one, has been verified.
    Added add(const vm::Address& author, const RoundChange& message);

    [[nodiscard]] bool has(const vm::Address& author, const Prepare& message) const;
    [[nodiscard]] bool has(const vm::Address& author, const Commit& message) const;

    /// Seals by author, ascending.
    using Seals = std::map<vm::Address, Seal>;
    [[nodiscard]] Seals prepares(std::uint64_t round, const vm::Hash& hash) const;
    /// The block with most PREPAREs in `round`.
    [[nodiscard]] std::optional<vm::Hash> most_prepared(std::uint64_t round) const;

    struct CommitQuorum {
        std::uint64_t round = 0;
        vm::Hash hash;
        Seals seals;
    };
    /// A block that `quorum` authors committed in one round, the lowest such round first.
    [[nodiscard]] std::optional<CommitQuorum> commit_quorum(std::size_t quorum) const;

    [[nodiscard]] const RoundChange* round_change(const vm::Address& author) const;
    /// Of authors whose highest round change is for exactly `round`.
    [[nodiscard]] std::vector<const RoundChange*> round_changes(std::uint64_t round) const;
    /// The `rank`-th largest (from 1) of the authors' highest rounds; nothing where fewer authors sent one.
    [[nodiscard]] std::optional<std::uint64_t> largest_round(std::size_t rank) const;

    /// Authors of whom any message is of `round` or a later one.
    [[nodiscard]] std::size_t authors_from(std::uint64_t round) const;

    struct Votes {
        bool prepared = false, committed = false;
    };
    [[nodiscard]] Votes votes(const vm::Address& author, std::uint64_t round) const;
    /// The author's message of the highest round (of one round: COMMIT before PREPARE before round change).
    [[nodiscard]] std::optional<Message> newest(const vm::Address& author) const;

  private:
    struct Box {
        std::map<std::uint64_t, Prepare> prepares;
        std::map<std::uint64_t, Commit> commits;
        std::optional<RoundChange> round_change;
    };
    std::map<vm::Address, Box> boxes_;
};

}  // namespace talea::node
