#pragma once
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "fuzz/input.hpp"
#include "node/consensus/step.hpp"

/// A network of consensus machines whose every next event is somebody else's choice: what arrives when and how often,
/// which record is durable when the power fails, who is wiped. It states the claims of DESIGN 7 of all that the honest
/// do.
namespace talea::fuzz {

/// Signatures are real; what was signed or recovered once in this process is remembered, so that a run costs little.
class RememberedSignatures final : public node::Signatures {
  public:
    [[nodiscard]] std::optional<vm::Address> signer(const vm::Hash& digest, const node::Seal& seal) const override;
};
class RememberingSigner final : public node::Signer {
  public:
    explicit RememberingSigner(const vm::PrivateKey& key) : signer_(key) {}
    [[nodiscard]] vm::Address address() const override { return signer_.address(); }
    [[nodiscard]] std::optional<node::Seal> try_sign(const vm::Hash& digest) const override { return sign(digest); }
    [[nodiscard]] node::Seal sign(const vm::Hash& digest) const;

  private:
    node::KeySigner signer_;
};

class ConsensusWorld {
  public:
    /// `validators` of the first 8 keys, of which the last `liars` are the caller's: the world only carries their
    /// messages. `sets_change`: some blocks change the validator set.
    ConsensusWorld(std::size_t validators, std::size_t liars, bool sets_change);
    ~ConsensusWorld();
    ConsensusWorld(const ConsensusWorld&) = delete;
    ConsensusWorld& operator=(const ConsensusWorld&) = delete;

    /// What may happen to honest machine `at`, if there is anything of the kind; `which` chooses.
    void deliver(std::size_t at, std::size_t which, bool keep);
    void lose(std::size_t at, std::size_t which);
    void complete(std::size_t at, std::size_t which);  ///< an execution, a build, a fetch
    void sync(std::size_t at, std::size_t records);    ///< the journal's first ones are durable
    void store_blocks(std::size_t at);                 ///< all that are final are durable
    void give_work(std::size_t at);
    void set_connection(std::size_t at, std::size_t peer, bool up);
    void import_blocks(std::size_t at, std::size_t from, std::size_t count);
    /// The power fails and comes back: what was not durable is gone. `wiped`: the journal is, too, where the rules bear
    /// one more validator without memory.
    void restart(std::size_t at, bool wiped);
    void pass_time(std::uint64_t ms);
    /// All that is under way arrives, in order, and all that is written is durable; at most `events` of it.
    void calm(std::size_t events);
    /// To honest machine `at`.
    void say(std::size_t at, const node::Message& message);
    /// Others can fetch it; whether it is valid and what it leads to, its salt says.
    vm::Hash add_block(const vm::Header& header);
    /// Of the next blocks that honest proposers build.
    std::uint8_t salt = 0;

    [[nodiscard]] std::size_t honest() const { return nodes_.size(); }
    [[nodiscard]] const std::vector<RememberingSigner>& signers() const { return signers_; }
    [[nodiscard]] const node::FinalBlock& head(std::size_t at) const { return nodes_[at].chain.back(); }
    [[nodiscard]] node::Why why(std::size_t at) const { return nodes_[at].machine->why(); }
    [[nodiscard]] node::Instant now() const { return now_; }
    /// The last messages of anybody.
    [[nodiscard]] const std::deque<node::Message>& heard() const { return heard_; }
    /// The blocks that there are, last made last.
    [[nodiscard]] const std::vector<vm::Header>& blocks() const { return order_; }
    [[nodiscard]] node::Now clock() const { return {now_, {1'000'000 + now_.ms / 1000}}; }

    /// Ends the world, and states that its machines took little memory.
    void end();

  private:
    struct Node {
        const RememberingSigner* signer = nullptr;
        std::optional<node::Consensus> machine;
        std::vector<node::FinalBlock> chain;  ///< genesis first
        std::size_t stored = 1;               ///< blocks of `chain` that are durable
        std::vector<node::JournalRecord> durable;
        std::deque<std::pair<std::uint64_t, node::JournalRecord>> written;
        std::uint64_t last_token = 0;
        std::deque<node::Message> inbox;
        std::deque<node::Event> completions;
        std::optional<node::Instant> timer;
        bool has_work = false;
        bool lost_memory = false;  ///< since its journal went; until it is seen to sign
        // Of all its lives.
        std::map<std::tuple<std::uint64_t, std::uint64_t, node::MessageCode>, vm::Hash> said;
        std::map<std::uint64_t, std::uint64_t> left_rounds_below;  ///< by number
    };
    void start(Node& node, node::JournalStatus status);
    void feed(Node& node, const node::Event& event);
    void perform(Node& node, std::vector<node::Action> actions);
    void order(Node& node, const node::Persist& order);
    void order(Node& node, const node::FetchBlock& order);
    void order(Node& node, const node::Execute& order);
    void order(Node& node, const node::Build& order);
    void order(Node& node, const node::Finalise& order);
    void send(Node& node, const node::Message& message, const std::vector<vm::Address>& to);
    void audit(Node& node, const node::Message& message);
    [[nodiscard]] static bool is_lost(const Node& node);
    [[nodiscard]] bool has_entered(const Node& node, const node::View& view) const;
    [[nodiscard]] bool has_lock(const Node& node, const node::View& view, const vm::Hash& hash) const;
    [[nodiscard]] node::ExecutedBlockFacts facts(const vm::Header& header) const;
    [[nodiscard]] bool is_connected(const Node& node, const vm::Address& peer) const;
    [[nodiscard]] Node* find(const vm::Address& address);

    std::vector<RememberingSigner> signers_;  ///< ascending by address; the liars' are the last ones made
    std::vector<vm::Address> validators_;
    std::size_t liars_;
    bool sets_change_;
    std::vector<Node> nodes_;
    std::set<std::pair<vm::Address, vm::Address>> cut_;
    node::Instant now_{1'000};
    std::uint64_t nonce_ = 0;
    std::map<vm::Hash, vm::Header> blocks_;
    std::vector<vm::Header> order_;
    std::map<std::uint64_t, vm::Hash> final_;
    std::deque<node::Message> heard_;
};

}  // namespace talea::fuzz
