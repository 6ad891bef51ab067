#pragma once
#include <map>
#include <set>

#include "node/consensus/message_store.hpp"
#include "node/consensus/step.hpp"
#include "node/consensus/timing.hpp"
#include "node/consensus/verifier.hpp"

namespace talea::node {

namespace limits {
/// Blocks of one height that are kept at once: a proposal a round, and the one locked on.
inline constexpr std::size_t candidates_max = 4;
/// A fresh proposal that comes too early by no more than this waits for its time; no round lasts longer.
inline constexpr std::uint64_t held_seconds_max = round_timeout_max_ms / 1000;
/// A signer that gave nothing is left alone so long: asking may take its time, in which nothing else is done.
inline constexpr std::uint64_t signer_rest_ms = 1'000;
}  // namespace limits

/// The state behind Consensus, for the files of the step function alone. An event changes what is known; `advance`
/// then does whatever has become possible, in the order of importance: finalise, follow others to a later round,
/// prepare, lock, commit, propose, time out. Each of these looks at the state, not at the event, so the order in which
/// messages, syncs and executions come back cannot matter.
class Consensus::Machine {
  public:
    Machine(ConsensusOptions options, FinalBlock head);

    std::vector<Action> start(Now now);
    std::vector<Action> step(const Event& event, Now now);
    [[nodiscard]] Why why() const;

  private:
    /// A block that may become this height's.
    struct Candidate {
        enum class Stage : std::uint8_t { fetching, executing, valid, invalid };
        Stage stage = Stage::fetching;
        std::optional<vm::Header> header;
        std::optional<std::vector<vm::Hash>> transactions;
        std::set<vm::Address> holders;  ///< who must have it
        ExecutedBlockFacts facts;       ///< of a valid one
        std::string broken_rule;        ///< of an invalid one
        bool body_kept = false;         ///< in the journal, and not to be dropped while this round lasts
    };
    /// The prepared certificate that this node stands on.
    struct Lock {
        std::uint64_t round = 0;
        vm::Hash hash;
        PreparedCertificate certificate;
        std::uint64_t token = 0;  ///< durable from this one on
    };
    /// What is to be known of the round, all of it dropped when the round is left.
    struct Round {
        std::uint64_t number = 0;
        Instant since;
        std::uint64_t enter_token = 0;     ///< nothing is sent in the round before it is durable
        std::optional<Proposal> proposal;  ///< the one accepted
        std::optional<vm::Hash> accepted;  ///< its block
        bool failed = false;               ///< the proposal turned out invalid: there is nothing to wait for
        bool round_change_due = false;     ///< entered by time-out or jump, and not yet said
        bool building = false;             ///< since the order was given
        std::optional<vm::Hash> built;     ///< a fresh block of ours, to be proposed
        std::optional<Instant> owed_since;
        std::optional<Instant> gathered_since;  ///< a quorum is known to be in this round or a later one
        std::optional<Instant> resend_at;
        std::uint64_t resend_ms = limits::resend_first_ms;
        std::optional<Message> own_proposal, own_prepare, own_round_change;
    };
    /// A proposal ahead of the clock, or one of the next height: with the time of its arrival, against which it is
    /// judged.
    struct Arrived {
        Message message;
        Instant at;
    };
    /// What this validator remembers of itself at a height.
    struct OwnHistory {
        std::optional<std::uint64_t> entered;  ///< the highest round
        std::optional<std::uint64_t> locked;   ///< the latest lock's round
    };
    struct Quarantine {
        std::map<vm::Address, vm::BlockNumber> claims;
        std::optional<std::uint64_t> token;  ///< of the RejoinRecord, once the claims suffice
        std::optional<Instant> ask_at;
    };

    // step.cpp: events, and what they make possible.
    void handle(const Event& event);
    void advance();
    [[nodiscard]] bool try_finalise();
    [[nodiscard]] bool try_follow_round_changes();
    [[nodiscard]] bool try_prepare();
    [[nodiscard]] bool try_lock();
    [[nodiscard]] bool try_commit();
    [[nodiscard]] bool try_say_round_change();
    [[nodiscard]] bool try_time_out();
    void resend_when_due();
    void set_timer();
    [[nodiscard]] std::optional<Instant> next_deadline() const;

    // step_messages.cpp: what is received, and what is sent.
    void on_message(const Message& message, Instant arrived);
    void on_early(const Message& message, Instant arrived);
    void on_finished(const Message& message);
    void on_own(const Message& message);
    void on_proposal(const Proposal& message, Instant arrived);
    template <class Vote>
    void on_vote(const Vote& message);
    void on_round_change(const RoundChange& message);
    void count(MessageStore::Added added, const vm::Address& author, View view);
    void accept(const Proposal& message, const vm::Hash& hash, const vm::Address& author);
    void broadcast(Message message);
    void send_own_messages(const std::optional<vm::Address>& to);
    /// Nothing while the signer rests: what was to be signed stays to be done.
    [[nodiscard]] std::optional<Seal> sign(MessageCode code, std::uint64_t round, const vm::Hash& digest);
    [[nodiscard]] std::optional<Seal> ask_signer(const vm::Hash& digest);
    void refuse(std::string why, View view, const vm::Address& about);

    // step_propose.cpp
    [[nodiscard]] bool try_propose();
    [[nodiscard]] bool try_build();
    [[nodiscard]] bool propose(const vm::Header& header, const std::vector<vm::Hash>& transactions, bool fresh);
    void on_built(const Built& built);
    [[nodiscard]] bool is_first_block_unconnected() const;
    [[nodiscard]] std::optional<Instant> earliest_proposal() const;

    // step_height.cpp: blocks, heights and rounds.
    void want(const vm::Hash& hash, const std::optional<vm::Header>& header,
              const std::optional<std::vector<vm::Hash>>& transactions, const std::vector<vm::Address>& holders);
    void fetch(const vm::Hash& hash, const Candidate& candidate);
    void on_block(const BlockAvailable& block);
    void on_executed(const Executed& executed);
    void forget_candidates();
    void leave(FinalBlock block);
    void enter_height();
    void restore_from_journal();
    void enter_round(std::uint64_t round, bool by_round_change);
    void persist_enter();
    void on_checkpoint(const Checkpoint& checkpoint, bool by_operator);
    void apply_checkpoint();

    // quarantine.cpp
    void quarantine(std::string why);
    void begin_quarantine();
    void on_query(const HeightQuery& message);
    void on_claim(const HeightClaim& message);
    void ask_for_heights();
    void try_rejoin();

    // Questions, each one fact.
    [[nodiscard]] std::size_t quorum_size() const { return quorum(rules_.validators.size()); }
    [[nodiscard]] std::size_t faults() const { return (rules_.validators.size() - 1) / 3; }
    [[nodiscard]] vm::BlockNumber number() const { return rules_.number; }
    [[nodiscard]] bool is_validator(const vm::Address& address) const;
    [[nodiscard]] std::optional<vm::Address> self() const;
    [[nodiscard]] bool is_self(const vm::Address& address) const { return address == self(); }
    /// This node signs at this height.
    [[nodiscard]] bool is_active() const;
    /// An earlier incarnation may have proposed or prepared in the current round.
    [[nodiscard]] bool is_barred() const;
    [[nodiscard]] bool is_durable(std::uint64_t token) const { return token <= durable_token_; }
    [[nodiscard]] vm::Address round_proposer() const;
    [[nodiscard]] Owed owed() const;
    [[nodiscard]] bool heartbeat_due() const;
    [[nodiscard]] std::optional<Instant> round_deadline() const;
    /// At the height or above it.
    [[nodiscard]] OwnHistory own_history(vm::BlockNumber at) const;
    [[nodiscard]] Candidate* candidate(const vm::Hash& hash);
    [[nodiscard]] const Candidate* candidate(const vm::Hash& hash) const;
    [[nodiscard]] std::size_t connected_validators() const;
    [[nodiscard]] VoteSubject subject(const vm::Hash& hash) const { return {number(), round_.number, hash}; }

    void emit(Action action) { actions_.push_back(std::move(action)); }
    void notice(NoticeKind kind, const vm::Address& about = {}, std::string detail = {});
    std::uint64_t persist(JournalRecord record);

    ConsensusOptions options_;
    Now now_;
    std::vector<Action> actions_;  ///< of the event in hand
    bool halted_ = false;

    // The height.
    FinalBlock head_;
    HeightRules rules_;
    Instant height_since_;
    Round round_;
    MessageStore store_;
    std::map<vm::Hash, Candidate> candidates_;
    std::optional<Lock> lock_;
    std::optional<Message> own_commit_;            ///< the latest, of this or an earlier round
    std::optional<std::uint64_t> entered_before_;  ///< the highest round that an earlier incarnation entered
    std::map<std::pair<std::uint64_t, MessageCode>, vm::Hash> signed_;  ///< one digest a round and type
    bool work_pending_ = false;
    std::optional<Instant> signer_rests_until_;
    std::optional<Arrived> held_;  ///< a proposal ahead of the clock
    Instant held_until_;
    std::set<vm::Address> equivocators_;  ///< already noticed

    // Beyond the height.
    std::map<std::pair<vm::Address, MessageCode>, Arrived> early_;  ///< of the next one
    std::map<vm::Address, Instant> heard_;
    std::set<vm::Address> connected_;
    std::map<vm::Address, Instant> gone_since_;
    std::uint64_t next_token_ = 1;
    std::uint64_t durable_token_ = 0;
    vm::BlockNumber synced_;  ///< up to it the block store is known to be durable
    std::optional<Quarantine> quarantine_;
    vm::BlockNumber sign_from_;
    std::optional<Checkpoint> pending_checkpoint_;
    std::optional<Instant> timer_;
};

}  // namespace talea::node
