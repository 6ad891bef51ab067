#include "registry_model/walk.hpp"

#include <algorithm>
#include <set>

#include "registry_model/population.hpp"
#include "unit/vm/native/native_chain.hpp"
#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"

namespace talea::tests {

using namespace talea::vm;
using namespace population;

Walk::Walk(std::uint64_t seed, Tally& tally) : random_(seed), tally_(tally) {
    begin();
}

/// What every walk has from the first: registrars, identities with wallets, policies, tokens with escrows.
void Walk::begin() {
    bool good = true;
    const auto done = [&](Registry registry, const Address& sender, const Bytes& data) {
        good = good && must(registry, sender, data);
    };
    for (std::uint64_t i = 1; i < 3; ++i)
        done(Registry::permissions, Pair::first_admin,
             call_data("grantRoles(address,uint256)", {0xad00 + i, std::uint64_t{role::admin}}));
    if (random_.one_in(2))  // ADMINs decide together
        done(Registry::permissions, Pair::first_admin, call_data("setThreshold(uint256,uint8)", {1 + 2, 2}));
    for (std::uint64_t i = 0; i < registrars; ++i)
        done(Registry::identities, Pair::first_admin, call_data("addRegistrar(address)", {0x5000 + i}));
    for (std::uint64_t i = 0; i < identities; ++i) {
        Bytes data = call_data(
            "register(bytes32,uint16,uint64,uint64,bytes32,address[])",
            {id_at(i), 840, 1 + random_.below(7), pair_.now + 100'000 + random_.below(identity_life), 0xf11e, 192, 0});
        done(Registry::identities, low_address(static_cast<std::uint16_t>(0x5000 + i % registrars)), data);
    }
    for (std::uint64_t i = 0; i < wallets; ++i) {
        const std::uint64_t identity = i % identities;
        done(Registry::identities, low_address(static_cast<std::uint16_t>(0x5000 + identity % registrars)),
             call_data("linkWallet(bytes32,address)", {id_at(identity), 0x1000 + i}));
    }
    for (std::uint64_t i = 1; i <= policies; ++i) {
        const Address by = low_address(static_cast<std::uint16_t>(0x0a00 + i % owners));
        Bytes data = call_data("createPolicy((uint8,uint16,uint8,bytes)[])", {32});
        AbiWriter out{data};
        std::vector<Rule> rules;
        if (i != unruled_policy) rules.push_back({0, 0, KnownRule{}});
        write_rules(out, rules);
        done(Registry::policies, by, data);
        const u256 token = 0x7000 + i - 1;
        done(Registry::policies, by, call_data("allowToken(uint64,address,bool)", {i, token, 1}));
        done(Registry::policies, to_address(token),
             call_data("bind(uint64,bool)", {i, i == uncounted_policy ? 0U : 1U}));
        for (std::uint64_t j = 0; j < escrows; ++j)
            done(Registry::policies, to_address(token), call_data("setEscrow(address,bool)", {0x4000 + j, 1}));
    }
    check(good, "the first calls of a walk succeed alike");
}

bool Walk::must(Registry registry, const Address& sender, const Bytes& data) {
    const auto done = pair_.call(registry, sender, data);
    return done && done->succeeded;
}

std::optional<Done> Walk::call(std::string_view signature, const Drawn& drawn) {
    auto done = pair_.call(drawn.registry, drawn.sender, drawn.data);
    if (!done) {
        failure = std::string(signature) + " from " + to_hex(drawn.sender) + " at " + std::to_string(pair_.now) + "\n" +
                  to_hex(drawn.data) + "\n" + pair_.difference;
        return done;
    }
    Tally::Ends& ends = tally_.entries[signature];
    ++(done->succeeded ? ends.allowed : ends.refused);
    return done;
}

/// A judgement and its preview in the same state: each the same in both, and the two agree.
bool Walk::judge(bool net) {
    const Movement one = any_movement();
    const NetMovement many = any_net();
    const Bytes authorize = net ? encode_authorize_net_call(many) : encode_authorize_call(one);
    const Bytes preview = net ? encode_preview_net_call(many) : encode_preview_call(one);
    const Address token = net ? many.token : one.token;
    const auto before = call(net ? "previewNet" : "preview", {Registry::policies, anybody(), preview});
    const auto after = call(net ? "authorizeNet" : "authorize", {Registry::policies, token, authorize});
    if (!before || !after) return false;
    if (!before->succeeded) {  // not bound, no operation, too many
        if (!after->succeeded && after->output == before->output) return true;
        failure = "preview reverts otherwise than authorize: " + to_hex(authorize);
        return false;
    }
    const auto refusals = decode_preview_result(before->output);
    check(refusals.has_value(), "a preview is a list");
    for (const Refusal& refusal : *refusals) ++tally_.codes[refusal.code];
    const bool agree =
        refusals->empty() ? after->succeeded : !after->succeeded && decode_refused(after->output) == refusals->front();
    if (!agree) failure = "preview and authorize disagree: " + to_hex(authorize);
    if (!net) {
        Tally::Ends& ends = tally_.operations[one.operation];
        ++(after->succeeded ? ends.allowed : ends.refused);
    }
    return agree;
}

bool Walk::step() {
    pair_.now += random_.one_in(200) ? random_.below(20'000) : random_.below(40);
    const auto& all = entries();
    // Judgements have many shapes: as many of them as of ten other entry points.
    const std::uint64_t drawn_place = random_.below(all.size() + 14);
    if (drawn_place >= all.size()) return judge(drawn_place >= all.size() + 10);
    const Entry& entry = all[drawn_place];
    const Drawn drawn = entry.draw(*this);
    const auto done = call(entry.signature, drawn);
    if (done && done->succeeded && entry.signature == "recover(address,address)")
        recoveries_.emplace_back(to_address(u256::from_be_bytes(BytesView{drawn.data}.subspan(4, 32))),
                                 to_address(u256::from_be_bytes(BytesView{drawn.data}.subspan(36, 32))));
    return done.has_value();
}

bool Walk::sweep() {
    bool same = true;
    const auto ask = [&](Registry registry, std::string_view signature, std::initializer_list<u256> args) {
        same = same && call(signature, {registry, Address{}, call_data(signature, args)}).has_value();
    };
    for (std::uint64_t i = 0; i < tokens; ++i) {
        const u256 token = 0x7000 + i;
        ask(Registry::policies, "policyOf(address)", {token});
        ask(Registry::policies, "holders(address)", {token});
        ask(Registry::policies, "escrowed(address)", {token});
        for (std::uint64_t j = 0; j < identities; ++j) {
            ask(Registry::policies, "unitsOf(address,bytes32)", {token, id_at(j)});
            for (std::uint64_t k = 0; k < escrows; ++k)
                ask(Registry::policies, "putInto(address,address,bytes32)", {token, 0x4000 + k, id_at(j)});
        }
    }
    for (std::uint64_t i = 0; i <= policies; ++i) {
        ask(Registry::policies, "policy(uint64)", {i});
        ask(Registry::policies, "rules(uint64)", {i});
        for (std::uint64_t j = 0; j < identities; ++j) ask(Registry::policies, "lockOf(uint64,bytes32)", {i, id_at(j)});
    }
    for (std::uint64_t i = 0; i < identities; ++i) ask(Registry::identities, "identity(bytes32)", {id_at(i)});
    for (std::uint64_t i = 0; i < wallets; ++i) ask(Registry::identities, "walletOf(address)", {0x1000 + i});
    for (std::uint64_t i = 0; i < registrars; ++i) ask(Registry::identities, "registrar(address)", {0x5000 + i});
    for (std::uint64_t i = 0; i < admins; ++i) ask(Registry::permissions, "rolesOf(address)", {0xad00 + i});
    for (std::uint64_t i = 0; i < 5; ++i) ask(Registry::permissions, "threshold(uint256)", {std::uint64_t{1} << i});
    for (std::uint64_t i = 0; i < 100; ++i) ask(Registry::permissions, "proposal(uint64)", {i});
    ask(Registry::permissions, "nodes()", {});
    ask(Registry::permissions, "validators()", {});
    return same;
}

}  // namespace talea::tests
