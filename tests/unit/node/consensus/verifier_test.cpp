#include "node/consensus/verifier.hpp"

#include "node/consensus/timing.hpp"
#include "unit/node/consensus/network.hpp"
#include "unit/random.hpp"

namespace talea::tests {
namespace {

using node::MessageError;

/// Four validators at block 8, and messages signed by any of them.
struct World {
    std::vector<vm::PrivateKey> keys = tests::keys(4);
    node::HeightRules rules{{qbft::genesis_hash, 0}, {8}, addresses(keys), {{7}}, {}};
    vm::Header header;

    World() {
        header.number = {8};
        header.parent_hash = rules.parent_hash;
        header.beneficiary = proposer_of(0);
    }
    [[nodiscard]] vm::Address proposer_of(std::uint64_t round) const {
        return node::proposer(rules.validators, rules.parent_beneficiary, round);
    }
    [[nodiscard]] vm::PrivateKey key_of(const vm::Address& address) const {
        return *std::ranges::find_if(keys, [&](const auto& key) { return vm::address_of(key) == address; });
    }
    [[nodiscard]] node::Seal prepare(std::size_t by, std::uint64_t round, const vm::Hash& hash) const {
        return node::make_seal(keys[by],
                               node::vote_digest(node::MessageCode::prepare, rules.domain, {{8}, round, hash}));
    }
    [[nodiscard]] std::vector<node::Seal> prepares(std::uint64_t round, const vm::Hash& hash) const {
        return {prepare(0, round, hash), prepare(1, round, hash), prepare(2, round, hash)};
    }
    [[nodiscard]] node::RoundChangeClaim claim(std::size_t by, std::uint64_t round,
                                               std::optional<node::PreparedClaim> prepared = {}) const {
        return {prepared, node::make_seal(keys[by], node::round_change_digest(rules.domain, {8}, round, prepared))};
    }
    [[nodiscard]] node::Proposal sign(node::Proposal proposal, const vm::PrivateKey& key) const {
        const node::VoteSubject subject{proposal.header.number, proposal.round, vm::header_hash(proposal.header)};
        proposal.signature = node::make_seal(key, node::proposal_digest(rules.domain, subject, proposal.transactions));
        return proposal;
    }
    [[nodiscard]] node::Proposal sign(node::Proposal proposal) const {
        return sign(proposal, key_of(proposer_of(proposal.round)));
    }
    [[nodiscard]] auto judge(const node::Proposal& proposal) const {
        return node::verify_proposal(proposal, rules, node::plain_signatures());
    }
    [[nodiscard]] node::Proposal fresh(std::uint64_t round) const {
        node::Proposal proposal;
        proposal.round = round;
        proposal.header = header;
        proposal.header.beneficiary = proposer_of(round);
        for (std::size_t i = 0; round > 0 && i < 3; ++i) proposal.round_changes.push_back(claim(i, round));
        return proposal;
    }
    /// The block of round 0 proposed again in `round`, prepared by one of three in round 0.
    [[nodiscard]] node::Proposal again(std::uint64_t round) const {
        auto proposal = fresh(round);
        proposal.header = header;
        const auto hash = vm::header_hash(header);
        proposal.round_changes[1] = claim(1, round, node::PreparedClaim{0, hash});
        proposal.prepares = prepares(0, hash);
        return proposal;
    }
};

TEST_CASE("the proposer comes after the parent's beneficiary, or after where it stood") {
    const auto set = addresses(keys(4));
    for (std::size_t i = 0; i < 4; ++i)
        for (std::uint64_t round = 0; round < 9; ++round)
            CHECK(node::proposer(set, set[i], round) == set[(i + 1 + round) % 4]);
    // One who left: the next higher address; above all, and for block 1, the lowest.
    auto gone = set;
    gone.erase(gone.begin() + 1);
    CHECK(node::proposer(gone, set[1], 0) == set[2]);
    gone = {set[0], set[1], set[2]};
    CHECK(node::proposer(gone, set[3], 0) == set[0]);
    CHECK(node::proposer(set, {}, 0) == set[0]);
}

TEST_CASE("a proposal of round 0 needs its proposer's signature, beneficiary and parent, and no proof") {
    const World world;
    const auto good = world.sign(world.fresh(0));
    REQUIRE(world.judge(good).has_value());
    CHECK(world.judge(good)->fresh);
    auto bad = good;
    bad.transactions.push_back({{1}});  // a relay that puts other hashes under the signature
    CHECK_FALSE(world.judge(bad).has_value());
    CHECK(world.judge(world.sign(good, world.key_of(world.proposer_of(1)))).error() == MessageError::wrong_proposer);
    CHECK(world.judge(world.sign(good, key(99))).error() == MessageError::not_a_validator);
    bad = world.fresh(0);
    bad.header.beneficiary = world.proposer_of(1);
    CHECK(world.judge(world.sign(bad)).error() == MessageError::wrong_beneficiary);
    bad = world.fresh(0);
    bad.header.parent_hash.bytes[0] ^= 1;
    CHECK(world.judge(world.sign(bad)).error() == MessageError::wrong_parent);
    bad = world.fresh(0);
    bad.header.number = {9};
    CHECK(world.judge(world.sign(bad)).error() == MessageError::wrong_number);
    bad = world.fresh(0);
    bad.round_changes.push_back(world.claim(0, 0));
    CHECK(world.judge(world.sign(bad)).error() == MessageError::unexpected_proof);
    bad = world.fresh(0);
    bad.prepares = world.prepares(0, vm::header_hash(bad.header));
    CHECK(world.judge(world.sign(bad)).error() == MessageError::unexpected_proof);
}

TEST_CASE("a fresh block of a later round needs unprepared round changes of a quorum of signers for that round") {
    const World world;
    REQUIRE(world.judge(world.sign(world.fresh(2))).has_value());
    auto bad = world.fresh(2);
    bad.round_changes.pop_back();
    CHECK(world.judge(world.sign(bad)).error() == MessageError::too_few_round_changes);
    SUBCASE("entries are not signers") {
        bad.round_changes.push_back(bad.round_changes.front());
        bad.round_changes.push_back(bad.round_changes.front());
        CHECK(world.judge(world.sign(bad)).error() == MessageError::too_few_round_changes);
    }
    SUBCASE("one for another round counts for nothing") {
        bad.round_changes.push_back(world.claim(2, 3));
        CHECK_FALSE(world.judge(world.sign(bad)).has_value());
    }
    SUBCASE("nor does one of another chain or instance") {
        auto other = world;
        other.rules.domain.instance = 1;
        bad.round_changes.push_back(other.claim(2, 2));
        CHECK(world.judge(world.sign(bad)).error() == MessageError::not_a_validator);
        other.rules.domain = {{{0x12}}, 0};
        bad.round_changes.back() = other.claim(2, 2);
        CHECK(world.judge(world.sign(bad)).error() == MessageError::not_a_validator);
    }
    SUBCASE("nor does a stranger's") {
        bad.round_changes.push_back(
            {{}, node::make_seal(key(99), node::round_change_digest(world.rules.domain, {8}, 2, {}))});
        CHECK(world.judge(world.sign(bad)).error() == MessageError::not_a_validator);
    }
}

TEST_CASE(
    "a re-proposal is the block of the highest prepared claim, proven by its prepares, with its beneficiary kept") {
    const World world;
    const auto good = world.sign(world.again(3));
    const auto judged = world.judge(good);
    REQUIRE(judged.has_value());
    CHECK_FALSE(judged->fresh);
    CHECK(good.header.beneficiary != world.proposer_of(3));

    auto bad = world.again(3);
    SUBCASE("a block of its own instead") {
        bad.header.beneficiary = world.proposer_of(3);
        CHECK(world.judge(world.sign(bad)).error() == MessageError::not_the_highest);
    }
    SUBCASE("the lower of two claims") {
        auto other = world.header;
        other.gas_used = 1;
        bad.round_changes[0] = world.claim(0, 3, node::PreparedClaim{1, vm::header_hash(other)});
        CHECK(world.judge(world.sign(bad)).error() == MessageError::not_the_highest);
        bad.header = other;
        bad.prepares = world.prepares(1, vm::header_hash(other));
        CHECK(world.judge(world.sign(bad)).has_value());
    }
    SUBCASE("prepared in its own round") {
        bad.round_changes[1] = world.claim(1, 3, node::PreparedClaim{3, vm::header_hash(world.header)});
        bad.prepares = world.prepares(3, vm::header_hash(world.header));
        CHECK(world.judge(world.sign(bad)).error() == MessageError::prepared_too_late);
    }
    SUBCASE("without prepares, with too few, doubled, or of another round") {
        const auto hash = vm::header_hash(world.header);
        bad.prepares.clear();
        CHECK(world.judge(world.sign(bad)).error() == MessageError::too_few_prepares);
        bad.prepares = {world.prepare(0, 0, hash), world.prepare(1, 0, hash)};
        CHECK(world.judge(world.sign(bad)).error() == MessageError::too_few_prepares);
        bad.prepares.push_back(bad.prepares.front());
        CHECK(world.judge(world.sign(bad)).error() == MessageError::too_few_prepares);
        bad.prepares = {world.prepare(0, 0, hash), world.prepare(1, 0, hash), world.prepare(2, 1, hash)};
        CHECK_FALSE(world.judge(world.sign(bad)).has_value());
    }
    SUBCASE("an unproven claim hidden by leaving its prepares away does not make the block fresh") {
        bad.prepares.clear();
        bad.header.beneficiary = world.proposer_of(3);
        CHECK_FALSE(world.judge(world.sign(bad)).has_value());
    }
}

TEST_CASE("a round change that claims a lock proves it by the prepares of a quorum") {
    const World world;
    const auto hash = vm::header_hash(world.header);
    node::RoundChange change{.number = {8},
                             .round = 2,
                             .claim = world.claim(3, 2, node::PreparedClaim{0, hash}),
                             .certificate = node::PreparedCertificate{world.header, world.prepares(0, hash)}};
    const auto judge = [&](const node::RoundChange& message) {
        return node::verify_round_change(message, world.rules, node::plain_signatures());
    };
    CHECK(judge(change) == world.rules.validators[3]);
    auto bad = change;
    bad.certificate->prepares.pop_back();
    CHECK(judge(bad).error() == MessageError::too_few_prepares);
    bad = change;
    bad.certificate.reset();
    CHECK_FALSE(judge(bad).has_value());
    bad = change;
    bad.claim = world.claim(3, 2, node::PreparedClaim{2, hash});
    CHECK(judge(bad).error() == MessageError::prepared_too_late);
    bad = change;
    bad.claim.prepared.reset();  // another's claim under this signature
    CHECK_FALSE(judge(bad).has_value());
}

TEST_CASE("a fresh block is at most 2 s ahead of the chain clock and 5 s behind it when it arrives") {
    const auto judge = [](std::uint64_t timestamp, std::uint64_t clock, std::uint64_t age_ms) {
        return node::verify_timestamp({timestamp}, {clock}, age_ms);
    };
    CHECK(judge(102, 100, 0).has_value());
    CHECK(judge(103, 100, 0).error() == MessageError::too_far_ahead);
    CHECK(judge(95, 100, 0).has_value());
    CHECK(judge(94, 100, 0).error() == MessageError::too_far_behind);
    CHECK(judge(94, 100, 1).has_value());  // it lay here for a while
    CHECK(judge(92, 100, 2'000).error() == MessageError::too_far_behind);
    CHECK(judge(~0ULL, 100, 0).error() == MessageError::too_far_ahead);
    CHECK(judge(0, ~0ULL, 0).error() == MessageError::too_far_behind);
}

TEST_CASE("round timers double and are capped, and a slow block lengthens them") {
    for (const auto& [round, ms] : {std::pair{0ULL, 200ULL},
                                    {1ULL, 400ULL},
                                    {5ULL, 6'400ULL},
                                    {6ULL, 10'000ULL},
                                    {64ULL, 10'000ULL},
                                    {1ULL << 32, 10'000ULL}})
        CHECK(node::round_timeout_ms(round) == ms);
    CHECK(node::round_timeout_ms(0, 250) == 2'000);
    CHECK(node::round_timeout_ms(0, ~0ULL) == 10'000);
    for (const auto& [execution, ms] :
         {std::pair{0ULL, 2ULL}, {1ULL, 2ULL}, {10ULL, 20ULL}, {25ULL, 50ULL}, {~0ULL, 50ULL}})
        CHECK(node::spacing_ms(execution) == ms);
}

TEST_CASE("messages decode to what was encoded, and nothing else decodes") {
    Random random;
    CAPTURE(random.seed);
    const World world;
    const auto hash = vm::header_hash(world.header);
    auto proposal = world.again(3);
    proposal.transactions = {{{1}}, {{2}}};
    const std::vector<node::Message> messages{
        world.sign(proposal),
        world.sign(world.fresh(0)),
        node::Prepare{{{8}, 0, hash}, world.prepare(0, 0, hash)},
        node::Commit{{{8}, 300, hash}, world.prepare(0, 0, hash)},
        node::RoundChange{{8}, 2, world.claim(3, 2), {}},
        node::RoundChange{{8},
                          2,
                          world.claim(3, 2, node::PreparedClaim{0, hash}),
                          node::PreparedCertificate{world.header, world.prepares(0, hash)}},
        node::HeightQuery{~0ULL, {}},
        node::HeightClaim{world.rules.validators[0], 5, {8}, {}}};
    for (const auto& message : messages) {
        const auto encoded = node::encode_message(message);
        REQUIRE(node::decode_message(encoded) == message);
        auto longer = encoded;
        longer.push_back(0x80);
        CHECK_FALSE(node::decode_message(longer).has_value());
        for (std::size_t i = 0; i < encoded.size(); i += 1 + random.below(7))
            CHECK_FALSE(node::decode_message(vm::BytesView(encoded).first(i)).has_value());
        // Whatever decodes after a change is encoded that way.
        for (int i = 0; i < 100; ++i) {
            auto changed = encoded;
            changed[random.below(changed.size())] ^= static_cast<std::uint8_t>(1 + random.below(255));
            if (const auto decoded = node::decode_message(changed)) CHECK(node::encode_message(*decoded) == changed);
        }
    }
    node::Message claim = node::RoundChange{{8}, 2, world.claim(3, 2, node::PreparedClaim{0, hash}), {}};
    CHECK(node::decode_message(node::encode_message(claim)).error() == node::MessageDecodeError::prepared);
    claim = node::RoundChange{{8}, node::limits::round_max + 1, world.claim(3, 2), {}};
    CHECK(node::decode_message(node::encode_message(claim)).error() == node::MessageDecodeError::round);
    auto many = world.fresh(0);
    many.prepares.resize(101);
    CHECK(node::decode_message(node::encode_message(many)).error() == node::MessageDecodeError::too_many);
}

}  // namespace
}  // namespace talea::tests
