#pragma once
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "node/core/node_core.hpp"
#include "node/pool/pool.hpp"
#include "sim/checker.hpp"
#include "sim/clock.hpp"
#include "sim/disk.hpp"
#include "sim/distant_signer.hpp"
#include "sim/ledger.hpp"
#include "sim/liar.hpp"
#include "sim/network.hpp"
#include "sim/options.hpp"
#include "sim/witness.hpp"
#include "vm/native/permissions.hpp"

namespace talea::sim {

/// Whose signature a seal is, found out once for all nodes.
class RememberedSignatures final : public node::Signatures {
  public:
    [[nodiscard]] std::optional<vm::Address> signer(const vm::Hash& digest, const node::Seal& seal) const override;

  private:
    struct Key {
        vm::Hash digest;
        node::Seal seal;
        friend bool operator==(const Key&, const Key&) = default;
    };
    struct Hasher {
        std::size_t operator()(const Key& key) const noexcept {
            std::uint64_t low;
            std::memcpy(&low, key.seal.data() + 8, 8);
            return vm::HashHasher{}(key.digest) * 31 + low;
        }
    };
    mutable std::unordered_map<Key, std::optional<vm::Address>, Hasher> known_;
};

/// What all nodes of a run live in.
struct Surroundings {
    Scheduler& scheduler;
    Trace& trace;
    Marks& marks;
    World& world;
    Checker& checker;
    const Options& options;
    const node::Signatures& signatures;  ///< the nodes'
    const node::Signatures& remembered;  ///< for who watches them
    std::vector<vm::Address> addresses;  ///< of all nodes; observers have one too, which is no validator's
    Network* network = nullptr;
    /// A hand that holds consensus messages back, for stories; nobody's where empty.
    std::function<bool(std::size_t from, std::size_t to, const node::Message& message)> holds_back = nullptr;
};

/// A copy of a machine's files, as they were durable at some time.
struct Backup {
    vm::Bytes journal;
    std::vector<FinalRecord> blocks;
};

/// A machine with a disk, two clocks and a key, and the process that runs on it from time to time: the project's own
/// node machine and pool, and a driver that does what they say.
class Node {
  public:
    Node(Surroundings& around, std::size_t index, const Person& person, bool is_observer, Random random);
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    void start();
    /// The process ends as `kill -9` ends it; with the power, its machine does.
    void crash(bool power_cut);
    [[nodiscard]] bool runs() const { return process_ != nullptr; }
    /// The process stands still until `resume`; what comes meanwhile waits.
    void pause();
    void resume();
    /// Disk and journal are gone; the key is not.
    void wipe();
    [[nodiscard]] Backup backup() const;
    /// While nothing runs: blocks as they were. The journal stays as it is.
    void restore_blocks(const Backup& backup);
    /// The journal as it was, which no backup should hold: it says that votes were never given which were. The node
    /// is not honest until it knows.
    void restore_journal(const Backup& backup);
    void lose_journal();
    /// `talead recover`, or what a peer said of it: kept for ever, obeyed by this process and later ones.
    void recover(const node::Checkpoint& checkpoint, bool by_operator = true);

    /// A byte of its journal changes, before the last record; false where there is none.
    [[nodiscard]] bool damage_journal();
    /// Its disk is a good one from now on.
    void heal_disk();
    /// Its signer answers always from now on.
    void heal_signer() { distant_signer_.stays(); }

    void on_frame(std::size_t from, const Frame& frame);
    void on_connection(std::size_t peer, bool up);
    /// From a client. False where the node does not run or refuses it.
    bool submit(const SignedTransaction& transaction);

    [[nodiscard]] std::size_t index() const { return index_; }
    [[nodiscard]] bool is_observer() const { return is_observer_; }
    [[nodiscard]] const vm::Address& address() const { return person_.address; }
    /// What its disk holds.
    [[nodiscard]] const std::vector<FinalRecord>& stored_blocks() const { return stored_blocks_; }
    [[nodiscard]] const Ledger& ledger() const;
    [[nodiscard]] node::Why why() const;
    /// Whom its machine takes part with, of those who are connected.
    [[nodiscard]] std::size_t peers() const;
    [[nodiscard]] bool is_peer(const vm::Address& address) const;
    [[nodiscard]] const std::vector<node::Checkpoint>& checkpoints() const { return checkpoints_; }
    /// The final blocks of a node that runs, from number 1 on.
    [[nodiscard]] const std::vector<FinalRecord>& finals() const { return process_->finals; }
    [[nodiscard]] Clock& clock() { return clock_; }
    [[nodiscard]] LogFile& journal() { return journal_; }
    [[nodiscard]] LogFile& blocks() { return blocks_; }
    /// From now on its program lies.
    void corrupt();
    /// From now on its program executes as if every account might do everything.
    void permit_everything();
    /// From now on it says nothing to consensus, and all else.
    void fall_silent() { is_silent_ = true; }
    /// Its disk lies, or its program does: nothing it says or shows is held against the project.
    bool is_honest = true;
    /// What it halts with is what a story waits for.
    bool may_halt = false;
    [[nodiscard]] const std::string& halted() const { return halted_; }          ///< empty where it did not
    [[nodiscard]] const std::string& found_invalid() const { return invalid_; }  ///< the latest refused block's rule
    /// Called when a block is final here, for clients that wait.
    std::function<void(const FinalRecord&)> on_final;
    /// Called when the process ends itself, as a failed disk makes it.
    std::function<void()> on_death;

    struct Counters {
        std::uint64_t consensus_messages = 0;  ///< sent, one a receiver
        std::uint64_t timeouts = 0;
        std::uint64_t round_changes = 0;
    };
    /// What a run must keep small, as it is now; zeros where nothing runs.
    struct Sizes {
        std::size_t candidates = 0, fetches = 0, pool = 0, journal_bytes = 0;
    };
    [[nodiscard]] Sizes sizes() const;
    [[nodiscard]] const Counters& counters() const { return counters_; }

  private:
    /// What dies with the process.
    struct Process {
        Ledger ledger;
        node::Pool pool;
        std::unique_ptr<node::NodeCore> core;
        std::vector<vm::Address> head_validators, next_validators;  ///< of the head, and of the block on it
        std::vector<vm::Address> nodes;                             ///< admitted by the state after the head
        vm::ChainSettings settings;                                 ///< of the state after the head
        bool next_is_due = false;
        std::vector<FinalRecord> finals;  ///< number n at index n - 1
        /// The last of `finals`, imported while more follow: on no disk, and shown to nobody.
        struct Unshown {
            FinalRecord record;
            ExecutedPtr executed;
            std::vector<vm::Address> validators;  ///< of the block
        };
        std::vector<Unshown> unshown;
        bool show_is_due = false;  ///< at some time, whatever comes
        std::map<vm::Hash, vm::BlockNumber> numbers;
        struct Candidate {
            std::shared_ptr<const vm::RecoveredBlock> block;
            ExecutedPtr executed;
        };
        std::map<vm::Hash, Candidate> candidates;
        std::deque<node::NodeCore::Event> events;  ///< to be stepped, in order
        bool stepping = false;
        std::uint64_t timer = 0;  ///< serial of the one that counts
        node::Instant timer_at;   ///< when it goes off
        struct Reading {
            std::deque<Frame> frames;  ///< came and are not read yet
            node::Instant paused_until;
        };
        std::map<std::size_t, Reading> reading;                        ///< by peer
        std::set<std::size_t> peers;                                   ///< to whom the machine listens
        std::optional<node::VoteSubject> prepared;                     ///< the last one; a repetition says nothing new
        std::map<std::pair<vm::Hash, vm::Address>, Micros> passed_on;  ///< frames of this height, by receiver

        explicit Process(World& world) : ledger(world), pool(reporting()) {}
        static node::PoolLimits reporting() {
            node::PoolLimits limits;
            limits.report_changes = true;
            return limits;
        }
    };

    [[nodiscard]] node::Now now() const;
    void open_journal();
    void index_journal(const std::vector<node::JournalRecord>& records);
    void load_blocks(Process& process);
    void die(const char* why, bool written_is_lost);
    /// Runs `event` later, unless the process has ended by then; after `resume` where it stands still.
    void later(Micros delay, std::function<void()> event);
    void feed(node::NodeCore::Event event);
    void perform(const node::NodeCore::Actions& actions);
    void perform(const node::NodeCore::Send& order);
    void perform(const node::NodeCore::Disconnect& order);
    void perform(const node::NodeCore::Pause& order);
    /// The network dials everybody.
    void perform(const node::NodeCore::Dial&) {}
    void perform(const node::NodeCore::TakeTransactions& order);
    void perform(const node::NodeCore::Execute& order);
    void perform(const node::NodeCore::Import& order);
    void perform(const node::NodeCore::ServeHeaders& order);
    void perform(const node::NodeCore::ServeBlocks& order);
    /// A client of the simulator hands in again what it saw no receipt of.
    void perform(const node::NodeCore::KeepTransactions&) {}
    void perform(const node::NodeCore::StoreCheckpoint& order);
    void perform(const node::NodeCore::CheckpointRefused& order);
    void perform(const node::NodeCore::Blamed& order);
    void perform(const node::NodeCore::RefusedBy& order);
    void perform(const node::Persist& order);
    void perform(const node::KeepBody& order);
    void perform(const node::DropJournal& order);
    void perform(const node::SetTimer& order);
    void perform(const node::Build& order);
    void perform(const node::Finalise& order);
    void perform(const node::Forget& order) { process_->candidates.erase(order.hash); }
    void perform(const node::Notice& notice);
    void perform(const node::Halt& order) { halt(order.sentence); }
    void append_record(const node::JournalRecord& record);
    void become_final(const FinalRecord& record, const ExecutedPtr& executed, bool may_wait);
    /// Writes the blocks that wait, as one batch, and shows them.
    void show();
    /// The highest block that it shows to others.
    [[nodiscard]] vm::BlockNumber shown() const { return {process_->finals.size() - process_->unshown.size()}; }
    void halt(const std::string& sentence);
    void send_own(const node::Message& message, const std::vector<vm::Address>& to, const Frame& frame);
    [[nodiscard]] std::optional<vm::Address> signer_of(const node::Message& message) const;
    [[nodiscard]] bool is_own(const node::Message& message) const;
    void check_conduct();
    void check_passed_on(const node::Message& message, const std::vector<vm::Address>& to, const Frame& frame);
    [[nodiscard]] Witness::Height height() const;
    void send_message(const node::Message& message, const std::vector<vm::Address>& to, const Frame& frame);
    void send(const std::vector<vm::Address>& to, const Frame& frame);
    void transmit(std::size_t to, const Frame& frame);
    void forget_passed_on(std::size_t to);
    void read(std::size_t from);
    [[nodiscard]] ExecutedPtr other_block(std::optional<vm::Timestamp> time);
    [[nodiscard]] node::SenderJudgement judge(const vm::Address& sender) const;
    [[nodiscard]] node::NodeCore::Intake take(const SignedTransaction& transaction, node::TxOrigin origin);
    [[nodiscard]] node::FinalBlock head_block() const;
    [[nodiscard]] std::optional<std::size_t> index_of(const vm::Address& address) const;
    [[nodiscard]] DurableJournal durable_journal() const { return {journal_entries_, journal_.durable_bytes()}; }

    Surroundings& around_;
    std::size_t index_;
    Person person_;
    node::KeySigner signer_;
    bool is_observer_;
    Random random_;
    Clock clock_;
    LogFile journal_;
    LogFile blocks_;
    DistantSigner distant_signer_;  ///< its program's; a liar's program has the key itself
    node::JournalId journal_id_;
    std::vector<node::JournalRecord> journal_records_;
    std::vector<DurableJournal::Entry> journal_entries_;
    bool journal_lost_ = false;  ///< and not begun anew
    std::vector<node::Checkpoint> checkpoints_;
    std::vector<FinalRecord> stored_blocks_;  ///< what `blocks_` holds, in order
    std::vector<std::size_t> batch_ends_;     ///< in `blocks_`: of a batch a crash leaves all or nothing
    std::shared_ptr<Process> process_;
    std::uint64_t life_ = 0;
    bool paused_ = false;
    std::vector<std::function<void()>> waiting_;  ///< while the process stands still
    Counters counters_;
    std::unique_ptr<Liar> liar_;
    bool garbles_ = false;
    bool permits_everything_ = false;
    bool is_silent_ = false;
    bool forgot_ = false;  ///< what it signed, and does not know it
    Witness witness_;
    std::string halted_, invalid_;
};

}  // namespace talea::sim
