#pragma once
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "vm/native/operation.hpp"
#include "vm/native/records.hpp"
#include "vm/native/refusal.hpp"
#include "vm/native/rule.hpp"

namespace talea::tests {

/// The table of DOMAIN §3 and its sentences once more, over plain maps and without regard to cost: the reference that
/// the registries are held against. Shares no code with the evaluation but the types of rules and refusals.
class PolicyModel {
  public:
    struct Identity {
        vm::Address registrar;
        std::uint16_t country = 0;
        std::uint64_t categories = 0, expiry = 0;
        vm::IdentityState state = vm::IdentityState::active;
    };
    struct Wallet {
        vm::u256 identity;  ///< 0: none
        std::uint64_t recover_at = 0;
        vm::Address successor;
    };
    struct Token {
        std::uint64_t policy = 0;
        bool counted = false;
        std::map<vm::u256, vm::u256> units;
        std::set<vm::Address> escrows;
        vm::u256 escrowed;
        std::map<std::pair<vm::Address, vm::u256>, vm::u256> put_in;
        vm::u256 supply;  ///< what was issued and not burned
    };
    struct Policy {
        std::vector<vm::Rule> rules;
        std::map<vm::u256, std::uint64_t> locks;
    };

    std::map<vm::u256, Identity> identities;
    std::map<vm::Address, Wallet> wallets;
    std::map<vm::Address, Token> tokens;
    std::map<std::uint64_t, Policy> policies;
    std::uint64_t now = 0;

    [[nodiscard]] static std::size_t holders(const Token& token) {
        return static_cast<std::size_t>(
            std::ranges::count_if(token.units, [](const auto& entry) { return !entry.second.is_zero(); }));
    }

    [[nodiscard]] vm::Address current(vm::Address wallet) const {
        for (;;) {
            const auto found = wallets.find(wallet);
            if (found == wallets.end() || found->second.recover_at == 0 || now < found->second.recover_at)
                return wallet;
            wallet = found->second.successor;
        }
    }

    [[nodiscard]] std::vector<vm::Refusal> judge(const vm::Movement& movement) const {
        Judgement judgement{.model = *this, .move = movement, .token = tokens.at(movement.token)};
        judgement.run();
        return judgement.found;
    }

    void apply(const vm::Movement& move) {
        using enum vm::Operation;
        Token& token = tokens.at(move.token);
        const bool from_escrow = token.escrows.contains(move.from), to_escrow = token.escrows.contains(move.to);
        const vm::u256 from = identity_of(move.from), to = identity_of(move.to);
        if (move.operation == redeem && to_escrow && !from.is_zero()) {
            vm::u256& put = token.put_in[{move.to, from}];
            put = put + move.amount;
        }
        if (move.operation == give_back && !to.is_zero()) {
            vm::u256& put = token.put_in[{move.from, to}];
            put = put - std::min(put, move.amount);
        }
        if (!token.counted || move.operation == pledge || move.operation == recover) return;
        if (move.from.is_zero())
            token.supply = token.supply + move.amount;
        else if (from_escrow)
            token.escrowed = token.escrowed - move.amount;
        else
            token.units[from] = token.units[from] - move.amount;
        if (move.to.is_zero())
            token.supply = token.supply - move.amount;
        else if (to_escrow)
            token.escrowed = token.escrowed + move.amount;
        else
            token.units[to] = token.units[to] + move.amount;
    }

    [[nodiscard]] vm::u256 identity_of(const vm::Address& wallet) const {
        const auto found = wallets.find(wallet);
        return found == wallets.end() ? vm::u256{} : found->second.identity;
    }

  private:
    struct Judgement {
        const PolicyModel& model;
        const vm::Movement& move;
        const Token& token;
        std::vector<vm::Refusal> found = {};
        bool sender_out = false, receiver_out = false;

        enum Role : std::uint8_t { sender, receiver };
        [[nodiscard]] const vm::Address& who(Role role) const { return role == sender ? move.from : move.to; }
        [[nodiscard]] bool is_escrow(const vm::Address& address) const { return token.escrows.contains(address); }
        [[nodiscard]] bool is_holder(const vm::Address& address) const {
            return !address.is_zero() && !is_escrow(address);
        }
        [[nodiscard]] vm::u256 units(const vm::Address& wallet) const {
            const auto entry = token.units.find(model.identity_of(wallet));
            return entry == token.units.end() ? vm::u256{} : entry->second;
        }
        void refuse(std::uint16_t code, const vm::Address& whom, std::size_t rule, const vm::u256& detail = {}) {
            found.push_back({code, whom, static_cast<std::uint8_t>(rule), detail});
        }

        /// What a side is asked, in the words of the table.
        [[nodiscard]] std::string_view asked(Role role) const {
            using enum vm::Operation;
            switch (move.operation) {
                case transfer:
                case settle:
                    return "kind 2 and rules";
                case issue:
                case seize:
                    return role == sender ? "" : "kind 2 and rules";
                case redeem:
                    return role == sender ? "201 205 207 209" : "";
                case force:
                    return role == sender ? "" : "kind 2";
                case recover:
                    return "";
                case pledge:
                    return role == sender ? "kind 2 and rules" : "202 206 208 209";
                case give_back:
                    return role == sender ? "" : beyond() ? "202 206 208 209 and rules" : "202 206 208 209";
            }
            return "";
        }
        [[nodiscard]] bool asked_rules(Role role) const { return asked(role).ends_with("rules") && in(role); }
        [[nodiscard]] bool in(Role role) const {
            return is_holder(who(role)) && !(role == sender ? sender_out : receiver_out);
        }
        /// A RETURN of more than the identity put in.
        [[nodiscard]] bool beyond() const {
            const vm::u256 identity = model.identity_of(move.to);
            const auto put = token.put_in.find({move.from, identity});
            const vm::u256 covered = put == token.put_in.end() || identity.is_zero() ? vm::u256{} : put->second;
            return move.amount > covered;
        }

        [[nodiscard]] bool shape() {
            using enum vm::Operation;
            const bool zero_from = move.from.is_zero(), zero_to = move.to.is_zero();
            const auto out = [this](std::uint16_t code, const vm::Address& whom) {
                refuse(code, whom, 0);
                return false;
            };
            if (move.amount > vm::counter_max) {
                refuse(5, zero_from ? move.to : move.from, 0, vm::counter_max);
                return false;
            }
            const bool may_come_from_nothing = move.operation == issue;
            const bool may_go_to_nothing = move.operation == redeem || move.operation == force;
            if (zero_from && !may_come_from_nothing) return out(2, move.from);
            if (zero_to && !may_go_to_nothing) return out(2, move.to);
            switch (move.operation) {
                case transfer:
                case settle:
                case pledge:
                case force:
                    if (is_escrow(move.from)) return out(4, move.from);
                    return is_escrow(move.to) ? out(4, move.to) : true;
                case issue:
                    if (is_holder(move.from)) return out(4, move.from);
                    return is_escrow(move.from) && is_escrow(move.to) ? out(4, move.to) : true;
                case redeem:
                    if (is_holder(move.to)) return out(4, move.to);
                    return is_escrow(move.from) && is_escrow(move.to) ? out(4, move.from) : true;
                case recover:
                    if (is_escrow(move.from) || model.current(move.from) == move.from) return out(4, move.from);
                    return model.current(move.from) == move.to ? true : out(4, move.to);
                case seize:
                    return is_escrow(move.from) ? out(4, move.from) : true;
                case give_back:
                    if (!is_escrow(move.from)) return out(4, move.from);
                    return is_escrow(move.to) ? out(4, move.to) : true;
            }
            return true;
        }

        void run() {
            if (!shape()) return;
            const auto& rules = model.policies.at(token.policy).rules;
            counters(std::ranges::any_of(rules, [](const vm::Rule& rule) { return rule.kind() == 2; }));
            for (std::size_t i = 0; i < rules.size(); ++i) {
                const vm::Rule& rule = rules[i];
                if (const auto* known = std::get_if<vm::KnownRule>(&rule.params)) ask_known(*known, i + 1);
                if (const auto* countries = std::get_if<vm::CountriesRule>(&rule.params))
                    ask_sides(rule, 301, i + 1, [&](const Identity& identity) -> std::optional<vm::u256> {
                        const bool listed = std::ranges::count(countries->countries, identity.country) != 0;
                        if (identity.country != 0 && listed == countries->allow) return std::nullopt;
                        return std::uint64_t{identity.country};
                    });
                if (const auto* categories = std::get_if<vm::CategoriesRule>(&rule.params))
                    ask_sides(rule, 401, i + 1, [&](const Identity& identity) -> std::optional<vm::u256> {
                        const std::uint64_t missing = categories->all_of & ~identity.categories;
                        if (missing != 0) return missing;
                        if (categories->any_of != 0 && (categories->any_of & identity.categories) == 0)
                            return categories->any_of;
                        return std::nullopt;
                    });
                if (const auto* limits = std::get_if<vm::HoldersRule>(&rule.params)) ask_holders(rule, *limits, i + 1);
                if (const auto* window = std::get_if<vm::WindowRule>(&rule.params)) ask_window(rule, *window, i + 1);
            }
        }

        void counters(bool has_known_rule) {
            using enum vm::Operation;
            const auto room = [this](const vm::Address& whom, const vm::u256& held) {
                if (held + move.amount > vm::counter_max) refuse(5, whom, 0, vm::counter_max - held);
            };
            if (move.operation == redeem && is_escrow(move.to) && !model.identity_of(move.from).is_zero()) {
                const auto put = token.put_in.find({move.to, model.identity_of(move.from)});
                if (put != token.put_in.end()) room(move.from, put->second);
            }
            if (!token.counted) return;
            if (is_escrow(move.from)) {
                if (move.amount > token.escrowed) refuse(3, move.from, 0, token.escrowed);
            } else if (!move.from.is_zero() && move.operation != recover) {
                const bool unknown_and_told_so =
                    model.identity_of(move.from).is_zero() && has_known_rule && !asked(sender).empty();
                if (move.amount > units(move.from) && !unknown_and_told_so) refuse(3, move.from, 0, units(move.from));
            }
            const bool credits = move.operation != pledge && move.operation != recover && is_holder(move.to);
            if (credits && model.identity_of(move.to).is_zero() && !has_known_rule) {
                refuse(202, move.to, 0);
                receiver_out = true;
            }
            const bool within_one = is_holder(move.from) && is_holder(move.to) &&
                                    model.identity_of(move.from) == model.identity_of(move.to);
            if (move.operation == pledge || move.operation == recover || within_one) return;
            if (is_holder(move.to)) room(move.to, units(move.to));
            if (is_escrow(move.to)) room(move.to, token.escrowed);
        }

        void ask_known(const vm::KnownRule& rule, std::size_t position) {
            for (const Role role : {sender, receiver}) {
                if (asked(role).empty() || !in(role)) continue;
                const auto code = [role](int of_sender) {
                    return static_cast<std::uint16_t>(of_sender + (role == sender ? 0 : 1));
                };
                const vm::u256 id = model.identity_of(who(role));
                const bool known =
                    !id.is_zero() && (rule.registrars.empty() ||
                                      std::ranges::count(rule.registrars, model.identities.at(id).registrar) != 0);
                if (!known) {
                    refuse(code(201), who(role), position);
                    (role == sender ? sender_out : receiver_out) = true;
                    continue;
                }
                const Identity& identity = model.identities.at(id);
                if (model.wallets.at(who(role)).recover_at != 0)
                    refuse(209, who(role), position);
                else if (identity.state == vm::IdentityState::closed)
                    refuse(code(207), who(role), position);
                else if (identity.state == vm::IdentityState::suspended)
                    refuse(code(205), who(role), position);
                else if (identity.expiry <= model.now && asked(role).starts_with("kind 2"))
                    refuse(code(203), who(role), position, identity.expiry);
            }
            using enum vm::Operation;
            const bool acts = move.operation == transfer || move.operation == redeem || move.operation == pledge ||
                              move.operation == settle;
            const vm::u256 id = model.identity_of(move.actor);
            if (!acts || move.actor == move.from || id.is_zero()) return;
            const vm::IdentityState state = model.identities.at(id).state;
            if (model.wallets.at(move.actor).recover_at != 0)
                refuse(209, move.actor, position);
            else if (state == vm::IdentityState::closed)
                refuse(207, move.actor, position);
            else if (state == vm::IdentityState::suspended)
                refuse(205, move.actor, position);
        }

        [[nodiscard]] bool named(const vm::Rule& rule) const {
            return (rule.operations & vm::bit(move.operation)) != 0;
        }

        template <typename Ask>
        void ask_sides(const vm::Rule& rule, std::uint16_t code, std::size_t position, const Ask& ask) {
            for (const Role role : {sender, receiver}) {
                const unsigned side = role == sender ? 1 : 2;
                if (!named(rule) || (rule.sides & side) == 0 || !asked_rules(role)) continue;
                const vm::u256 id = model.identity_of(who(role));
                const std::optional<vm::u256> wrong = ask(id.is_zero() ? Identity{} : model.identities.at(id));
                if (wrong) refuse(static_cast<std::uint16_t>(code + side - 1), who(role), position, *wrong);
            }
        }

        void ask_holders(const vm::Rule& rule, const vm::HoldersRule& limits, std::size_t position) {
            using enum vm::Operation;
            const bool both = move.operation == transfer || move.operation == settle;
            const bool from_holder = is_holder(move.from), to_holder = is_holder(move.to);
            if (from_holder && to_holder && model.identity_of(move.from) == model.identity_of(move.to)) return;
            const bool covered = from_holder && move.amount <= units(move.from);
            const vm::u256 kept = covered ? units(move.from) - move.amount : vm::u256{};
            if ((both || (move.operation == redeem && named(rule))) && covered && !sender_out && !kept.is_zero() &&
                kept < limits.units_min)
                refuse(504, move.from, position, limits.units_min);
            if (!both && move.operation != issue && move.operation != seize) return;
            if (!to_holder || receiver_out || model.identity_of(move.to).is_zero()) return;
            const vm::u256 held = units(move.to) + move.amount;
            std::size_t end = holders(token);
            const bool enters = units(move.to).is_zero() && !held.is_zero();
            if (enters) ++end;
            if (covered && kept.is_zero() && !units(move.from).is_zero()) --end;
            if (limits.identities_max != 0 && enters && end > limits.identities_max)
                refuse(501, move.to, position, std::uint64_t{limits.identities_max});
            if (!limits.units_max.is_zero() && held > limits.units_max)
                refuse(502, move.to, position, limits.units_max);
            else if (!held.is_zero() && held < limits.units_min)
                refuse(503, move.to, position, limits.units_min);
        }

        void ask_window(const vm::Rule& rule, const vm::WindowRule& window, std::size_t position) {
            using enum vm::Operation;
            if (!named(rule) || move.operation == force || move.operation == recover) return;
            if (move.operation == give_back && !beyond()) return;
            const bool from = !asked(sender).empty() && in(sender), to = !asked(receiver).empty() && in(receiver);
            if (!from && !to) return;
            const vm::Address& whom = from ? move.from : move.to;
            std::uint64_t begin = window.not_before;
            if (window.locks && from) {
                const auto& locks = model.policies.at(token.policy).locks;
                const auto lock = locks.find(model.identity_of(move.from));
                if (lock != locks.end()) begin = std::max(begin, lock->second);
            }
            if (model.now < begin) return refuse(601, whom, position, begin);
            if (window.not_after != 0 && model.now > window.not_after)
                return refuse(602, whom, position, window.not_after);
            if (window.day_from == window.day_to) return;
            for (std::uint64_t at = model.now;; ++at) {  // the first second that is open
                const std::uint64_t second = at % 86'400;
                const bool open = window.day_from < window.day_to ? second >= window.day_from && second < window.day_to
                                                                  : second >= window.day_from || second < window.day_to;
                if (open && at == model.now) return;
                if (open) return refuse(603, whom, position, at);
            }
        }
    };
};

}  // namespace talea::tests
