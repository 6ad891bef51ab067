#include "sim/stories/all.hpp"
#include "vm/base/hex.hpp"

/// What an adversary arranges: the order of messages, or the programs of validators.
namespace talea::sim {
namespace {

/// The six rounds that fork honest validators whose seals leave the round out (a validator is named by the order in
/// which it proposes): who learns of a quorum of PREPAREs, and whose round changes arrive.
struct ScheduledRound {
    std::array<bool, 4> locks;    ///< A B C D
    std::array<bool, 4> changes;  ///< whose ROUND CHANGE to this round is heard
};
constexpr std::array<ScheduledRound, 6> schedule{{
    {{true, false, false, false}, {true, true, true, true}},   // A alone locks X
    {{false, true, false, false}, {false, true, true, true}},  // B alone locks Y
    {{false, false, true, false}, {true, false, true, true}},  // C locks X
    {{false, true, false, false}, {true, true, false, true}},  // B locks Y
    {{false, false, false, true}, {true, false, true, true}},  // D locks X: three have committed to it
    {{true, true, true, false}, {true, true, true, false}},    // A, B and C commit to Y
}};

/// Whether the schedule lets a message about block `number` through.
bool arrives(std::size_t from, std::size_t to, const node::Message& message, vm::BlockNumber number) {
    constexpr std::size_t d = 3;
    const auto view = node::view_of(message);
    if (!view || view->number != number) return true;
    if (view->round >= schedule.size()) return true;
    const ScheduledRound& round = schedule[view->round];
    if (std::holds_alternative<node::Prepare>(message)) return round.locks[to];
    if (std::holds_alternative<node::RoundChange>(message)) return round.changes[from];
    // COMMITs of the first five rounds reach D alone, those of the sixth all others.
    if (std::holds_alternative<node::Commit>(message)) return (to == d) == (view->round + 1 < schedule.size());
    return true;
}

bool names(const std::string& sentence, std::string_view reason) {
    return sentence.find("transaction ") != std::string::npos && sentence.find(reason) != std::string::npos;
}

/// One of four has a program that permits everything, and `what` is handed to it.
void one_permits(Teller& t, Economy::Forbidden what, std::string_view reason) {
    auto& net = t.network_of(4, 1);
    net.node(2).permit_everything();
    t.everybody_starts();
    net.clients().start();
    t.passes(1 * second);
    const auto forbidden = net.economy().forbidden(what);
    t.expect(net.node(2).submit(forbidden), "the modified validator takes it");
    const auto begun = net.checker().highest();
    t.passes(10 * second);
    for (const std::size_t honest : {0u, 1u, 3u})
        t.expect(names(net.node(honest).found_invalid(), reason),
                 fmt::format("n{} refuses the block and says which transaction and why, not '{}'", honest,
                             net.node(honest).found_invalid()));
    t.expect(!net.checker().is_final(forbidden->hash), "nothing that is forbidden becomes final");
    t.expect(net.checker().highest().value > begun.value + 20, "the chain goes on without the modified validator");
    t.all_agree_within(5 * second);
}

/// Three of four have it: they seal a block that no honest node takes, by consensus, by sync or by replay.
void a_quorum_permits(Teller& t, Economy::Forbidden what, std::string_view reason) {
    auto& net = t.network_of(4, 1);
    for (const std::size_t modified : {1u, 2u, 3u}) net.node(modified).permit_everything();
    net.node(0).may_halt = net.node(4).may_halt = true;
    t.everybody_starts();
    t.passes(1 * second);
    t.transfer_is_final_at(0);
    t.all_agree_within(2 * second);
    std::vector<FinalRecord> chain;
    net.node(1).on_final = [&](const FinalRecord& record) { chain.push_back(record); };
    const auto before = net.checker().highest();
    const auto forbidden = net.economy().forbidden(what);
    t.expect(net.node(1).submit(forbidden), "the modified validator takes it");
    // Nobody else has work: they come to the one who has it by heartbeats.
    t.passes(150 * second);
    t.expect(!chain.empty(), "the modified validators seal it");
    t.expect(
        names(net.node(0).halted(), reason),
        fmt::format("the honest validator stops and says which transaction and why, not '{}'", net.node(0).halted()));
    t.expect(names(net.node(4).halted(), reason),
             fmt::format("sync stops and says which transaction and why, not '{}'", net.node(4).halted()));

    // What they recorded is executed again by an honest program, as `talead replay` does it.
    Ledger replayed(net.world());
    std::string found;
    for (const auto& record : net.node(1).stored_blocks()) {
        const auto executed = replayed.execute(*record.block);
        if (!executed) {
            found = vm::to_string(executed.error());
            break;
        }
        replayed.apply(**executed);
    }
    t.expect(replayed.number() >= before && names(found, reason),
             fmt::format("a replay stops at that block and says which transaction and why, not '{}'", found));
}

}  // namespace

void seals_without_the_round(Teller& t) {
    auto& net = t.network_of(4);
    t.everybody_starts();
    t.passes(1 * second);
    const auto why = net.node(0).why();
    std::size_t a = 0;
    while (net.node(a).address() != why.proposer) ++a;
    const auto named = [a](std::size_t index) { return (index + 4 - a) % 4; };
    const std::size_t b = (a + 1) % 4, d = (a + 3) % 4;
    net.hold_back([&](std::size_t from, std::size_t to, const node::Message& message) {
        return !arrives(named(from), named(to), message, why.number);
    });
    std::optional<FinalRecord> made;
    std::optional<node::PreparedClaim> lock_of_d;
    net.node(a).on_final = [&](const FinalRecord& record) {
        made = record;
        lock_of_d = net.node(d).why().lock;
    };
    const auto transfer = net.economy().idle_transfer(1);
    t.expect(net.node(a).submit(transfer), "there is something to agree on");
    const bool ended = net.run_until([&] { return made.has_value(); }, 60 * second);
    t.expect(ended && made->certificate.round == 5 && made->block->header.beneficiary == net.node(b).address(),
             "the sixth round makes the block that B proposed first");
    t.expect(lock_of_d && lock_of_d->round == 4 && lock_of_d->hash != made->hash,
             "D, who has three seals of the other block by then, each of another round, takes it for no quorum");
    net.hold_back({});
    t.all_agree_within(10 * second);
    for (std::size_t i = 0; i < 4; ++i) t.transfer_is_final_at(i, 1 * second);
}

void forbidden_sender(Teller& t) {
    one_permits(t, Economy::Forbidden::sender, "sender_not_permitted");
    if (!t.failed()) a_quorum_permits(t, Economy::Forbidden::sender, "sender_not_permitted");
}

void forbidden_create(Teller& t) {
    one_permits(t, Economy::Forbidden::create, "create_not_permitted");
    if (!t.failed()) a_quorum_permits(t, Economy::Forbidden::create, "create_not_permitted");
}

void forbidden_authority(Teller& t) {
    one_permits(t, Economy::Forbidden::authority, "authority_not_permitted");
    if (!t.failed()) a_quorum_permits(t, Economy::Forbidden::authority, "authority_not_permitted");
}

}  // namespace talea::sim
