#pragma once
#include "unit/node/consensus/network.hpp"

/// The step function one rule at a time, for unit tests: a machine among four, everything else said by the test.
namespace talea::tests::qbft {

/// The machine of one of four validators (by rank) at block 1, whose proposer in round r is validator r mod 4.
struct Bench {
    std::vector<vm::PrivateKey> keys = tests::keys(4);
    node::FinalBlock head = qbft::genesis(addresses(keys));
    std::size_t me;
    node::KeySigner signer;
    std::optional<node::Consensus> machine;
    node::SigningDomain domain{qbft::genesis_hash, 0};
    Instant now{1'000};
    std::vector<node::Action> all, last;

    explicit Bench(std::size_t rank, node::JournalState journal = {},
                   node::JournalStatus status = node::JournalStatus::sound)
        : me(rank), signer(keys[rank]) {
        node::ConsensusOptions options;
        options.genesis_hash = qbft::genesis_hash;
        options.signer = &signer;
        options.journal = status;
        options.journal_state = std::move(journal);
        options.start_nonce = 5;
        machine.emplace(std::move(options), head);
        take(machine->start({now, {1'001}}));
        for (std::size_t i = 0; i < 4; ++i)
            if (i != me) give(node::PeerConnected{address(i)});
    }
    [[nodiscard]] vm::Address address(std::size_t i) const { return vm::address_of(keys[i]); }
    void take(std::vector<node::Action> actions) {
        last = actions;
        for (auto& action : actions) all.push_back(std::move(action));
    }
    void give(const node::Event& event) { take(machine->step(event, {now, {now.ms / 1000}})); }
    void say(const node::Message& message) { give(node::MessageReceived{message}); }
    void wait(std::uint64_t ms) {
        now = node::after(now, ms);
        give(node::TimerExpired{});
    }
    /// All that was ordered to be durable is.
    void sync() {
        std::uint64_t token = 0;
        for (const auto& action : all)
            if (const auto* persist = std::get_if<node::Persist>(&action)) token = persist->token;
        give(node::Persisted{token});
    }
    template <class M>
    [[nodiscard]] std::vector<M> sent(const std::vector<node::Action>& in) const {
        std::vector<M> found;
        for (const auto& action : in)
            if (const auto* broadcast = std::get_if<node::Broadcast>(&action))
                if (const auto* message = std::get_if<M>(&broadcast->message)) found.push_back(*message);
        return found;
    }
    template <class A>
    [[nodiscard]] std::vector<A> ordered(const std::vector<node::Action>& in) const {
        std::vector<A> found;
        for (const auto& action : in)
            if (const auto* order = std::get_if<A>(&action)) found.push_back(*order);
        return found;
    }
    [[nodiscard]] int count(NoticeKind kind) const {
        const auto notices = ordered<node::Notice>(all);
        return static_cast<int>(std::ranges::count(notices, kind, &node::Notice::kind));
    }

    [[nodiscard]] vm::Header block(std::size_t by, std::uint8_t salt = 0) const {
        return qbft::make_header(head, address(by), {now.ms / 1000}, salt);
    }
    [[nodiscard]] node::Proposal proposal(std::size_t by, std::uint64_t round, const vm::Header& header,
                                          std::vector<node::RoundChangeClaim> claims = {},
                                          std::vector<node::Seal> prepares = {}) const {
        node::Proposal made{round, header, {}, {}, std::move(claims), std::move(prepares)};
        made.signature =
            node::make_seal(keys[by], node::proposal_digest(domain, {{1}, round, vm::header_hash(header)}, {}));
        return made;
    }
    [[nodiscard]] node::Prepare prepare(std::size_t by, std::uint64_t round, const vm::Header& header) const {
        const node::VoteSubject subject{{1}, round, vm::header_hash(header)};
        return {subject, node::make_seal(keys[by], node::vote_digest(node::MessageCode::prepare, domain, subject))};
    }
    [[nodiscard]] node::Commit commit(std::size_t by, std::uint64_t round, const vm::Header& header) const {
        const node::VoteSubject subject{{1}, round, vm::header_hash(header)};
        return {subject, node::make_seal(keys[by], node::vote_digest(node::MessageCode::commit, domain, subject))};
    }
    [[nodiscard]] node::RoundChange change(std::size_t by, std::uint64_t round,
                                           std::optional<std::pair<std::uint64_t, vm::Header>> lock = {}) const {
        node::RoundChange made{{1}, round, {}, {}};
        if (lock) {
            made.claim.prepared = node::PreparedClaim{lock->first, vm::header_hash(lock->second)};
            made.certificate = node::PreparedCertificate{lock->second, {}};
            for (std::size_t i = 0; i < 3; ++i)
                made.certificate->prepares.push_back(prepare(i, lock->first, lock->second).signature);
        }
        made.claim.signature =
            node::make_seal(keys[by], node::round_change_digest(domain, {1}, round, made.claim.prepared));
        return made;
    }
    /// Validator 0's block of round 0 came and is executed; the block.
    vm::Header take_proposal() {
        const auto header = block(0);
        sync();
        say(proposal(0, 0, header));
        execute(header);
        return header;
    }
    /// What `by` answers to this node's question where the others are.
    [[nodiscard]] node::HeightClaim claim(std::size_t by, std::uint64_t nonce, std::uint64_t number) const {
        node::HeightClaim made{address(me), nonce, {number}, {}};
        made.signature = node::make_seal(keys[by], node::height_claim_digest(domain, made));
        return made;
    }
    [[nodiscard]] std::vector<node::JournalRecord> written() const {
        std::vector<node::JournalRecord> records;
        for (const auto& persist : ordered<node::Persist>(all)) records.push_back(persist.record);
        return records;
    }
    /// The block is here, and executed as `outcome` says.
    void execute(const vm::Header& header, std::optional<std::string> broken = {}) {
        give(node::BlockAvailable{header, {}});
        node::Executed executed{{1}, vm::header_hash(header), node::ExecutedBlockFacts{head.next_validators, false, 0}};
        if (broken) executed.outcome = std::unexpected(*broken);
        give(executed);
    }
};

}  // namespace talea::tests::qbft
