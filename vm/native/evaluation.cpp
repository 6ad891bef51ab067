#include "vm/native/evaluation.hpp"

#include <algorithm>
#include <cstring>

#include "vm/base/check.hpp"
#include "vm/native/addresses.hpp"
#include "vm/native/identities.hpp"
#include "vm/native/selector.hpp"
#include "vm/native/slot_key.hpp"

namespace talea::vm {
namespace {

constexpr std::uint64_t day_seconds = 86'400;

/// Where a day's window [from, to) opens next, seen from `now` outside of it.
std::uint64_t opens_next(std::uint64_t now, std::uint64_t from) {
    const std::uint64_t midnight = now - now % day_seconds;
    return now % day_seconds < from ? midnight + from : midnight + day_seconds + from;
}
bool within_day(std::uint64_t second, std::uint32_t from, std::uint32_t to) {
    if (from == to) return true;
    return from < to ? second >= from && second < to : second >= from || second < to;
}

/// Call data of IRule.judge.
std::array<std::uint8_t, 4 + 6 * 32> judge_call(Operation operation, const Address& token, const Address& actor,
                                                const Address& from, const Address& to, const u256& amount) {
    constexpr std::uint32_t function = selector("judge(address,uint8,address,address,address,uint256)");
    std::array<std::uint8_t, 4 + 6 * 32> data{
        static_cast<std::uint8_t>(function >> 24), static_cast<std::uint8_t>(function >> 16),
        static_cast<std::uint8_t>(function >> 8), static_cast<std::uint8_t>(function)};
    std::uint8_t* at = data.data() + 4;
    for (const u256& word : {to_u256(token), u256{static_cast<std::uint64_t>(operation)}, to_u256(actor), to_u256(from),
                             to_u256(to), amount}) {
        const auto bytes = word.to_be_bytes();
        std::memcpy(at, bytes.data(), bytes.size());
        at += bytes.size();
    }
    return data;
}

}  // namespace

Evaluation::Evaluation(Meter& meter, std::uint64_t now, const Movement& movement, Asked asked)
    : meter_(meter),
      now_(now),
      operation_(movement.operation),
      token_address_(movement.token),
      actor_(movement.actor),
      row_(row(movement.operation)),
      asked_(asked),
      one_given_{movement.from, movement.to, movement.amount},
      given_(&one_given_, 1) {}

Evaluation::Evaluation(Meter& meter, std::uint64_t now, const NetMovement& movement)
    : meter_(meter),
      now_(now),
      operation_(movement.operation),
      token_address_(movement.token),
      actor_(movement.actor),
      row_(row(movement.operation)),
      asked_(Asked::movement),
      given_(movement.legs),
      more_sides_(2 * movement.legs.size()),
      more_holdings_(2 * movement.legs.size()),
      more_legs_(movement.legs.size()),
      side_space_(more_sides_),
      holding_space_(more_holdings_),
      leg_space_(more_legs_) {
    check(can_be_netted(operation_) && movement.legs.size() <= legs_max, "these legs can be judged together");
}

bool Evaluation::judge(RefusalList& refusals) {
    token_ = TokenRecord::from(meter_.load(Registry::policies, slot_key::token(token_address_)));
    if (token_.policy == 0) return false;
    for (std::size_t i = 0; i < given_.size(); ++i) {
        JudgedLeg& leg = leg_space_[i];
        leg.from = side_of(given_[i].from);
        leg.to = side_of(given_[i].to);
        leg.amount = given_[i].amount;
    }
    for (const JudgedLeg& leg : legs()) judge_shape(leg, refusals);
    if (!refusals.empty()) return true;
    policy_ = PolicyRecord::from(meter_.load(Registry::policies, slot_key::policy(token_.policy)));
    load_counters();
    for (const JudgedLeg& leg : legs()) judge_counters(leg, refusals);
    for (unsigned i = 0; i < policy_.rule_count && !refusals.enough(); ++i) {
        meter_.charge(native_gas::rule * static_cast<Gas>(given_.size()));
        if (meter_.halted()) break;
        judge_rule(RuleWord{meter_.load(Registry::policies, slot_key::rule(token_.policy, i))},
                   static_cast<std::uint8_t>(i + 1), refusals);
    }
    return true;
}

// What the slots say.

/// The side at `address`, read where it is new.
Evaluation::Side* Evaluation::side_of(const Address& address) {
    for (Side& side : side_space_.first(side_count_))
        if (side.address == address) return &side;
    Side& side = side_space_[side_count_++];
    side = load_side(address);
    return &side;
}

Evaluation::Side Evaluation::load_side(const Address& address) {
    Side side{.address = address, .wallet = {}, .identity = {}};
    if (address.is_zero()) return side;
    side.wallet = WalletRecord::from(meter_.load(Registry::identities, slot_key::wallet(address)));
    side.escrow = side.wallet.escrow != 0 &&
                  !meter_.load(Registry::policies, slot_key::escrow(token_address_, side.wallet.escrow)).is_zero();
    side.holder = !side.escrow;
    return side;
}

const IdentityRecord& Evaluation::identity_of(Side& side) {
    if (!side.identity_loaded && side.wallet.identity != 0) {
        side.identity =
            IdentityRecord::from(meter_.load(Registry::identities, slot_key::identity(side.wallet.identity)));
        side.identity_loaded = true;
    }
    return side.identity;
}

/// The units of a side's identity, read where it is new.
Evaluation::Holding* Evaluation::holding_of(const Side& side) {
    if (side.holding != nullptr) return side.holding;
    if (side.wallet.identity != 0)
        for (Holding& holding : holdings())
            if (holding.identity == side.wallet.identity) return &holding;
    Holding& holding = holding_space_[holding_count_++];
    holding.identity = side.wallet.identity;
    holding.owner = &side;
    if (holding.identity != 0)
        holding.before = meter_.load(Registry::policies, slot_key::units(token_address_, holding.identity));
    return &holding;
}

void Evaluation::load_counters() {
    for (const JudgedLeg& leg : legs()) {
        Side& from = *leg.from;
        Side& to = *leg.to;
        if (counts()) {
            if (from.holder) from.holding = holding_of(from);
            if (to.holder && !in_place()) to.holding = holding_of(to);
            if (from.escrow || to.escrow)
                escrowed_ = meter_.load(Registry::policies, slot_key::escrowed(token_address_));
            if (!in_place() && !is_own(leg)) {
                if (from.holder) {
                    from.holding->out = from.holding->out + leg.amount;
                    if (from.holding->giver == nullptr) from.holding->giver = &from;
                }
                if (to.holder) {
                    to.holding->in = to.holding->in + leg.amount;
                    if (to.holding->getter == nullptr) to.holding->getter = &to;
                }
            }
        }
        if (from.escrow || to.escrow) load_put_in(leg);
    }
}

/// An escrow takes part, so this is the only leg.
void Evaluation::load_put_in(const JudgedLeg& leg) {
    const bool in = operation_ == Operation::redeem && leg.to->escrow;
    const bool back = operation_ == Operation::give_back;
    if (!in && !back) return;
    const Side& holder = in ? *leg.from : *leg.to;
    const Side& escrow = in ? *leg.to : *leg.from;
    tracks_put_in_ = holder.wallet.identity != 0;
    if (tracks_put_in_)
        put_in_ = meter_.load(Registry::policies,
                              slot_key::put_into(token_address_, escrow.wallet.escrow, holder.wallet.identity));
    paid_back_ = back && leg.amount <= put_in_;
}

// Rule 0.

/// Whether the sides are such as the operation moves between; else one refusal, and nothing more is asked.
void Evaluation::judge_shape(const JudgedLeg& leg, RefusalList& refusals) const {
    const Side& from = *leg.from;
    const Side& to = *leg.to;
    const auto refuse = [&refusals](std::uint16_t code, const Side& side) {
        refusals.add({.code = code, .who = side.address, .rule = 0, .detail = {}});
    };
    const auto no_zero = [&](const Side& side) { refuse(reason::zero_address, side); };
    const auto not_so = [&](const Side& side) { refuse(reason::not_authorised, side); };
    const bool from_zero = from.address.is_zero();
    const bool to_zero = to.address.is_zero();
    if (asked_ != Asked::movement) {
        const Side& side = asked_ == Asked::sender_alone ? from : to;
        if (side.address.is_zero()) return no_zero(side);
        if (side.escrow) not_so(side);
        return;
    }
    if (!fits_counter(leg.amount))
        return refusals.add(
            {.code = reason::cap, .who = from_zero ? to.address : from.address, .rule = 0, .detail = counter_max});
    switch (operation_) {
        case Operation::transfer:
        case Operation::settle:
        case Operation::pledge:
            if (from_zero) return no_zero(from);
            if (to_zero) return no_zero(to);
            if (from.escrow) return not_so(from);
            if (to.escrow) not_so(to);
            return;
        case Operation::issue:
            if (to_zero) return no_zero(to);
            if (from.holder) return not_so(from);
            if (from.escrow && to.escrow) not_so(to);
            return;
        case Operation::redeem:
            if (from_zero) return no_zero(from);
            if (to.holder) return not_so(to);
            if (from.escrow && to.escrow) not_so(from);
            return;
        case Operation::force:
            if (from_zero) return no_zero(from);
            if (from.escrow) return not_so(from);
            if (to.escrow) not_so(to);
            return;
        case Operation::recover: {
            if (from_zero) return no_zero(from);
            if (to_zero) return no_zero(to);
            const bool in_effect = from.wallet.recover_at != 0 && now_ >= from.wallet.recover_at;
            if (!in_effect || from.escrow) return not_so(from);
            if (current_wallet(meter_, from.address, now_) != to.address) not_so(to);
            return;
        }
        case Operation::seize:
            if (from_zero) return no_zero(from);
            if (to_zero) return no_zero(to);
            if (from.escrow) not_so(from);
            return;
        case Operation::give_back:
            if (from_zero) return no_zero(from);
            if (to_zero) return no_zero(to);
            if (!from.escrow) return not_so(from);
            if (to.escrow) not_so(to);
            return;
    }
}

/// What no rule says: units are there after all legs, fit, and go to someone known.
void Evaluation::judge_counters(const JudgedLeg& leg, RefusalList& refusals) {
    const bool asks_known = policy_.has_kind(2);
    Side& from = *leg.from;
    Side& to = *leg.to;
    const auto refuse = [&refusals](std::uint16_t code, const Side& side, const u256& detail) {
        refusals.add({.code = code, .who = side.address, .rule = 0, .detail = detail});
    };
    if (tracks_put_in_ && operation_ == Operation::redeem && !fits_counter(put_in_ + leg.amount))
        refuse(reason::cap, from, counter_max - put_in_);
    if (!token_.counted) return;

    if (from.escrow) {
        if (leg.amount > escrowed_) refuse(reason::more_than_free, from, escrowed_);
    } else if (from.holding != nullptr && operation_ != Operation::recover) {
        Holding& holding = *from.holding;
        const bool stays = in_place() || is_own(leg);
        const u256 has = holding.before + holding.in;
        const bool lacks = stays ? leg.amount > has : !holding.judged_out && holding.out > has;
        if (!stays) holding.judged_out = true;
        // Of a sender that nobody knows, the rule of kind 2 says so.
        const bool left_to_rule = from.wallet.identity == 0 && asks_known && row_.sender_known != KnownAsked::nothing;
        if (lacks && !left_to_rule) refuse(reason::more_than_free, from, has);
    }
    if (to.holder && !in_place() && to.wallet.identity == 0 && !asks_known && !to.dropped_as_receiver) {
        refuse(reason::receiver_unknown, to, {});
        to.dropped_as_receiver = true;
    }
    if (to.holding != nullptr && !in_place() && !is_own(leg) && !to.holding->judged_in) {
        Holding& holding = *to.holding;
        holding.judged_in = true;
        const u256 room = counter_max - holding.before + holding.out;
        if (holding.in > room) refuse(reason::cap, to, room);
    }
    if (to.escrow && !from.escrow && !fits_counter(escrowed_ + leg.amount))
        refuse(reason::cap, to, counter_max - escrowed_);
}

// The kinds.

void Evaluation::judge_rule(const RuleWord& rule, std::uint8_t position, RefusalList& refusals) {
    const auto each_leg = [&](auto judge_leg) {
        for (const JudgedLeg& leg : legs()) {
            (this->*judge_leg)(rule, position, leg, refusals);
            if (refusals.enough()) return;
        }
    };
    switch (rule.kind()) {
        case 1:
            if (names(rule) && asked_ == Asked::movement) each_leg(&Evaluation::judge_contract);
            return;
        case 2:
            each_leg(&Evaluation::judge_known);
            if (row_.actor_active && asked_ == Asked::movement && !refusals.enough()) judge_actor(position, refusals);
            return;
        case 3:
            if (names(rule)) each_leg(&Evaluation::judge_countries);
            return;
        case 4:
            if (names(rule)) each_leg(&Evaluation::judge_categories);
            return;
        case 5:
            if (counts()) judge_holders(rule, position, refusals);
            return;
        case 6:
            if (names(rule) && row_.window && !paid_back_) each_leg(&Evaluation::judge_window);
            return;
        case 7:
            if (names(rule) && row_.velocity && counts()) judge_velocity(rule, position, refusals);
            return;
        case 8:
            if (names(rule)) each_leg(&Evaluation::judge_counterparties);
            return;
        default:
            return;  // the meter halted and the word is zero: no other kind is ever stored
    }
}

/// Asked once a leg, where one of its sides is asked rules; the refused is the sender where that one is.
void Evaluation::judge_contract(const RuleWord& rule, std::uint8_t position, const JudgedLeg& leg,
                                RefusalList& refusals) {
    const bool sender = asks_sender(leg);
    if (!sender && !asks_receiver(leg)) return;
    const auto data = judge_call(operation_, token_address_, actor_, leg.from->address, leg.to->address, leg.amount);
    const auto code = meter_.ask(rule.contract(), data, rule.gas_limit());
    if (code && code->is_zero()) return;
    refusals.add({.code = code ? reason::refused_by_contract : reason::contract_failed,
                  .who = sender ? leg.from->address : leg.to->address,
                  .rule = position,
                  .detail = code ? *code : u256{}});
}

/// The first code of kind 2 that `side` earns, 0 for none.
std::uint16_t Evaluation::known_code(const RuleWord& rule, Side& side, KnownAsked asked, bool sender, u256& detail) {
    const auto code = [sender](std::uint16_t of_sender) {
        return static_cast<std::uint16_t>(of_sender + (sender ? 0 : 1));
    };
    const IdentityRecord& identity = identity_of(side);
    if (side.wallet.identity == 0 || !rule.accepts(identity.registrar)) {
        (sender ? side.dropped_as_sender : side.dropped_as_receiver) = true;
        return code(reason::sender_unknown);
    }
    if (side.wallet.recover_at != 0) return reason::wallet_retired;
    if (identity.state == IdentityState::closed) return code(reason::sender_closed);
    if (identity.state == IdentityState::suspended) return code(reason::sender_suspended);
    if (asked == KnownAsked::all && now_ >= identity.expiry) {
        detail = identity.expiry;
        return code(reason::sender_lapsed);
    }
    return 0;
}

void Evaluation::judge_known(const RuleWord& rule, std::uint8_t position, const JudgedLeg& leg, RefusalList& refusals) {
    const auto ask = [&](Side& side, KnownAsked asked, bool sender) {
        const bool dropped = sender ? side.dropped_as_sender : side.dropped_as_receiver;
        if (asked == KnownAsked::nothing || !side.holder || dropped) return;
        u256 detail;
        const std::uint16_t code = known_code(rule, side, asked, sender, detail);
        if (code != 0) refusals.add({.code = code, .who = side.address, .rule = position, .detail = detail});
    };
    ask(*leg.from, row_.sender_known, true);
    if (!refusals.enough()) ask(*leg.to, row_.receiver_known, false);
}

/// A wallet of an identity that acts for another sender must be active; whom nobody knows may act.
void Evaluation::judge_actor(std::uint8_t position, RefusalList& refusals) {
    const bool acts = std::ranges::any_of(legs(), [this](const auto& leg) { return leg.from->address != actor_; });
    if (!acts || actor_.is_zero()) return;
    const auto sides = side_space_.first(side_count_);
    const auto found = std::ranges::find(sides, actor_, &Side::address);
    Side read;
    if (found == sides.end()) read = load_side(actor_);
    Side& actor = found == sides.end() ? read : *found;
    if (actor.wallet.identity == 0) return;
    const IdentityRecord& identity = identity_of(actor);
    std::uint16_t code = 0;
    if (actor.wallet.recover_at != 0)
        code = reason::wallet_retired;
    else if (identity.state == IdentityState::closed)
        code = reason::sender_closed;
    else if (identity.state == IdentityState::suspended)
        code = reason::sender_suspended;
    if (code != 0) refusals.add({.code = code, .who = actor_, .rule = position, .detail = {}});
}

bool Evaluation::country_allowed(const RuleWord& rule, std::uint8_t position, std::uint16_t country) {
    if (country == 0) return false;
    bool listed;
    if (rule.wide()) {
        const u256 bits = meter_.load(Registry::policies,
                                      slot_key::country_word(token_.policy, static_cast<std::uint32_t>(position - 1),
                                                             std::uint32_t{country} / 256));
        listed = (bits.limbs[country / 64 % 4] >> country % 64 & 1) != 0;
    } else {
        listed = rule.lists(country);
    }
    return listed == rule.allow();
}

void Evaluation::judge_countries(const RuleWord& rule, std::uint8_t position, const JudgedLeg& leg,
                                 RefusalList& refusals) {
    const auto ask = [&](Side& side, std::uint16_t code) {
        const std::uint16_t country = identity_of(side).country;
        if (!country_allowed(rule, position, country))
            refusals.add({.code = code, .who = side.address, .rule = position, .detail = std::uint64_t{country}});
    };
    if (asks_sender(leg) && (rule.sides() & side_sender) != 0) ask(*leg.from, reason::sender_country);
    if (refusals.enough()) return;
    if (asks_receiver(leg) && (rule.sides() & side_receiver) != 0) ask(*leg.to, reason::receiver_country);
}

void Evaluation::judge_categories(const RuleWord& rule, std::uint8_t position, const JudgedLeg& leg,
                                  RefusalList& refusals) {
    const auto ask = [&](Side& side, std::uint16_t code) {
        const std::uint64_t categories = identity_of(side).categories;
        const std::uint64_t missing = rule.all_of() & ~categories;
        const bool none = rule.any_of() != 0 && (rule.any_of() & categories) == 0;
        if (missing != 0 || none)
            refusals.add({.code = code,
                          .who = side.address,
                          .rule = position,
                          .detail = missing != 0 ? missing : rule.any_of()});
    };
    if (asks_sender(leg) && (rule.sides() & side_sender) != 0) ask(*leg.from, reason::sender_category);
    if (refusals.enough()) return;
    if (asks_receiver(leg) && (rule.sides() & side_receiver) != 0) ask(*leg.to, reason::receiver_category);
}

bool Evaluation::too_many_holders(std::uint32_t identities_max) const {
    std::uint64_t enter = 0, leave = 0;
    for (const Holding& holding : holdings()) {
        if (holding.identity == 0 || !holding.enough()) continue;
        if (holding.before.is_zero() && !holding.after().is_zero()) ++enter;
        if (!holding.before.is_zero() && holding.after().is_zero()) ++leave;
    }
    return token_.holders + enter - leave > identities_max;
}

/// On the counters as they would be after all legs: of an identity that gives at least as much as it gets, what it
/// keeps; of one that gets at least as much as it gives, what it then has.
void Evaluation::judge_holders(const RuleWord& rule, std::uint8_t position, RefusalList& refusals) {
    const bool asks_givers =
        row_.sender_holders == HoldersAsked::yes || (row_.sender_holders == HoldersAsked::if_named && names(rule));
    const bool asks_getters = row_.receiver_holders != HoldersAsked::no;
    for (const Holding& holding : holdings()) {
        if (holding.identity == 0 || !holding.enough()) continue;
        const u256 after = holding.after();
        const auto refuse = [&](std::uint16_t code, const Side& side, const u256& detail) {
            refusals.add({.code = code, .who = side.address, .rule = position, .detail = detail});
        };
        const bool below = !after.is_zero() && after < rule.units_min();
        if (asks_givers && holding.giver != nullptr && !holding.giver->dropped_as_sender && holding.in <= holding.out &&
            below)
            refuse(reason::sender_below_minimum, *holding.giver, rule.units_min());
        if (!asks_getters || holding.getter == nullptr || holding.getter->dropped_as_receiver ||
            holding.out > holding.in)
            continue;
        const bool enters = holding.before.is_zero() && !after.is_zero();
        if (rule.identities_max() != 0 && enters && too_many_holders(rule.identities_max()))
            refuse(reason::too_many_holders, *holding.getter, std::uint64_t{rule.identities_max()});
        if (!rule.units_max().is_zero() && after > rule.units_max())
            refuse(reason::above_maximum, *holding.getter, rule.units_max());
        else if (below)
            refuse(reason::receiver_below_minimum, *holding.getter, rule.units_min());
    }
}

/// Asked once a leg, of the sender where there is one to ask, else of the receiver.
void Evaluation::judge_window(const RuleWord& rule, std::uint8_t position, const JudgedLeg& leg,
                              RefusalList& refusals) {
    const Side& from = *leg.from;
    const Side& to = *leg.to;
    const bool sender = row_.sender_locks && from.holder && !from.dropped_as_sender;
    const bool receiver = row_.receiver_known != KnownAsked::nothing && to.holder && !to.dropped_as_receiver;
    if (!sender && !receiver) return;

    std::uint64_t not_before = rule.not_before();
    if (rule.locks() && sender && from.wallet.identity != 0)
        not_before = std::max(
            not_before, meter_.load(Registry::policies, slot_key::lock(token_.policy, from.wallet.identity)).low_u64());
    const Address& who = sender ? from.address : to.address;
    const auto refuse = [&](std::uint16_t code, std::uint64_t detail) {
        refusals.add({.code = code, .who = who, .rule = position, .detail = detail});
    };
    if (now_ < not_before) return refuse(reason::not_yet, not_before);
    if (rule.not_after() != 0 && now_ > rule.not_after()) return refuse(reason::over, rule.not_after());
    if (!within_day(now_ % day_seconds, rule.day_from(), rule.day_to()))
        refuse(reason::closed_now, opens_next(now_, rule.day_from()));
}

OutflowRecord Evaluation::load_outflow(const RuleWord& rule, const Holding& holding) {
    const auto word = [&](std::uint32_t i) {
        return meter_.load(Registry::policies,
                           slot_key::outflow(token_address_, holding.identity, rule.window_hours(), i));
    };
    const u256 first = word(0);
    return OutflowRecord::from(first, word(1));
}

/// What leaves an identity after all legs; where nothing does, nothing is asked.
void Evaluation::judge_velocity(const RuleWord& rule, std::uint8_t position, RefusalList& refusals) {
    velocity_positions_ = static_cast<std::uint16_t>(velocity_positions_ | 1U << (position - 1));
    for (const Holding& holding : holdings()) {
        if (holding.identity == 0 || holding.giver == nullptr || holding.giver->dropped_as_sender ||
            holding.outflow().is_zero())
            continue;
        OutflowRecord record = load_outflow(rule, holding);
        record.advance(OutflowRecord::bucket_of(now_, rule.window_hours()));
        const u256 gone = record.sum();
        const u256 left = rule.outflow_max() > gone ? rule.outflow_max() - gone : u256{};
        if (holding.outflow() > left)
            refusals.add({.code = reason::over_limit, .who = holding.giver->address, .rule = position, .detail = left});
        if (refusals.enough()) return;
    }
}

void Evaluation::judge_counterparties(const RuleWord& rule, std::uint8_t position, const JudgedLeg& leg,
                                      RefusalList& refusals) {
    const auto ask = [&](const Side& side, std::uint16_t code) {
        const bool listed =
            side.wallet.identity != 0 &&
            !meter_
                 .load(Registry::policies,
                       slot_key::listed(token_.policy, static_cast<std::uint32_t>(position - 1), side.wallet.identity))
                 .is_zero();
        if (!listed) refusals.add({.code = code, .who = side.address, .rule = position, .detail = {}});
    };
    if (asks_sender(leg) && (rule.sides() & side_sender) != 0) ask(*leg.from, reason::sender_not_listed);
    if (refusals.enough()) return;
    if (asks_receiver(leg) && (rule.sides() & side_receiver) != 0) ask(*leg.to, reason::receiver_not_listed);
}

// The counters of what is allowed.

void Evaluation::apply() {
    if (meter_.halted()) return;
    if (tracks_put_in_) apply_put_in(legs().front());
    if (!token_.counted || operation_ == Operation::pledge) return;
    for (const JudgedLeg& leg : legs()) {
        Side& to = *leg.to;
        if (leg.amount.is_zero() || !to.holder || to.wallet.used) continue;
        to.wallet.used = true;
        meter_.store(Registry::identities, slot_key::wallet(to.address), to.wallet.word());
    }
    if (in_place()) return;
    apply_holdings();
    for (unsigned i = 0; i < policy_.rule_count; ++i)
        if ((velocity_positions_ >> i & 1) != 0)
            apply_outflow(RuleWord{meter_.load(Registry::policies, slot_key::rule(token_.policy, i))});
}

void Evaluation::apply_put_in(const JudgedLeg& leg) {
    const bool in = operation_ == Operation::redeem;
    const Side& holder = in ? *leg.from : *leg.to;
    const Side& escrow = in ? *leg.to : *leg.from;
    const u256 after = in ? put_in_ + leg.amount : leg.amount < put_in_ ? put_in_ - leg.amount : u256{};
    if (after != put_in_)
        meter_.store(Registry::policies,
                     slot_key::put_into(token_address_, escrow.wallet.escrow, holder.wallet.identity), after);
}

void Evaluation::apply_holdings() {
    const std::uint64_t holders_before = token_.holders;
    for (const Holding& holding : holdings()) {
        if (holding.in == holding.out) continue;
        check(meter_.halted() || holding.enough(), "allowed movements are covered by their senders' units");
        const u256 after = holding.after();
        meter_.store(Registry::policies, slot_key::units(token_address_, holding.identity), after);
        if (after.is_zero()) --token_.holders;
        if (holding.before.is_zero()) ++token_.holders;
    }
    for (const JudgedLeg& leg : legs())
        if (leg.from->escrow != leg.to->escrow && !leg.amount.is_zero())
            meter_.store(Registry::policies, slot_key::escrowed(token_address_),
                         leg.from->escrow ? escrowed_ - leg.amount : escrowed_ + leg.amount);
    if (token_.holders != holders_before)
        meter_.store(Registry::policies, slot_key::token(token_address_), token_.word());
}

void Evaluation::apply_outflow(const RuleWord& rule) {
    for (const Holding& holding : holdings()) {
        if (holding.giver == nullptr || holding.outflow().is_zero()) continue;
        const OutflowRecord before = load_outflow(rule, holding);
        OutflowRecord record = before;
        record.advance(OutflowRecord::bucket_of(now_, rule.window_hours()));
        record.left[0] = record.left[0] + holding.outflow();
        const auto store = [&](std::uint32_t i, const u256& word) {
            meter_.store(Registry::policies,
                         slot_key::outflow(token_address_, holding.identity, rule.window_hours(), i), word);
        };
        store(0, record.first());
        if (record.second() != before.second()) store(1, record.second());
    }
}

}  // namespace talea::vm
