#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "node/base/instant.hpp"
#include "vm/base/bytes.hpp"
#include "vm/base/numbers.hpp"

namespace talea::node {

/// What gossip must know of a consensus message, after the verifier found it valid.
struct MessageKey {
    vm::BlockNumber number;
    std::uint8_t code = 0;  ///< kind of message
    vm::Address author;
    std::uint64_t round = 0;
    vm::Hash signed_hash;  ///< of what the author signed: unsigned additions make no second message
    friend auto operator<=>(const MessageKey&, const MessageKey&) = default;
};

/// Passes consensus messages on to validators that are not linked to their author, and tells new ones from known ones.
///
/// An author sends each message to every validator it is connected with; a validator that names the author among its
/// links (its Status) is left out, so a full mesh pays nothing. A message is known by what was signed, not by the
/// connection it came over. Kept are the messages of two heights, per author and kind those of the highest
/// `rounds_kept` rounds, two each (the second is the proof of an equivocation): O(validators) a height. So a validator
/// that loses its link to an author, or connects anew, is given what it missed.
///
/// Only what the verifier accepted may come here; `is_known` may be asked before, to save a signature check.
class Relay {
  public:
    struct Settings {
        std::size_t heights = 2;
        std::size_t rounds_kept = 4;
        /// Beyond, messages are passed on when they come, and not again. 16 rounds of the largest proposals.
        std::size_t kept_bytes_max = 32ULL << 20;
        /// An author that repeats itself may have been unheard: its repetition is passed on, at most this often.
        std::uint64_t repeat_ms = 150;
    };
    using Frame = std::shared_ptr<const vm::Bytes>;  ///< the message as its author encoded it
    struct Send {
        vm::Address to;
        Frame frame;
        friend bool operator==(const Send&, const Send&) = default;
    };

    enum class Verdict : std::uint8_t {
        fresh,        ///< for the state machine
        conflicting,  ///< for the state machine: its author signed two
        repeated,     ///< the state machine has it
        superseded,   ///< of a round below those kept: for the state machine, not passed on
        old,          ///< of a height that is left
        ahead,        ///< of a height beyond the window: this node is behind
        stranger,     ///< of somebody who is no validator
        excess,       ///< a third one of the same author, kind and round
    };
    struct Received {
        Verdict verdict = Verdict::fresh;
        std::vector<Send> sends;
    };

    Relay(const vm::Address& own, const Settings& settings) : own_(own), settings_(settings) {}

    /// `head` is final and these are the validators after it. What was kept of heights below is dropped.
    void advance(vm::BlockNumber head, const std::vector<vm::Address>& validators);

    void connected(const vm::Address& peer);
    void gone(const vm::Address& peer);
    /// `peer` said in its Status to whom it is linked. Gives it what it missed.
    [[nodiscard]] std::vector<Send> linked(const vm::Address& peer, const std::vector<vm::Address>& links, Instant now);

    /// Whether the very bytes (their keccak) came before: their signatures need no check.
    [[nodiscard]] std::optional<MessageKey> is_known(const vm::Hash& frame_hash) const;
    /// A valid message from `from`. `frame_hash` is the keccak of `frame`.
    [[nodiscard]] Received received(const vm::Address& from, const MessageKey& key, const vm::Hash& frame_hash,
                                    Frame frame, Instant now);
    /// A message of this node: to every validator connected. Repetitions too.
    [[nodiscard]] std::vector<Send> publish(const Frame& frame) const;

    /// Validators to whom a message of this node finds a way: those of `heard` (Links::linked) that are connected, and
    /// those whom they name among their links. Ascending.
    [[nodiscard]] std::vector<vm::Address> reachable(const std::vector<vm::Address>& heard) const;

    struct Why {
        std::vector<vm::Address> connected;  ///< validators with a consensus connection
        std::size_t messages = 0;
        std::size_t bytes = 0;
    };
    [[nodiscard]] Why why() const;

  private:
    struct Kept {
        vm::Hash signed_hash;
        vm::Hash frame_hash;
        Frame frame;  ///< null where there was no room
        Instant passed_at;
    };
    /// What an author sent of one kind at one height, by round.
    struct Line {
        vm::BlockNumber number;
        std::uint8_t code = 0;
        vm::Address author;
        friend auto operator<=>(const Line&, const Line&) = default;
    };
    struct Peer {
        bool has_status = false;
        std::set<vm::Address> links;
    };
    using Rounds = std::map<std::uint64_t, std::vector<Kept>>;

    [[nodiscard]] bool misses(const vm::Address& peer, const Peer& status, const vm::Address& author) const;
    [[nodiscard]] std::vector<Send> pass_on(const vm::Address& from, const vm::Address& author,
                                            const Frame& frame) const;
    void forget(const Kept& kept);

    vm::Address own_;
    Settings settings_;
    vm::BlockNumber head_;
    std::set<vm::Address> validators_;
    std::map<vm::Address, Peer> peers_;
    std::map<Line, Rounds> lines_;
    std::map<vm::Hash, MessageKey> by_frame_;
    std::size_t bytes_ = 0;
};
[[nodiscard]] std::string_view to_string(Relay::Verdict verdict);

}  // namespace talea::node
