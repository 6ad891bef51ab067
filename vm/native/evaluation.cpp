#include "vm/native/evaluation.hpp"

#include <algorithm>

#include "vm/base/check.hpp"
#include "vm/native/addresses.hpp"
#include "vm/native/identities.hpp"
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

}  // namespace

Evaluation::Side Evaluation::load_side(const Address& address) {
    Side side{.address = address, .wallet = {}, .identity = {}, .units = {}};
    if (address.is_zero()) return side;
    side.wallet = WalletRecord::from(meter_.load(Registry::identities, slot_key::wallet(address)));
    side.escrow = side.wallet.escrow != 0 &&
                  !meter_.load(Registry::policies, slot_key::escrow(movement_.token, side.wallet.escrow)).is_zero();
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

bool Evaluation::moves_units() const {
    if (!token_.counted || movement_.amount.is_zero() || asked_ != Asked::movement) return false;
    if (movement_.operation == Operation::pledge || movement_.operation == Operation::recover) return false;
    return !(from_.holder && to_.holder && from_.wallet.identity == to_.wallet.identity);
}

void Evaluation::load_counters() {
    const bool in_place = movement_.operation == Operation::pledge || movement_.operation == Operation::recover;
    if (token_.counted && asked_ == Asked::movement) {
        if (from_.holder && from_.wallet.identity != 0)
            from_.units = meter_.load(Registry::policies, slot_key::units(movement_.token, from_.wallet.identity));
        if (to_.holder && to_.wallet.identity != 0 && !in_place)
            to_.units = to_.wallet.identity == from_.wallet.identity && from_.holder
                            ? from_.units
                            : meter_.load(Registry::policies, slot_key::units(movement_.token, to_.wallet.identity));
        if (from_.escrow || to_.escrow)
            escrowed_ = meter_.load(Registry::policies, slot_key::escrowed(movement_.token));
    }
    const bool in = movement_.operation == Operation::redeem && to_.escrow;
    const bool back = movement_.operation == Operation::give_back;
    if (!in && !back) return;
    const Side& holder = in ? from_ : to_;
    const Side& escrow = in ? to_ : from_;
    tracks_put_in_ = holder.wallet.identity != 0;
    if (tracks_put_in_)
        put_in_ = meter_.load(Registry::policies,
                              slot_key::put_into(movement_.token, escrow.wallet.escrow, holder.wallet.identity));
    paid_back_ = back && movement_.amount <= put_in_;
}

bool Evaluation::judge(RefusalList& refusals) {
    token_ = TokenRecord::from(meter_.load(Registry::policies, slot_key::token(movement_.token)));
    if (token_.policy == 0) return false;
    from_ = load_side(movement_.from);
    to_ = movement_.to == movement_.from ? from_ : load_side(movement_.to);
    if (!judge_shape(refusals)) return true;
    policy_ = PolicyRecord::from(meter_.load(Registry::policies, slot_key::policy(token_.policy)));
    load_counters();
    judge_counters(refusals);
    for (unsigned i = 0; i < policy_.rule_count && !refusals.enough(); ++i) {
        meter_.charge(native_gas::rule);
        if (meter_.halted()) break;
        judge_rule(RuleWord{meter_.load(Registry::policies, slot_key::rule(token_.policy, i))},
                   static_cast<std::uint8_t>(i + 1), refusals);
    }
    return true;
}

/// Whether the sides are such as the operation moves between; else one refusal, and nothing more is asked.
bool Evaluation::judge_shape(RefusalList& refusals) const {
    const auto refuse = [&refusals](std::uint16_t code, const Address& who) {
        refusals.add({.code = code, .who = who, .rule = 0, .detail = {}});
        return false;
    };
    const auto no_zero = [&](const Side& side) { return refuse(reason::zero_address, side.address); };
    const auto not_so = [&](const Side& side) { return refuse(reason::not_authorised, side.address); };
    const bool from_zero = from_.address.is_zero();
    const bool to_zero = to_.address.is_zero();
    if (asked_ != Asked::movement) {
        const Side& side = asked_ == Asked::sender_alone ? from_ : to_;
        if (side.address.is_zero()) return no_zero(side);
        return side.escrow ? not_so(side) : true;
    }
    if (!fits_counter(movement_.amount)) {
        refusals.add(
            {.code = reason::cap, .who = from_zero ? to_.address : from_.address, .rule = 0, .detail = counter_max});
        return false;
    }
    switch (movement_.operation) {
        case Operation::transfer:
        case Operation::settle:
        case Operation::pledge:
            if (from_zero) return no_zero(from_);
            if (to_zero) return no_zero(to_);
            if (from_.escrow) return not_so(from_);
            return to_.escrow ? not_so(to_) : true;
        case Operation::issue:
            if (to_zero) return no_zero(to_);
            if (from_.holder) return not_so(from_);
            return from_.escrow && to_.escrow ? not_so(to_) : true;
        case Operation::redeem:
            if (from_zero) return no_zero(from_);
            if (to_.holder) return not_so(to_);
            return from_.escrow && to_.escrow ? not_so(from_) : true;
        case Operation::force:
            if (from_zero) return no_zero(from_);
            if (from_.escrow) return not_so(from_);
            return to_.escrow ? not_so(to_) : true;
        case Operation::recover: {
            if (from_zero) return no_zero(from_);
            if (to_zero) return no_zero(to_);
            const bool in_effect = from_.wallet.recover_at != 0 && now_ >= from_.wallet.recover_at;
            if (!in_effect || from_.escrow) return not_so(from_);
            return current_wallet(meter_, movement_.from, now_) == movement_.to ? true : not_so(to_);
        }
        case Operation::seize:
            if (from_zero) return no_zero(from_);
            if (to_zero) return no_zero(to_);
            return from_.escrow ? not_so(from_) : true;
        case Operation::give_back:
            if (from_zero) return no_zero(from_);
            if (to_zero) return no_zero(to_);
            if (!from_.escrow) return not_so(from_);
            return to_.escrow ? not_so(to_) : true;
    }
    return true;
}

/// What no rule says: units are there, fit, and go to someone known.
void Evaluation::judge_counters(RefusalList& refusals) {
    const bool asks_known = policy_.has_kind(2);
    const auto refuse = [&refusals](std::uint16_t code, const Side& side, const u256& detail) {
        refusals.add({.code = code, .who = side.address, .rule = 0, .detail = detail});
    };
    if (tracks_put_in_ && movement_.operation == Operation::redeem && !fits_counter(put_in_ + movement_.amount))
        refuse(reason::cap, from_, counter_max - put_in_);
    if (!token_.counted) return;

    const bool credits = movement_.operation != Operation::pledge && movement_.operation != Operation::recover;
    if (from_.escrow) {
        if (movement_.amount > escrowed_) refuse(reason::more_than_free, from_, escrowed_);
    } else if (from_.holder && movement_.operation != Operation::recover) {
        // Of a sender that nobody knows, the rule of kind 2 says so.
        const bool left_to_rule = from_.wallet.identity == 0 && asks_known && row_.sender_known != KnownAsked::nothing;
        if (movement_.amount > from_.units && !left_to_rule) refuse(reason::more_than_free, from_, from_.units);
    }
    if (to_.holder && credits && to_.wallet.identity == 0 && !asks_known) {
        refuse(reason::receiver_unknown, to_, {});
        to_.dropped = true;
    }
    if (moves_units()) {
        if (to_.holder && !fits_counter(to_.units + movement_.amount))
            refuse(reason::cap, to_, counter_max - to_.units);
        if (to_.escrow && !from_.escrow && !fits_counter(escrowed_ + movement_.amount))
            refuse(reason::cap, to_, counter_max - escrowed_);
    }
}

void Evaluation::judge_rule(const RuleWord& rule, std::uint8_t position, RefusalList& refusals) {
    switch (rule.kind()) {
        case 2:
            return judge_known(rule, position, refusals);
        case 3:
            return judge_countries(rule, position, refusals);
        case 4:
            return judge_categories(rule, position, refusals);
        case 5:
            return judge_holders(rule, position, refusals);
        case 6:
            return judge_window(rule, position, refusals);
        default:
            return;  // the meter halted and the word is zero: no other kind is ever stored
    }
}

/// The first code of kind 2 that `side` earns, 0 for none.
std::uint16_t Evaluation::known_code(const RuleWord& rule, Side& side, KnownAsked asked, bool sender, u256& detail) {
    const auto code = [sender](std::uint16_t of_sender) {
        return static_cast<std::uint16_t>(of_sender + (sender ? 0 : 1));
    };
    const IdentityRecord& identity = identity_of(side);
    if (side.wallet.identity == 0 || !rule.accepts(identity.registrar)) {
        side.dropped = true;
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

void Evaluation::judge_known(const RuleWord& rule, std::uint8_t position, RefusalList& refusals) {
    const auto ask = [&](Side& side, KnownAsked asked, bool sender) {
        if (asked == KnownAsked::nothing || !side.holder || side.dropped) return;
        u256 detail;
        const std::uint16_t code = known_code(rule, side, asked, sender, detail);
        if (code != 0) refusals.add({.code = code, .who = side.address, .rule = position, .detail = detail});
    };
    ask(from_, row_.sender_known, true);
    if (refusals.enough()) return;
    ask(to_, row_.receiver_known, false);
    if (!row_.actor_active || asked_ != Asked::movement || movement_.actor == movement_.from ||
        movement_.actor.is_zero() || refusals.enough())
        return;

    Side actor = movement_.actor == movement_.to ? to_ : load_side(movement_.actor);
    if (actor.wallet.identity == 0) return;
    const IdentityRecord& identity = identity_of(actor);
    std::uint16_t code = 0;
    if (actor.wallet.recover_at != 0)
        code = reason::wallet_retired;
    else if (identity.state == IdentityState::closed)
        code = reason::sender_closed;
    else if (identity.state == IdentityState::suspended)
        code = reason::sender_suspended;
    if (code != 0) refusals.add({.code = code, .who = actor.address, .rule = position, .detail = {}});
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

void Evaluation::judge_countries(const RuleWord& rule, std::uint8_t position, RefusalList& refusals) {
    if (!names(rule)) return;
    const auto ask = [&](Side& side, std::uint16_t code) {
        const std::uint16_t country = identity_of(side).country;
        if (!country_allowed(rule, position, country))
            refusals.add({.code = code, .who = side.address, .rule = position, .detail = std::uint64_t{country}});
    };
    if (asks_sender() && (rule.sides() & side_sender) != 0) ask(from_, reason::sender_country);
    if (asks_receiver() && (rule.sides() & side_receiver) != 0) ask(to_, reason::receiver_country);
}

void Evaluation::judge_categories(const RuleWord& rule, std::uint8_t position, RefusalList& refusals) {
    if (!names(rule)) return;
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
    if (asks_sender() && (rule.sides() & side_sender) != 0) ask(from_, reason::sender_category);
    if (asks_receiver() && (rule.sides() & side_receiver) != 0) ask(to_, reason::receiver_category);
}

/// On the counters as they would be. A move between wallets of one identity leaves them, so nothing is asked.
void Evaluation::judge_holders(const RuleWord& rule, std::uint8_t position, RefusalList& refusals) {
    if (!token_.counted || asked_ != Asked::movement) return;
    if (from_.holder && to_.holder && from_.wallet.identity == to_.wallet.identity) return;
    const u256& amount = movement_.amount;
    const bool enough_units = from_.holder && amount <= from_.units;
    const u256 kept = enough_units ? from_.units - amount : u256{};

    const bool asks_from =
        row_.sender_holders == HoldersAsked::yes || (row_.sender_holders == HoldersAsked::if_named && names(rule));
    if (asks_from && enough_units && !from_.dropped && !kept.is_zero() && kept < rule.units_min())
        refusals.add(
            {.code = reason::sender_below_minimum, .who = from_.address, .rule = position, .detail = rule.units_min()});

    if (row_.receiver_holders == HoldersAsked::no || !to_.holder || to_.dropped || to_.wallet.identity == 0) return;
    const u256 held = to_.units + amount;
    const bool enters = to_.units.is_zero() && !amount.is_zero();
    const bool leaves = enough_units && !amount.is_zero() && kept.is_zero();
    if (rule.identities_max() != 0 && enters && token_.holders + 1 - (leaves ? 1 : 0) > rule.identities_max())
        refusals.add({.code = reason::too_many_holders,
                      .who = to_.address,
                      .rule = position,
                      .detail = std::uint64_t{rule.identities_max()}});
    if (!rule.units_max().is_zero() && held > rule.units_max())
        refusals.add({.code = reason::above_maximum, .who = to_.address, .rule = position, .detail = rule.units_max()});
    else if (!held.is_zero() && held < rule.units_min())
        refusals.add(
            {.code = reason::receiver_below_minimum, .who = to_.address, .rule = position, .detail = rule.units_min()});
}

/// Asked once a movement, of the sender where there is one to ask, else of the receiver.
void Evaluation::judge_window(const RuleWord& rule, std::uint8_t position, RefusalList& refusals) {
    if (!names(rule) || !row_.window || paid_back_) return;
    const bool sender = row_.sender_locks && from_.holder && !from_.dropped;
    const bool receiver = row_.receiver_known != KnownAsked::nothing && to_.holder && !to_.dropped;
    if (!sender && !receiver) return;

    std::uint64_t not_before = rule.not_before();
    if (rule.locks() && sender && from_.wallet.identity != 0)
        not_before =
            std::max(not_before,
                     meter_.load(Registry::policies, slot_key::lock(token_.policy, from_.wallet.identity)).low_u64());
    const Address& who = sender ? from_.address : to_.address;
    const auto refuse = [&](std::uint16_t code, std::uint64_t detail) {
        refusals.add({.code = code, .who = who, .rule = position, .detail = detail});
    };
    if (now_ < not_before) return refuse(reason::not_yet, not_before);
    if (rule.not_after() != 0 && now_ > rule.not_after()) return refuse(reason::over, rule.not_after());
    if (!within_day(now_ % day_seconds, rule.day_from(), rule.day_to()))
        refuse(reason::closed_now, opens_next(now_, rule.day_from()));
}

void Evaluation::apply() {
    if (meter_.halted()) return;
    const u256& amount = movement_.amount;
    if (amount.is_zero()) return;
    const Address& token = movement_.token;

    if (tracks_put_in_) {
        const Side& holder = movement_.operation == Operation::redeem ? from_ : to_;
        const Side& escrow = movement_.operation == Operation::redeem ? to_ : from_;
        const u256 after = movement_.operation == Operation::redeem ? put_in_ + amount
                           : amount < put_in_                       ? put_in_ - amount
                                                                    : u256{};
        if (after != put_in_)
            meter_.store(Registry::policies, slot_key::put_into(token, escrow.wallet.escrow, holder.wallet.identity),
                         after);
    }
    if (!token_.counted || movement_.operation == Operation::pledge) return;

    if (to_.holder && !to_.wallet.used) {
        WalletRecord used = to_.wallet;
        used.used = true;
        meter_.store(Registry::identities, slot_key::wallet(movement_.to), used.word());
    }
    if (!moves_units()) return;

    const std::uint64_t holders_before = token_.holders;
    if (from_.holder) {
        check(meter_.halted() || amount <= from_.units, "an allowed movement is covered by the sender's units");
        const u256 kept = from_.units - amount;
        meter_.store(Registry::policies, slot_key::units(token, from_.wallet.identity), kept);
        if (kept.is_zero()) --token_.holders;
    }
    if (to_.holder) {
        meter_.store(Registry::policies, slot_key::units(token, to_.wallet.identity), to_.units + amount);
        if (to_.units.is_zero()) ++token_.holders;
    }
    if (from_.escrow != to_.escrow)
        meter_.store(Registry::policies, slot_key::escrowed(token),
                     from_.escrow ? escrowed_ - amount : escrowed_ + amount);
    if (token_.holders != holders_before) meter_.store(Registry::policies, slot_key::token(token), token_.word());
}

}  // namespace talea::vm
