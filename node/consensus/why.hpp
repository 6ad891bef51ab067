#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "node/base/instant.hpp"
#include "node/consensus/message.hpp"

namespace talea::node {

/// What the height owes: why its round timer runs.
enum class Owed : std::uint8_t {
    nothing,       ///< idle: no timer but the heartbeat's
    work,          ///< a transaction waits in the pool
    proposal,      ///< a proposal is in hand
    block_due,     ///< the last block asked for another
    heartbeat,     ///< the idle interval is over
    round_change,  ///< a later round has begun
};
[[nodiscard]] std::string_view to_string(Owed owed);

/// What the round waits for next.
enum class WaitsFor : std::uint8_t {
    nothing,
    quarantine_claims,  ///< the signed heights of the others
    connections,        ///< block 1 is due once a quorum can be reached
    round_changes,
    proposal,
    body,
    execution,
    prepares,
    journal,  ///< a sync of the vote journal
    signer,   ///< it gave no signature, and is asked again
    commits,
};
[[nodiscard]] std::string_view to_string(WaitsFor waits_for);

/// Why the chain does (not) move, as this node sees it; RPC and status screen only print it.
struct Why {
    struct Validator {
        vm::Address address;
        bool connected = false;
        std::optional<Instant> last_heard;                           ///< its last accepted message
        std::uint64_t round = 0;                                     ///< the highest it went to by round change
        bool proposed = false, prepared = false, committed = false;  ///< in the current round
    };
    vm::BlockNumber number;  ///< worked on
    std::uint64_t round = 0;
    std::uint64_t instance = 0;
    vm::Address proposer;  ///< of the round
    Owed owed = Owed::nothing;
    WaitsFor waits_for = WaitsFor::nothing;
    std::vector<vm::Address> missing;  ///< whose votes the round waits for
    std::vector<Validator> validators;
    std::optional<PreparedClaim> lock;
    std::optional<Instant> next_timer;
    bool signs = false;                         ///< a validator of this height, out of quarantine
    std::optional<vm::BlockNumber> signs_from;  ///< a later block, before which it must not sign; once it is known
    bool in_quarantine = false;
};

}  // namespace talea::node
