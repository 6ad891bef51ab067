#pragma once
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "node/consensus/message.hpp"
#include "node/consensus/why.hpp"
#include "sim/clock.hpp"

namespace talea::sim {

/// Judges from outside what one validator makes of what it heard: it prepares only what a proposal that came to it
/// justifies, takes a block as final that a quorum committed in one round, follows f+1 others to a later round, leaves
/// one that came to nothing in time and does not run through them, and loses no vote that came a height early. Shares
/// no code with what it judges but signatures, keccak and RLP.
class Witness {
  public:
    /// The height that messages are held against.
    struct Height {
        vm::Hash genesis_hash;
        std::uint64_t instance = 0;
        vm::BlockNumber number;
        std::vector<vm::Address> validators;  ///< ascending
        vm::Hash parent_hash;
        vm::Address parent_beneficiary;
    };

    Witness(const vm::Address& own, const node::Signatures& signatures) : own_(own), signatures_(signatures) {}

    /// The validator began anew, and has heard nothing.
    void restarted();
    /// It stood still, and could not look at a clock.
    void resumed();
    /// A proposal is about to come to the validator, whose chain clock says `clock`; its own, where there is none.
    void proposed(const node::Proposal& proposal, const Height& height, std::optional<vm::Timestamp> clock);
    /// The validator has been told, and is at `height` now. Proposals are of no use here.
    void heard(const node::Message& message, const Height& height);

    /// The validator speaks: it has come to that round.
    void said(const node::View& view, const Height& height);

    /// What is wrong with preparing this now; nothing where it is right.
    [[nodiscard]] std::optional<std::string> prepares(const node::VoteSubject& subject, const Height& height,
                                                      vm::Timestamp clock) const;
    /// What the validator, that explains itself so when it has done all it could, makes too little of.
    [[nodiscard]] std::optional<std::string> neglects(const Height& height, const node::Why& why, Micros now);
    /// A block of the height that a quorum committed in one round.
    [[nodiscard]] std::optional<vm::Hash> committed(const Height& height);

  private:
    using Kind = std::pair<vm::Address, node::MessageCode>;
    struct Proposed {
        node::Proposal proposal;
        std::optional<vm::Timestamp> clock;  ///< when it came
    };
    void stand_at(const Height& height);
    void note(const vm::Address& author, const node::Message& message, const Height& height);
    [[nodiscard]] std::optional<vm::Address> validator(const vm::Hash& digest, const node::Seal& seal,
                                                       const Height& height) const;
    /// Distinct validators who prepared it in `round`; none where a seal is nobody's.
    [[nodiscard]] std::size_t preparers(const std::vector<node::Seal>& prepares, std::uint64_t round,
                                        const vm::Hash& hash, const Height& height) const;
    [[nodiscard]] std::optional<std::string> hurries(const Height& height, const node::Why& why, Micros now);
    [[nodiscard]] std::optional<std::string> overstays(const Height& height, const node::Why& why, Micros now);
    [[nodiscard]] std::optional<std::string> unjustified(const Proposed& proposed, const vm::Hash& hash,
                                                         const Height& height, vm::Timestamp clock) const;

    vm::Address own_;  ///< what it hears of its own from others is a question of its journal
    const node::Signatures& signatures_;
    vm::BlockNumber number_;
    std::uint64_t instance_ = 0;
    std::vector<vm::Address> validators_;
    std::map<vm::BlockNumber, std::vector<Proposed>> proposals_;
    std::map<vm::Address, std::map<std::uint64_t, vm::Hash>> commits_;  ///< by author and round
    std::map<vm::Address, std::uint64_t> changes_;                      ///< the highest round, by author
    std::map<Kind, node::Message> early_;                               ///< of the next height
    std::map<Kind, node::Message> came_early_;                          ///< of this one, not yet looked for
    /// Since when a quorum has been in the round that the validator is in.
    struct Gathered {
        node::View view;
        Micros since = 0;
    };
    std::optional<Gathered> gathered_;
    std::optional<std::uint64_t> said_;  ///< the latest round that it spoke in
    node::View last_;                    ///< in which it was
    std::deque<Micros> entered_;         ///< rounds of its height, of late
};

}  // namespace talea::sim
