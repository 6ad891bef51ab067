#pragma once
#include <cstdint>
#include <span>

#include "vm/native/meter.hpp"
#include "vm/native/records.hpp"
#include "vm/native/refusal.hpp"
#include "vm/native/rule.hpp"

namespace talea::vm {

/// The most refusals one movement can meet: 3 at rule 0, 3 at each rule (sender, receiver and actor; kind 5 finds at
/// most 504, 501 and one of 502 and 503).
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

/// The judgement of one movement: the one evaluation behind `authorize`, `preview`, `canSend` and `canReceive`.
///
/// `judge` reads and never writes; `apply` moves the counters of a movement that was judged without refusal. Both pay
/// their slots to the meter; after it halted, what they found means nothing.
class Evaluation {
  public:
    enum class Asked : std::uint8_t {
        movement,
        sender_alone,    ///< could `from` be the sender of some transfer: kinds 2, 3, 4, 6
        receiver_alone,  ///< the same of `to`
    };

    Evaluation(Meter& meter, std::uint64_t now, const Movement& movement, Asked asked = Asked::movement)
        : meter_(meter), now_(now), movement_(movement), row_(row(movement.operation)), asked_(asked) {}

    /// Finds refusals until `refusals` has enough. False: the token is not bound, nothing was judged.
    [[nodiscard]] bool judge(RefusalList& refusals);
    void apply();

  private:
    struct Side {
        Address address;
        WalletRecord wallet;
        IdentityRecord identity;
        bool identity_loaded = false;
        bool escrow = false;
        bool holder = false;   ///< not address zero, not an escrow: it may be asked
        bool dropped = false;  ///< failed 201 or 202: asked nothing more
        u256 units;            ///< of its identity, where the token is counted
    };

    [[nodiscard]] Side load_side(const Address& address);
    void load_counters();
    const IdentityRecord& identity_of(Side& side);

    bool judge_shape(RefusalList& refusals) const;
    void judge_counters(RefusalList& refusals);
    void judge_rule(const RuleWord& rule, std::uint8_t position, RefusalList& refusals);
    void judge_known(const RuleWord& rule, std::uint8_t position, RefusalList& refusals);
    [[nodiscard]] std::uint16_t known_code(const RuleWord& rule, Side& side, KnownAsked asked, bool sender,
                                           u256& detail);
    void judge_countries(const RuleWord& rule, std::uint8_t position, RefusalList& refusals);
    void judge_categories(const RuleWord& rule, std::uint8_t position, RefusalList& refusals);
    void judge_holders(const RuleWord& rule, std::uint8_t position, RefusalList& refusals);
    void judge_window(const RuleWord& rule, std::uint8_t position, RefusalList& refusals);
    [[nodiscard]] bool country_allowed(const RuleWord& rule, std::uint8_t position, std::uint16_t country);

    /// Whether `side` of this operation is asked by rules of kinds 3 and 4 that name the operation.
    [[nodiscard]] bool asks_sender() const { return row_.sender_rules && from_.holder && !from_.dropped; }
    [[nodiscard]] bool asks_receiver() const {
        return row_.receiver_rules && to_.holder && !to_.dropped && !paid_back_;
    }
    [[nodiscard]] bool names(const RuleWord& rule) const { return (rule.operations() & bit(movement_.operation)) != 0; }
    /// Units pass from one counter to another.
    [[nodiscard]] bool moves_units() const;

    Meter& meter_;
    const std::uint64_t now_;
    const Movement& movement_;
    const OperationRow& row_;
    const Asked asked_;

    TokenRecord token_;
    PolicyRecord policy_;
    Side from_, to_;
    u256 escrowed_;  ///< of the token, where an escrow takes part
    u256 put_in_;    ///< by the holder's identity into the escrow that takes part
    bool tracks_put_in_ = false;
    bool paid_back_ = false;  ///< a RETURN of no more than was put in: no limits
};

}  // namespace talea::vm
