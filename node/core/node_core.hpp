#pragma once
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "node/base/instant.hpp"
#include "node/consensus/step.hpp"
#include "node/core/body_fetch.hpp"
#include "node/core/signature_memory.hpp"
#include "node/gossip/admission.hpp"
#include "node/gossip/conduct.hpp"
#include "node/gossip/links.hpp"
#include "node/gossip/relay.hpp"
#include "node/gossip/transactions.hpp"
#include "node/p2p/message.hpp"
#include "node/pool/pool.hpp"
#include "node/sync/planner.hpp"

/// One node as a pure state machine: consensus, gossip, sync, admission and conduct, and what each tells the others.
/// Frames of peers, completions and the time come in as events; what is to be done goes out as actions. Its driver
/// (node/chain with sockets and files, tests/sim with virtual ones) does what the actions say, in their order, and
/// decides nothing.
namespace talea::node {

struct CoreOptions {
    /// `signer` null: a node that follows. `signatures` are remembered by the machine itself.
    ConsensusOptions consensus;
    vm::Address own;  ///< of this node's key
    /// What the node stands on: executed and durable.
    FinalBlock head;
    vm::Bytes head_certificate;      ///< as node/CHAIN.md encodes it; empty at genesis
    std::vector<vm::Address> nodes;  ///< admitted by the state after the head, besides its validators
    std::vector<vm::Address> bootnodes;
    std::map<vm::Hash, BodyPtr> bodies;  ///< from the vote journal
    std::vector<Checkpoint> checkpoints;
    vm::RecoveryKeys recovery;  ///< of genesis: whose word a checkpoint is
    Conduct::Settings conduct;
};

class NodeCore {
  public:
    /// A whole frame, its header included.
    using Frame = std::shared_ptr<const vm::Bytes>;

    // ---- Events. Those of consensus that a driver reports itself are consensus/step.hpp's. --------------------------

    /// The handshake with `peer` proved its key. `dialled`: by this node.
    struct Connected {
        vm::Address peer;
        bool dialled = false;
    };
    struct Gone {
        vm::Address peer;
    };
    struct FrameReceived {
        vm::Address peer;
        Frame frame;
    };
    /// What became of a transaction of TakeTransactions.
    enum class Intake : std::uint8_t { taken, refused, bad_signature, malformed };
    struct Taken {
        vm::Hash hash;
        Intake intake = Intake::taken;
        PendingTransaction transaction;  ///< where somebody signed it, whatever the pool said
    };
    struct TransactionsTaken {
        vm::Address from;
        std::vector<Taken> transactions;
    };
    /// Somebody else (a client) changed the pool.
    struct PoolChanged {};
    /// The answer to Finalise and Import: the block is executed here and is the head, the pool was told of its nonces
    /// and, where it changed Permissions, checked again (of an Import with `more_follow`, by the time of BlockSynced).
    struct Applied {
        FinalBlock block;
        std::vector<vm::Address> nodes;  ///< admitted after it
    };
    /// The rule that a block of Import breaks.
    struct ImportFailed {
        vm::Hash hash;
        std::string rule;
    };
    using Event = std::variant<Connected, Gone, FrameReceived, TransactionsTaken, PoolChanged, Applied, ImportFailed,
                               node::TimerExpired, node::Built, node::NothingToBuild, node::Executed, node::Persisted,
                               node::BlockSynced, node::CheckpointStored>;

    // ---- Actions. Persist, KeepBody, DropJournal, SetTimer, Build, Finalise, Forget, Notice and Halt are consensus's,
    // with what its header says of them; SetTimer is the one timer of the whole machine. ------------------------------

    /// The same frame to each of them; an own vote also where they are nobody. Votes and bulk go over separate
    /// connections; a queue that is full drops.
    struct Send {
        std::vector<vm::Address> to;
        Frame frame;
    };
    /// After what was sent before; no Gone need be reported.
    struct Disconnect {
        vm::Address peer;
        std::optional<wire::Refusal> reason;  ///< what it was told
    };
    /// Read nothing from it before then.
    struct Pause {
        vm::Address peer;
        Instant until;
    };
    /// Keep trying to connect to these and to nobody else.
    struct Dial {
        std::vector<vm::Address> peers;
    };
    /// Decode, recover, judge by the latest state, put into the pool: answered by TransactionsTaken. Work that can be
    /// spread over threads.
    struct TakeTransactions {
        vm::Address from;
        std::vector<vm::Bytes> encoded;
    };
    /// Judge and execute on the head; answered by Executed. The body is to be kept until the block is applied or
    /// forgotten, as that of a block of Build is.
    struct Execute {
        vm::BlockNumber number;
        vm::Hash hash;
        BodyPtr body;
    };
    /// A block on the head that a quorum sealed: judge, execute, apply and write it; answered by Applied or
    /// ImportFailed, until when consensus stands still. Of many in a row it hears only of every 64th and of the last,
    /// for each of whose heights it writes its journal.
    struct Import {
        CertifiedBlock block;
        std::vector<vm::Transaction> transactions;
        /// Blocks above it are proved final too: it may become durable with the next ones, and be shown to readers
        /// then.
        bool more_follow = false;
    };
    /// `answer` (serving.hpp), sent to `to`.
    struct ServeHeaders {
        vm::Address to;
        wire::GetHeaders request;
    };
    struct ServeBlocks {
        vm::Address to;
        wire::GetBlocks request;
    };
    /// A peer gave it, and recovery keys signed it: to be kept durably, before anything else; answered by
    /// CheckpointStored.
    struct StoreCheckpoint {
        Checkpoint checkpoint;
    };
    /// For the log: signed as it must be, and yet not to be stored. Its operators must know.
    struct CheckpointRefused {
        vm::Address peer;
        std::string sentence;
    };
    /// What came to and left the pool of this node's own clients, in order: to be kept across a restart
    /// (LocalTransactions).
    struct KeepTransactions {
        std::vector<PoolChange> changes;
    };
    /// For the log and counters. Decides nothing.
    struct Blamed {
        vm::Address peer;
        Misdeed misdeed;
    };
    struct RefusedBy {
        vm::Address peer;
        wire::Refusal reason;
    };
    using Action = std::variant<Send, Disconnect, Pause, Dial, TakeTransactions, Execute, Import, ServeHeaders,
                                ServeBlocks, KeepTransactions, StoreCheckpoint, CheckpointRefused, Blamed, RefusedBy,
                                node::Persist, node::KeepBody, node::DropJournal, node::SetTimer, node::Build,
                                node::Finalise, node::Forget, node::Notice, node::Halt>;
    using Actions = std::vector<Action>;

    // ---- The machine ------------------------------------------------------------------------------------------------

    /// `pool` must report its changes (PoolLimits::report_changes), to this machine alone, and outlive it.
    NodeCore(CoreOptions options, Pool& pool);
    NodeCore(const NodeCore&) = delete;
    NodeCore& operator=(const NodeCore&) = delete;

    /// To be called once, before any event.
    [[nodiscard]] Actions start(Now now);
    [[nodiscard]] Actions step(const Event& event, Now now);

    /// The machine explains itself.
    struct CoreWhy {
        Why consensus;
        SyncPlanner::Why sync;
        Relay::Why relay;
        TransactionGossip::Totals transactions;
        BodyFetch::Counts bodies;
        struct Peer {
            vm::Address address;
            Admission::Role role = Admission::Role::none;
            bool is_linked = false;
            std::uint64_t silent_ms = 0;
            Conduct::Record conduct;
        };
        std::vector<Peer> peers;
    };
    [[nodiscard]] CoreWhy why() const;
    [[nodiscard]] Why consensus_why() const { return consensus_.why(); }

  private:
    struct Peer {
        bool dialled = false;
        Admission::Role role = Admission::Role::none;
        std::optional<Instant> slow_at;
    };

    void handle(const Connected& event);
    void handle(const Gone& event);
    void handle(const FrameReceived& event);
    void handle(const TransactionsTaken& event);
    void handle(const PoolChanged&) {}
    void handle(const Applied& event);
    void handle(const ImportFailed& event);
    void handle(const node::TimerExpired&);
    void handle(const node::Built& event);
    void handle(const node::CheckpointStored& event);
    void handle(const node::BlockSynced& event);
    template <class ConsensusEvent>
    void handle(const ConsensusEvent& event) {
        told_.emplace_back(event);
    }
    [[nodiscard]] Actions finish();

    // wire_frames.cpp: what peers say.
    void hear(const vm::Address& from, const wire::Status& status, const Frame& frame);
    void hear(const vm::Address& from, const wire::Refused& refused, const Frame& frame);
    void hear(const vm::Address& from, const wire::Announce& announce, const Frame& frame);
    void hear(const vm::Address& from, const wire::GetTransactions& request, const Frame& frame);
    void hear(const vm::Address& from, const wire::Transactions& transactions, const Frame& frame);
    void hear(const vm::Address& from, const wire::Consensus& message, const Frame& frame);
    void hear(const vm::Address& from, const wire::GetHeaders& request, const Frame& frame);
    void hear(const vm::Address& from, const wire::Headers& headers, const Frame& frame);
    void hear(const vm::Address& from, const wire::GetBlocks& request, const Frame& frame);
    void hear(const vm::Address& from, const wire::Blocks& blocks, const Frame& frame);
    void hear(const vm::Address& from, const wire::Checkpoint& said, const Frame& frame);
    /// Passes a consensus message on to whom it would not reach; false where nobody signed it.
    [[nodiscard]] bool relay(const vm::Address& from, const Message& message, const vm::Hash& frame_hash,
                             const Frame& frame);

    // What the machines want.
    void perform(const std::vector<node::Action>& actions);
    void perform(const node::Broadcast& order);
    void perform(const node::SendTo& order);
    void perform(const node::FetchBlock& order);
    void perform(const node::Execute& order);
    void perform(const node::Finalise& order);
    void perform(const node::Forget& order);
    void perform(const node::ShowHead& order);
    void perform(const node::SetTimer& order);
    template <class Passed>
    void perform(const Passed& order) {
        emit(order);
    }
    void perform(const std::vector<Links::Action>& actions);
    void perform(const std::vector<Relay::Send>& sends);
    void perform(const TransactionGossip::Actions& actions);
    void perform(SyncPlanner::Actions actions);
    void perform(const BodyFetch::Actions& actions);

    // Peers.
    void disconnect(const vm::Address& peer, std::optional<wire::Refusal> reason);
    void forget_peer(const vm::Address& peer);
    void blame(const vm::Address& peer, Misdeed misdeed);
    /// False where the peer was disconnected for it.
    [[nodiscard]] bool charge(const vm::Address& peer, Cost cost, std::uint64_t count);
    [[nodiscard]] bool obey(const vm::Address& peer, const Conduct::Judgement& judgement);
    [[nodiscard]] Admission::Role role_of(const vm::Address& peer, bool dialled) const;
    void check_admission();
    void note_reach();
    void dial();

    void drain_pool();
    void tell_consensus();
    void import_next();
    void set_timer();
    void send(const std::vector<vm::Address>& to, Frame frame);
    void send(const vm::Address& to, const wire::Message& message);
    void send_status(const vm::Address& to);
    [[nodiscard]] vm::BlockNumber head() const { return head_.header.number; }
    [[nodiscard]] SigningDomain domain() const { return {genesis_hash_, head_.next_instance}; }
    [[nodiscard]] FinalBlock with_checkpoints(FinalBlock block) const;
    void stand_on_head();
    void claim_head();

    void emit(Action action) { actions_.push_back(std::move(action)); }

    Now now_;
    Actions actions_;  ///< of the event in hand
    bool halted_ = false;

    vm::Hash genesis_hash_;
    std::vector<Checkpoint> checkpoints_;  ///< ascending
    std::vector<Checkpoint> storing_;      ///< those of StoreCheckpoint
    vm::RecoveryKeys recovery_;
    FinalBlock head_;
    vm::Bytes head_certificate_;
    /// What peers are told of the head: the highest block that they can have from here.
    struct Claim {
        vm::BlockNumber number;
        vm::Hash hash;
        vm::Bytes certificate;
    };
    Claim claim_;
    std::vector<vm::Address> nodes_;
    vm::BlockNumber final_;  ///< of consensus and imports; the head follows when the driver has applied it

    SignatureMemory signatures_;
    Pool& pool_;
    Admission admission_;
    Conduct conduct_;
    Links links_;
    Relay relay_;
    TransactionGossip gossip_;
    SyncPlanner planner_;
    BodyFetch bodies_;
    Consensus consensus_;

    std::map<vm::Address, Peer> peers_;
    std::set<vm::Address> connected_;  ///< the keys of `peers_`
    std::set<vm::Address> reached_;    ///< validators to whom a message finds a way
    std::optional<std::vector<vm::Address>> dialled_;

    std::map<vm::BlockNumber, vm::Bytes> certificates_;  ///< of blocks that are not applied yet
    Frame status_;                                       ///< as it would be sent now; null where it changed
    std::deque<node::Event> told_;                       ///< for consensus, in order
    std::map<vm::Hash, vm::Address> taking_;             ///< transactions with the driver, and whose they are
    struct Content {
        vm::BlockNumber number;
        std::vector<vm::Hash> transactions;
    };
    std::map<vm::Hash, Content> contents_;   ///< of candidates and imports
    std::set<vm::Hash> final_transactions_;  ///< of the last block, until the pool has dropped them
    std::set<Instant> ban_ends_;
    std::deque<Import> imports_;
    std::optional<vm::BlockNumber> importing_;
    bool import_waits_ = false;           ///< for more, before it is durable
    std::optional<FinalBlock> imported_;  ///< the last one, as long as consensus has not heard of it
    std::size_t imports_in_row_ = 0;
    std::optional<Instant> consensus_timer_;
    std::optional<Instant> timer_;
    Instant expire_at_;
};

}  // namespace talea::node
