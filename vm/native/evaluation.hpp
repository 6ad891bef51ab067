#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "vm/native/meter.hpp"
#include "vm/native/records.hpp"
#include "vm/native/refusal.hpp"
#include "vm/native/rule.hpp"

namespace talea::vm {

/// Legs that one `authorizeNet` judges together.
inline constexpr std::size_t legs_max = 64;
/// The most refusals a leg can meet: 3 at rule 0, 3 at each rule (sender, receiver and actor; kind 5 finds at most 504
/// of who gives, and 501 with one of 502 and 503 of who gets).
inline constexpr std::size_t refusals_max = 3 + 3 * rules_max;

/// Refusals in the order in which they are found, in the caller's space; full, it asks for no more.
class RefusalList {
  public:
    explicit RefusalList(std::span<Refusal> space) : space_(space) {}
    void add(const Refusal& refusal) {
        if (!enough()) space_[count_++] = refusal;
    }
    [[nodiscard]] bool enough() const { return count_ == space_.size(); }
    [[nodiscard]] bool empty() const { return count_ == 0; }
    [[nodiscard]] std::span<const Refusal> items() const { return space_.first(count_); }

  private:
    std::span<Refusal> space_;
    std::size_t count_ = 0;
};

/// The judgement of legs of one operation of one token: the one evaluation behind `authorize`, `preview`,
/// `authorizeNet`, `previewNet`, `canSend` and `canReceive`. Most calls have one leg, for which it takes no memory from
/// the heap.
///
/// `judge` reads and never writes; `apply` moves the counters of legs that were judged without refusal. Both pay their
/// slots to the meter; after it halted, what they found means nothing.
class Evaluation {
  public:
    enum class Asked : std::uint8_t {
        movement,
        sender_alone,    ///< could `from` be the sender of some transfer: kinds 2, 3, 4, 6, 8
        receiver_alone,  ///< the same of `to`
    };

    Evaluation(Meter& meter, std::uint64_t now, const Movement& movement, Asked asked = Asked::movement);
    /// More than one leg only of operations that can be netted; at most `legs_max`.
    Evaluation(Meter& meter, std::uint64_t now, const NetMovement& movement);
    Evaluation(const Evaluation&) = delete;
    Evaluation& operator=(const Evaluation&) = delete;

    /// Finds refusals until `refusals` has enough. False: the token is not bound, nothing was judged.
    [[nodiscard]] bool judge(RefusalList& refusals);
    void apply();

  private:
    struct Holding;
    /// An address that takes part.
    struct Side {
        Address address;
        WalletRecord wallet;
        IdentityRecord identity;
        Holding* holding = nullptr;  ///< where the token is counted
        bool identity_loaded = false;
        bool escrow = false;
        bool holder = false;  ///< not address zero, not an escrow: it may be asked
        // Failed 201 or 202: asked nothing more.
        bool dropped_as_sender = false, dropped_as_receiver = false;
    };
    /// The counted units of an identity (or of a wallet that nobody knows, which has none), and what the legs do to
    /// them. Legs between wallets of one identity do nothing.
    struct Holding {
        u256 before, in, out;
        std::uint64_t identity = 0;
        const Side* owner = nullptr;  ///< the first of its sides; and the first that gives, or gets
        const Side* giver = nullptr;
        const Side* getter = nullptr;
        bool judged_out = false, judged_in = false;

        /// It has what it gives.
        [[nodiscard]] bool enough() const { return before + in >= out; }
        [[nodiscard]] u256 after() const { return before + in - out; }
        [[nodiscard]] u256 outflow() const { return out > in ? out - in : u256{}; }
    };
    struct JudgedLeg {
        Side* from = nullptr;
        Side* to = nullptr;
        u256 amount;
    };

    [[nodiscard]] Side* side_of(const Address& address);
    [[nodiscard]] Side load_side(const Address& address);
    const IdentityRecord& identity_of(Side& side);
    [[nodiscard]] Holding* holding_of(const Side& side);
    void load_counters();
    void load_put_in(const JudgedLeg& leg);

    void judge_shape(const JudgedLeg& leg, RefusalList& refusals) const;
    void judge_counters(const JudgedLeg& leg, RefusalList& refusals);
    void judge_rule(const RuleWord& rule, std::uint8_t position, RefusalList& refusals);
    void judge_contract(const RuleWord& rule, std::uint8_t position, const JudgedLeg& leg, RefusalList& refusals);
    void judge_known(const RuleWord& rule, std::uint8_t position, const JudgedLeg& leg, RefusalList& refusals);
    void judge_actor(std::uint8_t position, RefusalList& refusals);
    void judge_countries(const RuleWord& rule, std::uint8_t position, const JudgedLeg& leg, RefusalList& refusals);
    void judge_categories(const RuleWord& rule, std::uint8_t position, const JudgedLeg& leg, RefusalList& refusals);
    void judge_holders(const RuleWord& rule, std::uint8_t position, RefusalList& refusals);
    void judge_window(const RuleWord& rule, std::uint8_t position, const JudgedLeg& leg, RefusalList& refusals);
    void judge_velocity(const RuleWord& rule, std::uint8_t position, RefusalList& refusals);
    void judge_counterparties(const RuleWord& rule, std::uint8_t position, const JudgedLeg& leg, RefusalList& refusals);
    [[nodiscard]] std::uint16_t known_code(const RuleWord& rule, Side& side, KnownAsked asked, bool sender,
                                           u256& detail);
    [[nodiscard]] bool country_allowed(const RuleWord& rule, std::uint8_t position, std::uint16_t country);
    [[nodiscard]] bool too_many_holders(std::uint32_t identities_max) const;
    [[nodiscard]] OutflowRecord load_outflow(const RuleWord& rule, const Holding& holding);

    void apply_put_in(const JudgedLeg& leg);
    void apply_holdings();
    void apply_outflow(const RuleWord& rule);

    /// Whether a side is asked by rules of kinds 1, 3, 4 and 8 that name the operation.
    [[nodiscard]] bool asks_sender(const JudgedLeg& leg) const {
        return row_.sender_rules && leg.from->holder && !leg.from->dropped_as_sender;
    }
    [[nodiscard]] bool asks_receiver(const JudgedLeg& leg) const {
        return row_.receiver_rules && leg.to->holder && !leg.to->dropped_as_receiver && !paid_back_;
    }
    [[nodiscard]] bool names(const RuleWord& rule) const { return (rule.operations() & bit(operation_)) != 0; }
    /// Counters are read and judged.
    [[nodiscard]] bool counts() const { return token_.counted && asked_ == Asked::movement; }
    /// The operation moves nothing.
    [[nodiscard]] bool in_place() const { return operation_ == Operation::pledge || operation_ == Operation::recover; }
    [[nodiscard]] bool is_own(const JudgedLeg& leg) const {
        return leg.from->holder && leg.to->holder && leg.from->holding == leg.to->holding;
    }
    [[nodiscard]] std::span<Holding> holdings() const { return holding_space_.first(holding_count_); }
    [[nodiscard]] std::span<JudgedLeg> legs() const { return leg_space_.first(given_.size()); }

    Meter& meter_;
    const std::uint64_t now_;
    const Operation operation_;
    const Address token_address_, actor_;
    const OperationRow& row_;
    const Asked asked_;

    TokenRecord token_;
    PolicyRecord policy_;
    u256 escrowed_;  ///< of the token, where an escrow takes part
    u256 put_in_;    ///< by the holder's identity into the escrow that takes part
    bool tracks_put_in_ = false;
    bool paid_back_ = false;                ///< a RETURN of no more than was put in: no limits
    std::uint16_t velocity_positions_ = 0;  ///< rules of kind 7 that were asked

    // The legs given, and what is known of them. One leg needs no heap; the spaces are never moved, so pointers hold.
    const Leg one_given_;
    const std::span<const Leg> given_;
    std::size_t side_count_ = 0, holding_count_ = 0;
    std::array<Side, 2> two_sides_;
    std::array<Holding, 2> two_holdings_;
    std::array<JudgedLeg, 1> one_leg_;
    std::vector<Side> more_sides_;
    std::vector<Holding> more_holdings_;
    std::vector<JudgedLeg> more_legs_;
    std::span<Side> side_space_ = two_sides_;
    std::span<Holding> holding_space_ = two_holdings_;
    std::span<JudgedLeg> leg_space_ = one_leg_;
};

}  // namespace talea::vm
