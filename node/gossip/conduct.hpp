#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "node/base/instant.hpp"
#include "node/base/token_bucket.hpp"
#include "vm/base/bytes.hpp"

namespace talea::node {

/// Work a peer makes us do, each with an allowance of its own.
enum class Cost : std::uint8_t { bytes, messages, signatures };
inline constexpr std::size_t costs = 3;

/// What a peer did that it should not have.
enum class Misdeed : std::uint8_t {
    slow,           ///< let a request run past its deadline; once is weather, always is a stall
    unasked,        ///< an answer nobody asked for
    bad_signature,  ///< a transaction or vote that nobody signed
    malformed,      ///< bytes this or any release would not have written
    flood,          ///< went on though its allowance was spent
    lie,            ///< a header, certificate or body that contradicts what a quorum sealed
};
[[nodiscard]] std::string_view to_string(Misdeed misdeed);

/// Judges peers by what they cost and do: who must wait, who is disconnected, and for how long. Remembers a peer by the
/// address of its key, over reconnections. Knows nothing of sockets: the driver pauses, closes and refuses as it is
/// told.
class Conduct {
  public:
    struct Settings {
        /// By Cost. A block of 8 MiB a second and votes beside; a full load of transactions comes in batches; 2,000
        /// checks a second are 7 % of a core and four times what ten validators' votes cost at 20 blocks a second.
        std::array<TokenBucket::Rate, costs> rates{{{16ULL << 20, 64ULL << 20}, {5'000, 20'000}, {12'000, 24'000}}};
        std::uint32_t score_max = 100;  ///< disconnected from here on
        std::uint32_t forgiven_per_second = 1;
        std::uint64_t backoff_min_ms = 1'000;  ///< doubles with each disconnection
        std::uint64_t backoff_max_ms = 300'000;
        std::uint64_t forget_ms = 600'000;  ///< after so long of good conduct, back-off starts anew
        std::size_t remembered_max = 1'024;
    };

    /// What to do with a peer from now on.
    enum class Verdict : std::uint8_t {
        fine,
        wait,        ///< read nothing more from it until `Judgement::until`
        disconnect,  ///< say Refused{misconduct}, close, and take no connection from it until `Judgement::until`
    };
    struct Judgement {
        Verdict verdict = Verdict::fine;
        Instant until;
        friend bool operator==(const Judgement&, const Judgement&) = default;
    };

    explicit Conduct(const Settings& settings) : settings_(settings) {}

    /// `peer` made us do `count` of `cost`. Whoever goes on while told to wait is flooding.
    Judgement charge(const vm::Address& peer, Cost cost, std::uint64_t count, Instant now);
    Judgement report(const vm::Address& peer, Misdeed misdeed, Instant now);

    /// Until when `peer` may not come back, where that is ahead.
    [[nodiscard]] std::optional<Instant> banned_until(const vm::Address& peer, Instant now) const;

    /// What is held against `peer`, for those who ask why it is not connected.
    struct Record {
        std::uint32_t score = 0;
        std::uint32_t disconnections = 0;
        std::optional<Misdeed> last;
    };
    [[nodiscard]] Record record(const vm::Address& peer, Instant now) const;

  private:
    struct Peer {
        explicit Peer(const std::array<TokenBucket, costs>& full) : buckets(full) {}
        std::array<TokenBucket, costs> buckets;
        std::uint32_t score = 0;
        std::uint32_t disconnections = 0;
        Instant score_at, misdeed_at, last_seen, waits_until, banned_until;
        std::optional<Misdeed> last;
    };
    Peer& peer_of(const vm::Address& address, Instant now);
    [[nodiscard]] std::uint32_t score_of(const Peer& peer, Instant now) const;
    Judgement add(Peer& peer, Misdeed misdeed, Instant now);

    Settings settings_;
    std::map<vm::Address, Peer> peers_;
};

}  // namespace talea::node
