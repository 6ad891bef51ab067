#pragma once
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "node/consensus/certificate.hpp"
#include "node/consensus/message.hpp"
#include "sim/ledger.hpp"
#include "sim/marks.hpp"
#include "sim/random.hpp"

namespace talea::sim {

/// A validator whose program lies. It runs the honest machine as well, for whose messages it has a choice of lies, and
/// makes up more when it hears others. Each run draws which of these it does.
class Liar {
  public:
    struct Hands {
        /// Sends exactly this to exactly those.
        std::function<void(const node::Message& message, const std::vector<vm::Address>& to)> send;
        /// Another valid block on the head, of this time or of now, which others can fetch here; null where there is
        /// none.
        std::function<ExecutedPtr(std::optional<vm::Timestamp> time)> other_block;
        /// What it stands on.
        std::function<vm::Header()> head;
        std::function<std::vector<vm::Address>()> validators;
        /// Whose turn a round of this height is.
        std::function<vm::Address(std::uint64_t round)> proposer;
    };

    Liar(Random random, Marks& marks, const node::KeySigner& signer, const vm::Hash& genesis_hash, Hands hands);

    /// The honest machine would send `message`.
    void would_send(const node::Message& message, const std::vector<vm::Address>& to);
    void heard(const node::Message& message);

    /// Whether it claims heights it does not have, and answers with what is not final.
    [[nodiscard]] bool lies_in_sync() const { return habits_.sync; }
    /// Whether it never claims another height than that one.
    [[nodiscard]] bool insists() const { return habits_.insist; }
    /// A block of the present number, with its own seal and those it heard of one round, where they are no quorum.
    struct Unfinished {
        vm::Hash hash;
        node::Certificate certificate;
    };
    [[nodiscard]] std::optional<Unfinished> unfinished() const;

  private:
    struct Habits {
        bool equivocate = false, withhold = false, bad_seals = false, hide_locks = false, vote_for_all = false,
             forge_justification = false, invalid_blocks = false, date_back = false, replay = false,
             other_chain = false, flood = false, sync = false, insist = false;
    };
    [[nodiscard]] std::vector<vm::Address> others() const;
    [[nodiscard]] std::vector<vm::Address> some_of(const std::vector<vm::Address>& all);
    [[nodiscard]] node::Seal vote(node::MessageCode code, const node::VoteSubject& subject) const;
    void propose(const vm::Header& header, const std::vector<vm::Hash>& transactions, std::uint64_t round,
                 const std::vector<vm::Address>& to);
    void equivocate(const node::Message& message, const std::vector<vm::Address>& to);
    void vote_for(const node::Proposal& proposal);
    void spoil(node::Proposal proposal, const std::vector<vm::Address>& to);
    void date_back(node::Proposal proposal, const std::vector<vm::Address>& to);
    void send_signed(node::Proposal proposal, const std::vector<vm::Address>& to);
    void forge(vm::BlockNumber number, std::uint64_t round);
    [[nodiscard]] bool withhold(const node::Proposal& proposal, const std::vector<vm::Address>& to);
    void claim_its_own_round(const node::Prepare& prepare);
    void remember(const node::Commit& commit);
    [[nodiscard]] vm::BlockNumber number() const { return next(hands_.head().number); }
    void replay();
    void flood();

    Random random_;
    Marks& marks_;
    const node::KeySigner& signer_;
    node::SigningDomain domain_;
    Hands hands_;
    Habits habits_;
    std::deque<node::Message> memory_;                                 ///< what was heard, for replays
    std::map<std::uint64_t, std::vector<node::RoundChange>> changes_;  ///< of the present number, by round
    vm::BlockNumber changes_of_;
    std::map<std::pair<std::uint64_t, vm::Hash>, std::map<vm::Address, node::Seal>> commits_;  ///< the same
    vm::BlockNumber commits_of_;
    /// An own proposal that one validator is not sent, and the PREPAREs of it.
    struct Withheld {
        node::Proposal said;
        vm::Address from;
        std::set<node::Seal> prepares;
    };
    std::optional<Withheld> withheld_;
};

}  // namespace talea::sim
