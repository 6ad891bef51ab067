#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "node/base/instant.hpp"
#include "node/consensus/step.hpp"
#include "node/p2p/message.hpp"
#include "node/pool/pool.hpp"
#include "vm/execution/block_execution.hpp"

namespace talea::node {

/// A block with its senders known, shared by whoever works on it.
using BodyPtr = std::shared_ptr<const vm::RecoveredBlock>;

/// Blocks that consensus asks for by hash (FetchBlock), until they are whole: from the pool by their transactions'
/// hashes, what is missing there from those who must have it; and where that takes long, or the hashes are not known or
/// are not the header's, whole from one holder after the other.
///
/// A proposer may put other transactions under a header than the header names. Whoever believed that would find a block
/// invalid that the others make final, so nothing is whole here whose transactions root is not the header's.
class BodyFetch {
  public:
    struct Settings {
        /// Another holder is asked after so long: a round trip of a continent, and less than a round.
        std::uint64_t retry_ms = 100;
    };

    /// TransactionGossip::need.
    struct Need {
        std::vector<vm::Hash> hashes;
        std::vector<vm::Address> sources;
    };
    struct Ask {
        vm::Address to;
        wire::GetBlocks request;
    };
    /// `take` has it.
    struct Whole {
        vm::Hash hash;
    };
    using Action = std::variant<Need, Ask, Whole>;
    using Actions = std::vector<Action>;

    /// `found`: what a journal held. `pool` must outlive this.
    BodyFetch(const Pool& pool, std::map<vm::Hash, BodyPtr> found, const Settings& settings)
        : pool_(pool), settings_(settings), found_(std::move(found)) {}

    [[nodiscard]] Actions order(const FetchBlock& order, const std::set<vm::Address>& connected, Instant now);
    /// A transaction that came, whatever the pool made of it.
    [[nodiscard]] Actions came(const PendingTransaction& transaction);
    /// Requests of this machine have ids of their own.
    [[nodiscard]] static bool is_own(std::uint64_t request) { return (request & own_requests) != 0; }
    /// Whether the answer holds what was asked of `peer`; what follows of it is added to `actions`. An answer that has
    /// nothing is no lie: a holder may have forgotten a candidate.
    enum class Answer : std::uint8_t { fine, unasked, lie };
    [[nodiscard]] Answer received(const vm::Address& peer, const wire::Blocks& answer, Actions& actions);
    [[nodiscard]] Actions tick(const std::set<vm::Address>& connected, Instant now);
    [[nodiscard]] std::optional<Instant> timer() const;

    /// The body of a block that is whole; null where it is not, or was forgotten.
    [[nodiscard]] BodyPtr find(const vm::Hash& hash) const;
    void forget(const vm::Hash& hash);
    /// Blocks up to `number` are final.
    void left(vm::BlockNumber number);

    struct Counts {
        std::size_t fetching = 0, whole = 0;
    };
    [[nodiscard]] Counts counts() const;

  private:
    static constexpr std::uint64_t own_requests = 1ULL << 63;
    struct Entry {
        FetchBlock order;
        std::map<vm::Hash, PendingTransaction> collected;
        std::set<vm::Hash> missing;
        bool list_is_wrong = false;
        std::size_t asked = 0;  ///< how many times a holder was
        Instant retry_at;
        std::map<std::uint64_t, vm::Address> requests;
        BodyPtr body;
    };

    /// Where all transactions are known and here, makes the body of them.
    void assemble(Entry& entry, Actions& actions);
    void ask_holder(Entry& entry, const std::set<vm::Address>& connected, Instant now, Actions& actions);

    const Pool& pool_;
    Settings settings_;
    std::map<vm::Hash, BodyPtr> found_;
    std::map<vm::Hash, Entry> entries_;
    std::uint64_t next_request_ = own_requests;
};

}  // namespace talea::node
