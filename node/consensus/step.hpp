#pragma once
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "node/base/instant.hpp"
#include "node/consensus/certificate.hpp"
#include "node/consensus/journal.hpp"
#include "node/consensus/message.hpp"
#include "node/consensus/recovery.hpp"
#include "node/consensus/why.hpp"

/// QBFT of one node as a pure state machine: event in, actions out. It knows no clock, randomness, file, socket or
/// thread; its driver does what the actions say, in their order, and reports back with events.
namespace talea::node {

/// The block that the current height stands on.
struct FinalBlock {
    vm::Header header;
    vm::Hash hash;
    std::vector<vm::Address> validators;       ///< of this block, ascending; empty for genesis
    std::vector<vm::Address> next_validators;  ///< of the next, ascending
    std::uint64_t next_instance = 0;           ///< of the next
    /// The state after it asks for one more block at once: clock, set, settings or version changed in it.
    bool next_is_due = false;
    std::uint64_t execution_ms = 0;
};

/// What the driver found where the vote journal should be.
enum class JournalStatus : std::uint8_t {
    sound,  ///< with the state it holds; a torn tail is sound
    lost,   ///< missing or damaged: the validator starts in quarantine
};

// ---- Events -----------------------------------------------------------------------------------------------------

/// A decoded message, from whichever connection. Its signature need not have been checked.
struct MessageReceived {
    Message message;
};
/// The timer set last went off. Spurious ones do no harm.
struct TimerExpired {};
/// A block asked for with FetchBlock is here whole: bodies recovered, and the transactions root is the header's.
struct BlockAvailable {
    vm::Header header;
    std::vector<vm::Hash> transactions;
};
/// What an executed block leads to. Valid means: by every rule, its state root too.
struct ExecutedBlockFacts {
    std::vector<vm::Address> next_validators;
    bool next_is_due = false;
    std::uint64_t execution_ms = 0;
};
struct Executed {
    vm::BlockNumber number;
    vm::Hash hash;
    std::expected<ExecutedBlockFacts, std::string> outcome;  ///< else the rule that it breaks
};
/// The block ordered by Build; it is executed and valid.
struct Built {
    std::uint64_t round = 0;
    vm::Header header;
    std::vector<vm::Hash> transactions;
    ExecutedBlockFacts facts;
};
/// No candidate could be included, and the block was not to be built empty.
struct NothingToBuild {
    vm::BlockNumber number;
    std::uint64_t round = 0;
    bool work_left = false;  ///< what was looked at is gone, and more waits behind it
};
/// All records up to the one with this token are durable.
struct Persisted {
    std::uint64_t token = 0;
};
/// A certified block came by import or sync and was executed: the node stands on it now. Ignored at or below the head.
struct BlockApplied {
    FinalBlock block;
};
/// The block store holds all blocks up to this one durably.
struct BlockSynced {
    vm::BlockNumber number;
};
/// The pool has something for a block. Reported again after each Finalise while it is so.
struct WorkPending {};
/// `validator` can be reached: a link of ours, or of a peer of ours who passes messages on.
struct PeerConnected {
    vm::Address validator;
};
struct PeerDisconnected {
    vm::Address validator;
};
/// A checkpoint that `verify_checkpoint` accepts is stored.
struct CheckpointStored {
    Checkpoint checkpoint;
    /// By `talead recover`: its operator says now that older votes are void, and so ends a quarantine. A peer may say
    /// so long after this validator, whose journal is lost, voted in the new instance.
    bool by_operator = true;
};
using Event = std::variant<MessageReceived, TimerExpired, BlockAvailable, Executed, Built, NothingToBuild, Persisted,
                           BlockApplied, BlockSynced, WorkPending, PeerConnected, PeerDisconnected, CheckpointStored>;

// ---- Actions ----------------------------------------------------------------------------------------------------

/// To all `to`, which are the height's validators but this one.
struct Broadcast {
    Message message;
    std::vector<vm::Address> to;
};
struct SendTo {
    Message message;
    vm::Address to;
};
/// Append to the journal and sync; Persisted(token) when it is durable. Tokens grow; one writer, in order.
struct Persist {
    std::uint64_t token = 0;
    JournalRecord record;  ///< never a body
};
/// Append the body of an executed block to the journal before any later record. Needs no sync.
struct KeepBody {
    vm::BlockNumber number;
    vm::Hash hash;
};
/// What the journal holds of heights up to this one may go.
struct DropJournal {
    vm::BlockNumber number;
};
/// Replaces the timer set before; none where absent.
struct SetTimer {
    std::optional<Instant> at;
};
/// Get a block whole, by hash: from the pool by `transactions` where they are known, what is missing from one of `from`
/// after the other (who must have it: its proposer, those who prepared it). Goes on until the height is left or a
/// Forget names it. Asking again for what is in hand is answered again.
struct FetchBlock {
    vm::BlockNumber number;
    vm::Hash hash;
    std::optional<vm::Header> header;
    std::optional<std::vector<vm::Hash>> transactions;
    std::vector<vm::Address> from;
};
/// Judge and execute the available block on the head; answered by Executed.
struct Execute {
    vm::BlockNumber number;
    vm::Hash hash;
};
/// Build a block on the head, of this node as beneficiary; answered by Built or NothingToBuild.
struct Build {
    vm::BlockNumber number;
    std::uint64_t round = 0;
    bool even_empty = false;
};
/// The block is final: apply it, show it to readers, write it (the write need not be waited for). The machine has left
/// its height.
struct Finalise {
    vm::BlockNumber number;
    vm::Hash hash;
    Certificate certificate;
};
/// The block is no candidate any more; its body may go.
struct Forget {
    vm::Hash hash;
};
/// `to` works on a height that is final here: tell it where our head is.
struct ShowHead {
    vm::Address to;
};
/// Something worth a line in the log, a counter, a mark of coverage. Decides nothing.
enum class NoticeKind : std::uint8_t {
    round_timed_out,
    proposer_gone,      ///< the round was left early
    proposal_refused,   ///< `detail` says the rule
    block_invalid,      ///< `detail` says the rule
    jumped,             ///< to the (f+1)-th largest round
    moved_by_proposal,  ///< to a justified later round
    locked,
    reproposed,  ///< a prepared block by this node, in a later round
    round_change_sent,
    resent,
    equivocation,         ///< `about` signed two messages for one (number, round, type); the first counts
    message_refused,      ///< `detail` says why
    finalised_old_round,  ///< by a commit quorum of another round than the current
    quarantined,
    rejoined,
    proposal_held,  ///< ahead of the clock; looked at again later
    recovered,      ///< a checkpoint began a new instance
    signer_away,    ///< it gave no signature; asked again later
};
[[nodiscard]] std::string_view to_string(NoticeKind kind);
struct Notice {
    NoticeKind kind;
    View view;
    vm::Address about;
    std::string detail;
};
/// A quorum finalised what this node finds invalid, or the like: stop and say why.
struct Halt {
    std::string sentence;
};
using Action = std::variant<Broadcast, SendTo, Persist, KeepBody, DropJournal, SetTimer, FetchBlock, Execute, Build,
                            Finalise, Forget, ShowHead, Notice, Halt>;

// ---- The machine ------------------------------------------------------------------------------------------------

/// When an event happens: by the monotonic clock, and by the chain clock (DESIGN 6), against which fresh proposals are
/// held.
struct Now {
    Instant at;
    vm::Timestamp clock;
};

struct ConsensusOptions {
    vm::Hash genesis_hash;
    std::uint64_t idle_interval_ms = 30'000;
    /// Null: an observer, which follows and signs nothing. Must outlive the machine, as `signatures` must.
    const Signer* signer = nullptr;
    const Signatures* signatures = &plain_signatures();
    JournalStatus journal = JournalStatus::sound;
    JournalState journal_state;
    std::uint64_t start_nonce = 0;  ///< drawn anew at each start, for HeightQuery
};

/// One node's consensus at its current height. Not thread-safe; bounded memory: O(validators) a height, two heights.
class Consensus {
  public:
    Consensus(ConsensusOptions options, FinalBlock head);
    ~Consensus();
    Consensus(Consensus&&) noexcept;
    Consensus& operator=(Consensus&&) noexcept;

    /// To be called once, before any event.
    [[nodiscard]] std::vector<Action> start(Now now);
    /// Events of heights or rounds that were left are ignored.
    [[nodiscard]] std::vector<Action> step(const Event& event, Now now);
    /// The machine explains itself.
    [[nodiscard]] Why why() const;

  private:
    class Machine;
    std::unique_ptr<Machine> machine_;
};

}  // namespace talea::node
