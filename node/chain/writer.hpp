#pragma once
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "node/chain/chain.hpp"
#include "node/chain/inbox.hpp"
#include "node/chain/workers.hpp"
#include "node/chain/workshop.hpp"

namespace talea::node {

/// Drives the node's machine (node/core): tells it what happens, and does what it says, in its order. Decides nothing.
/// The one thread that builds, executes and writes blocks. For the files of the chain alone.
class Chain::Writer {
  public:
    explicit Writer(Chain& chain);
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    void start(Peers* peers);
    void stop();

    // From any thread.
    [[nodiscard]] Inbox& inbox() { return inbox_; }
    [[nodiscard]] std::optional<NodeCore::CoreWhy> why() const;
    [[nodiscard]] std::vector<Peers::Link> links() const;

  private:
    void make_core();
    [[nodiscard]] std::map<vm::Hash, BodyPtr> journal_bodies() const;
    void run();
    [[nodiscard]] Now core_now() const;
    /// The next of what actions led to or others said. Between two events the chain is whole: nothing where it is to
    /// stop.
    [[nodiscard]] std::optional<NodeCore::Event> next_event();
    void write_local_transactions();

    void act(const Persist& order);
    void act(const KeepBody& order);
    void act(const DropJournal& order);
    void act(const SetTimer& order);
    void act(const Build& order);
    void act(const Finalise& order);
    void act(const Forget& order);
    void act(const Notice& notice);
    void act(const Halt& order);
    void act(const NodeCore::Execute& order);
    void act(const NodeCore::Import& order);
    void act(const NodeCore::KeepTransactions& order);
    void act(const NodeCore::StoreCheckpoint& order);
    void act(const NodeCore::CheckpointRefused& order);
    // No connection is reported to a machine without peers, so it has nothing to say to anybody.
    void act(const NodeCore::Send& order);
    void act(const NodeCore::Disconnect& order);
    void act(const NodeCore::Pause& order);
    void act(const NodeCore::Dial& order);
    void act(const NodeCore::TakeTransactions& order);
    void act(const NodeCore::ServeHeaders& order);
    void act(const NodeCore::ServeBlocks& order);
    void act(const NodeCore::Blamed& order);
    void act(const NodeCore::RefusedBy& order);

    /// The block is the tip. On disk and for readers at once, or soon (`may_wait`): with what follows it.
    void apply(ExecutedCandidate candidate, const Certificate& certificate, bool may_wait);
    /// The tip is durable and the head for readers.
    void show();
    void tell_pool();
    /// Lets a worker answer `peer`, unless too many of its requests wait already.
    void serve(const vm::Address& peer, std::function<wire::Message(const Head&)> answer);

    Chain& chain_;
    Database& database_;
    Workshop workshop_;
    Inbox inbox_;
    std::thread thread_;
    Peers* peers_ = nullptr;

    mutable std::mutex core_mutex_;  ///< held for the machine's steps, for `why`
    std::unique_ptr<NodeCore> core_;

    // The thread's own.
    Tip tip_;
    /// What `show` is still to tell, since the head that readers see.
    struct Unshown {
        std::size_t blocks = 0;
        RecentAccounts::Changes accounts;
        bool permissions_changed = false;
    };
    Unshown unshown_;
    std::optional<Instant> show_at_;
    std::optional<Instant> timer_;
    std::optional<Instant> keep_at_;            ///< when clients' transactions are written
    std::deque<NodeCore::Event> consequences_;  ///< what actions led to, to be told first, in their order
    std::map<vm::Hash, ExecutedCandidate> candidates_;
    std::vector<vm::Address> validators_;  ///< of the next block
    std::vector<vm::Address> nodes_;       ///< admitted besides them

    std::mutex serving_mutex_;
    std::map<vm::Address, std::size_t> serving_;  ///< requests of a peer that wait for their answers
    std::optional<Workers> workers_;              ///< last: they use all of the above
};

}  // namespace talea::node
