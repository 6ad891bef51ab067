// The step function of consensus: a network of which the input decides the order of events, what is lost, who crashes
// when, and what up to f liars say with real keys. The claims are consensus_world.hpp's.
#include <algorithm>

#include "fuzz/consensus_world.hpp"
#include "fuzz/target.hpp"
#include "node/consensus/certificate.hpp"
#include "node/consensus/proposer.hpp"

using namespace talea;
using fuzz::ConsensusWorld;
using node::MessageCode;

namespace {

constexpr std::size_t calm_events = 200;
constexpr std::size_t events_max = 200;

/// Makes messages of one liar: mostly right ones, for what is going on at honest machine `at`.
class Liar {
  public:
    Liar(ConsensusWorld& world, fuzz::Input& input, std::size_t at, const fuzz::RememberingSigner& signer)
        : world_(world), input_(input), head_(world.head(at)), why_(world.why(at)), signer_(signer) {
        switch (input_.below(24)) {
            case 0:
                domain_.instance = 1;
                break;
            case 1:
                domain_.genesis_hash = {{0x22}};
                break;
            case 2:
                number_ = next(number_);
                break;
            case 3:
                number_ = head_.header.number;
                break;
            default:
                break;
        }
        const auto drawn = input_.byte();
        round_ = drawn < 128 ? why_.round : drawn < 224 ? why_.round + 1 + drawn % 3 : drawn % 8;
    }

    node::Message message() {
        switch (input_.below(8)) {
            case 0:
            case 1:
                return proposal();
            case 2:
                return vote<node::Prepare>(MessageCode::prepare);
            case 3:
                return vote<node::Commit>(MessageCode::commit);
            case 4:
            case 5:
                return round_change();
            case 6: {
                node::HeightQuery query{input_.below(8), {}};
                query.signature = sign(node::height_query_digest(domain_, query.nonce));
                return query;
            }
            default: {
                node::HeightClaim claim{why_.validators[input_.below(why_.validators.size())].address,
                                        input_.below(8),
                                        {head_.header.number.value + input_.below(3)},
                                        {}};
                claim.signature = sign(node::height_claim_digest(domain_, claim));
                return claim;
            }
        }
    }

  private:
    node::Seal sign(const vm::Hash& digest) {
        auto seal = signer_.sign(digest);
        if (const auto spoiled = input_.byte(); spoiled >= 250) seal[spoiled % seal.size()] ^= input_.byte();
        return seal;
    }

    /// One that is known, or one of its own on the head.
    vm::Header block() {
        const auto drawn = input_.byte();
        const auto& known = world_.blocks();
        if (drawn < 128 && !known.empty())
            return known[known.size() - 1 - drawn % std::min<std::size_t>(known.size(), 8)];
        vm::Header header;
        header.number = number_;
        header.parent_hash = head_.hash;
        header.beneficiary = drawn % 8 == 0 ? why_.validators[0].address : signer_.address();
        header.timestamp = {world_.clock().clock.seconds + drawn % 5 - 2};
        header.extra_data = {input_.byte()};
        if (drawn % 16 != 1) world_.add_block(header);  // else nobody ever gets it
        return header;
    }

    template <class Vote>
    node::Message vote(MessageCode code) {
        const node::VoteSubject subject{number_, round_, vm::header_hash(block())};
        return Vote{subject, sign(node::vote_digest(code, domain_, subject))};
    }

    /// Of the honest who prepared it, and its own as often as asked.
    std::vector<node::Seal> prepares(const node::VoteSubject& subject) {
        std::vector<node::Seal> seals;
        for (const auto& heard : world_.heard())
            if (const auto* prepare = std::get_if<node::Prepare>(&heard);
                prepare != nullptr && prepare->subject == subject)
                seals.push_back(prepare->signature);
        for (auto own = 1 + input_.below(4); own > 0; --own)
            seals.push_back(sign(node::vote_digest(MessageCode::prepare, domain_, subject)));
        return seals;
    }
    std::optional<node::PreparedClaim> prepared(const vm::Header& header) {
        const auto drawn = input_.byte();
        if (drawn < 100) return {};
        const auto below = drawn % 4 == 0 ? round_ : round_ > 0 ? (drawn % 4 == 1 ? 0 : round_ - 1) : 0;
        return node::PreparedClaim{below, vm::header_hash(header)};
    }

    node::Message round_change() {
        const auto header = block();
        node::RoundChange change{number_, round_, {prepared(header), {}}, {}};
        change.claim.signature =
            sign(node::round_change_digest(domain_, change.number, change.round, change.claim.prepared));
        if (const auto& claim = change.claim.prepared)
            change.certificate =
                node::PreparedCertificate{header, prepares({change.number, claim->round, claim->hash})};
        return change;
    }

    node::Message proposal() {
        // As the proposer of the round it is in most of the time, where it can be.
        const auto header = block();
        node::Proposal made{round_, header, {}, {}, {}, {}};
        made.signature = sign(node::proposal_digest(domain_, {header.number, round_, vm::header_hash(header)}, {}));
        if (round_ == 0 && input_.below(16) != 0) return made;
        for (const auto& heard : world_.heard())
            if (const auto* change = std::get_if<node::RoundChange>(&heard);
                change != nullptr && change->number == number_ && change->round == round_ && input_.below(8) != 0)
                made.round_changes.push_back(change->claim);
        const auto own_claim = prepared(header);
        for (auto own = input_.below(4); own > 0; --own)
            made.round_changes.push_back(
                {own_claim, sign(node::round_change_digest(domain_, number_, round_, own_claim))});
        std::optional<node::PreparedClaim> highest;
        for (const auto& claim : made.round_changes)
            if (claim.prepared && (!highest || highest->round < claim.prepared->round)) highest = claim.prepared;
        if (highest) made.prepares = prepares({number_, highest->round, highest->hash});
        return made;
    }

    ConsensusWorld& world_;
    fuzz::Input& input_;
    const node::FinalBlock& head_;
    node::Why why_;
    const fuzz::RememberingSigner& signer_;
    node::SigningDomain domain_{{{0x11}}, 0};
    vm::BlockNumber number_ = next(head_.header.number);
    std::uint64_t round_ = 0;
};

void lie(ConsensusWorld& world, fuzz::Input& input, std::size_t at) {
    const auto liars = world.signers().size() - world.honest();
    if (liars == 0) return;
    const auto& signer = world.signers()[world.honest() + input.below(liars)];
    const auto message = Liar(world, input, at, signer).message();
    const auto encoded = node::encode_message(message);
    if (const auto decoded = node::decode_message(encoded); decoded && *decoded == message) {
        const auto to = input.byte();
        for (std::size_t i = 0; i < world.honest(); ++i)
            if (i == at || (to >> i & 1) != 0) world.say(i, message);
    }
}

void run(vm::BytesView bytes) {
    static constexpr std::uint8_t sizes[] = {4, 4, 4, 4, 1, 2, 5, 7};
    static constexpr std::uint64_t waits[] = {1, 3, 10, 60, 200, 300, 1'000, 30'000};
    fuzz::Input input(bytes);
    const std::size_t validators = sizes[input.below(8)];
    const auto lying = input.byte();
    const auto liars = lying % ((validators - 1) / 3 + 1);
    ConsensusWorld world(validators, liars, liars == 0 && lying >= 128);
    for (std::size_t event = 0; event < events_max && !input.at_end(); ++event) {
        const auto kind = input.byte();
        const auto at = kind / 16U % world.honest();
        switch (kind % 16) {
            case 0:
                world.calm(calm_events);
                break;
            case 1:
                world.calm(input.below(40));
                break;
            case 2:
                world.deliver(at, 0, false);
                break;
            case 3:
                world.deliver(at, input.byte(), kind >= 128);
                break;
            case 4:
                world.lose(at, input.byte());
                break;
            case 5:
                world.complete(at, input.below(4));
                break;
            case 6:
                world.sync(at, 1 + input.below(3));
                break;
            case 7:
                world.pass_time(waits[input.below(8)]);
                break;
            case 8:
                world.salt = input.byte();
                world.give_work(at);
                break;
            case 9: {
                const auto peer = input.below(8);
                world.set_connection(at, peer, input.below(3) != 0);
                break;
            }
            case 10:
                world.restart(at, input.below(4) == 0);
                break;
            case 11:
                if (input.below(2) == 0) {
                    world.store_blocks(at);
                } else {
                    const auto from = input.below(8);
                    world.import_blocks(at, from, 1 + input.below(3));
                }
                break;
            case 12:
                if (const auto& heard = world.heard(); !heard.empty()) {
                    const auto message = heard[heard.size() - 1 - input.byte() % heard.size()];
                    world.say(at, message);
                }
                break;
            default:
                lie(world, input, at);
        }
        static_cast<void>(world.why(at));
    }
    world.end();
}

const fuzz::Target target{"consensus", 600, run};

}  // namespace
