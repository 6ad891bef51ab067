#include "sim/checker.hpp"

#include <algorithm>
#include <set>

#include "vm/base/hex.hpp"
#include "vm/chain/block.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/crypto/secp256k1.hpp"
#include "vm/native/addresses.hpp"
#include "vm/rlp/encode.hpp"

namespace talea::sim {
namespace {

/// node/CHAIN.md, "Certificate".
vm::Hash seal_digest_by_the_document(const vm::Hash& genesis, std::uint64_t instance, vm::BlockNumber number,
                                     std::uint64_t round, const vm::Hash& block) {
    vm::Bytes domain = vm::to_bytes(vm::view(genesis));
    for (int shift = 56; shift >= 0; shift -= 8) domain.push_back(static_cast<std::uint8_t>(instance >> shift));
    vm::Bytes encoded;
    vm::rlp::List list(encoded);
    vm::rlp::encode(encoded, std::uint64_t{0x14});
    vm::rlp::encode(encoded, vm::keccak256(domain));
    vm::rlp::encode(encoded, number.value);
    vm::rlp::encode(encoded, round);
    vm::rlp::encode(encoded, block);
    list.close();
    return vm::keccak256(encoded);
}

vm::Hash hash_of_text(std::string_view text) {
    return vm::keccak256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

}  // namespace

bool DurableJournal::has_entered(std::uint64_t instance, const node::View& view) const {
    return std::ranges::any_of(entries, [&](const Entry& entry) {
        if (entry.end > durable_bytes) return false;
        if (const auto* enter = std::get_if<node::EnterRecord>(&entry.record))
            return enter->instance == instance && enter->view.number == view.number && enter->view.round >= view.round;
        if (const auto* lock = std::get_if<node::LockRecord>(&entry.record)) {
            if (lock->instance != instance) return false;
            if (lock->view.number == view.number) return lock->view.round >= view.round;
            return view.round == 0 && next(lock->view.number) == view.number;
        }
        return false;
    });
}

bool DurableJournal::has_lock(std::uint64_t instance, const node::View& view, const vm::Hash& block) const {
    return std::ranges::any_of(entries, [&](const Entry& entry) {
        const auto* lock = std::get_if<node::LockRecord>(&entry.record);
        return lock != nullptr && entry.end <= durable_bytes && lock->instance == instance && lock->view == view &&
               vm::header_hash(lock->header) == block;
    });
}

vm::BlockNumber DurableJournal::sign_from(std::uint64_t instance) const {
    const node::RejoinRecord* latest = nullptr;
    for (const auto& entry : entries) {
        const auto* rejoin = std::get_if<node::RejoinRecord>(&entry.record);
        if (rejoin == nullptr || entry.end > durable_bytes) continue;
        if (latest == nullptr || latest->instance <= rejoin->instance) latest = rejoin;
    }
    return latest == nullptr || latest->instance < instance ? vm::BlockNumber{} : latest->sign_from;
}

Checker::Checker(Beginning genesis) : genesis_hash_(genesis.hash), roles_(std::move(genesis.roles)) {
    validators_.insert(genesis.validators.begin(), genesis.validators.end());
    finals_[{0}] = {genesis.hash, genesis.time, {}, std::move(genesis.validators), 0};
}

std::optional<vm::Hash> Checker::hash_of(vm::BlockNumber number) const {
    const auto found = finals_.find(number);
    if (found == finals_.end()) return std::nullopt;
    return found->second.hash;
}

void Checker::finalised(std::size_t node, const FinalRecord& record, std::span<const vm::Receipt> receipts,
                        const std::vector<vm::Address>& validators, const std::vector<vm::Address>& next_validators) {
    const vm::Header& header = record.block->header;
    const auto number = header.number;
    if (vm::receipts_root(receipts) != header.receipts_root)
        fail("n{} has other receipts of block {} than its header", node, number.value);
    if (vm::header_hash(header) != record.hash) fail("n{} shows block {} under a wrong hash", node, number.value);
    check_certificate(node, record, validators);
    if (const auto known = finals_.find(number); known != finals_.end()) {
        if (known->second.hash != record.hash)
            fail("two blocks are final at {}: {} and, at n{}, {}", number.value, vm::to_hex(known->second.hash), node,
                 vm::to_hex(record.hash));
        if (known->second.validators != validators || known->second.next_validators != next_validators)
            fail("n{} has other validators of block {}", node, number.value);
        if (known->second.instance != record.certificate.instance)
            fail("block {} is final in two instances", number.value);
        return;
    }
    const auto parent = finals_.find({number.value - 1});
    if (parent == finals_.end() || parent->second.hash != header.parent_hash)
        fail("block {} at n{} does not stand on the final block below it", number.value, node);
    else if (parent->second.timestamp > header.timestamp)
        fail("the timestamp falls at block {}", number.value);
    else if (validators_after(parent->first) != validators)
        fail("block {} at n{} is not made by the validators its parent's state or a checkpoint names", number.value,
             node);
    for (const auto& transaction : record.block->transactions)
        if (const auto [place, is_new] = places_.emplace(transaction.hash, number); !is_new)
            fail("a transaction stands in block {} and again in {}", place->second.value, number.value);
    if (number == next(highest_)) follow_permissions(record, receipts, next_validators);
    finals_[number] = {record.hash, header.timestamp, validators, next_validators, record.certificate.instance};
    highest_ = std::max(highest_, number);
}

void Checker::follow_permissions(const FinalRecord& record, std::span<const vm::Receipt> receipts,
                                 const std::vector<vm::Address>& next_validators) {
    static const vm::Hash roles_changed = hash_of_text("RolesChanged(address,uint256,address)");
    static const vm::Hash added = hash_of_text("ValidatorAdded(address,address)");
    static const vm::Hash removed = hash_of_text("ValidatorRemoved(address,address)");
    // ADMIN and NETWORK imply TRANSACT (DESIGN 5).
    constexpr std::uint64_t sends = 1 | 2 | 8, deploys = 16;
    if (const auto named = recovered_.find(highest_); named != recovered_.end())
        validators_ = {named->second.begin(), named->second.end()};
    const auto& transactions = record.block->transactions;
    for (std::size_t i = 0; i < transactions.size(); ++i) {
        const std::uint64_t roles = roles_[transactions[i].sender];
        if ((roles & sends) == 0 || (!transactions[i].tx.to && (roles & deploys) == 0))
            fail("transaction {} of block {} is of a sender that may not send it", i,
                 record.block->header.number.value);
        for (const auto& log : receipts[i].logs) {
            if (log.address != vm::permissions_address || log.topics.size() < 2) continue;
            const auto who = vm::to_address(vm::u256::from_be_bytes(log.topics[1].bytes));
            if (log.topics[0] == roles_changed) roles_[who] = vm::u256::from_be_bytes(log.data).low_u64();
            if (log.topics[0] == added) validators_.insert(who);
            if (log.topics[0] == removed) validators_.erase(who);
        }
    }
    if (!std::ranges::equal(validators_, next_validators))
        fail("after block {} other validators are due than its events say", record.block->header.number.value);
}

void Checker::check_certificate(std::size_t node, const FinalRecord& record,
                                const std::vector<vm::Address>& validators) {
    const auto& certificate = record.certificate;
    const auto number = record.block->header.number;
    const vm::Hash digest =
        seal_digest_by_the_document(genesis_hash_, certificate.instance, number, certificate.round, record.hash);
    std::set<vm::Address> signers;
    for (const auto& seal : certificate.seals) {
        auto known = seals_.find({digest, seal});
        if (known == seals_.end()) {
            vm::Signature signature;
            signature.r = vm::u256::from_be_bytes(vm::BytesView(seal).subspan(0, 32));
            signature.s = vm::u256::from_be_bytes(vm::BytesView(seal).subspan(32, 32));
            signature.y_parity = seal[64];
            known = seals_.emplace(std::pair{digest, seal}, vm::recover_address(digest, signature)).first;
        }
        if (known->second && std::ranges::binary_search(validators, *known->second)) signers.insert(*known->second);
    }
    if (3 * signers.size() < 2 * validators.size())
        fail("block {} is final at n{} with seals of {} of {} validators", number.value, node, signers.size(),
             validators.size());
}

bool Checker::check_vote(std::size_t node, const char* type, std::map<std::uint64_t, vm::Hash>& votes,
                         const Signed& all, const node::VoteSubject& vote) {
    const auto [at, is_new] = votes.emplace(vote.round, vote.hash);
    if (!is_new) {
        if (at->second != vote.hash) fail("n{} signs a second {} of {}/{}", node, type, vote.number.value, vote.round);
        return false;
    }
    // A lock whose COMMIT a power cut came before is told by each round change since: the COMMIT may still follow.
    const auto tells = [&](const auto& change) {
        return &votes == &all.commits && change.second && change.second->round >= vote.round;
    };
    for (auto later = all.round_changes.upper_bound(vote.round); later != all.round_changes.end(); ++later)
        if (!tells(*later))
            fail("n{} signs a {} of {}/{} after a round change to {}", node, type, vote.number.value, vote.round,
                 later->first);
    return true;
}

void Checker::signed_message(std::size_t node, std::uint64_t instance, const node::Message& message,
                             const DurableJournal& journal) {
    if (const auto* claim = std::get_if<node::HeightClaim>(&message)) {
        if (const auto highest = committed_.find({node, instance});
            highest != committed_.end() && claim->number < highest->second)
            fail("n{} says that it works on {} and committed {}", node, claim->number.value, highest->second.value);
        return;
    }
    const auto view = node::view_of(message);
    if (!view) return;
    if (!journal.has_entered(instance, *view))
        fail("n{} sends in {}/{} before it is durable that it entered", node, view->number.value, view->round);
    if (view->number < journal.sign_from(instance))
        fail("n{} sends in {}/{} against what its journal says of a quarantine", node, view->number.value, view->round);
    Signed& all = signed_[{node, instance, view->number}];
    if (const auto* proposal = std::get_if<node::Proposal>(&message)) {
        check_vote(node, "PROPOSAL", all.proposals, all,
                   {view->number, view->round, vm::header_hash(proposal->header)});
    } else if (const auto* prepare = std::get_if<node::Prepare>(&message)) {
        check_vote(node, "PREPARE", all.prepares, all, prepare->subject);
    } else if (const auto* commit = std::get_if<node::Commit>(&message)) {
        auto& highest = committed_[{node, instance}];
        highest = std::max(highest, view->number);
        // Said again, it may rest on a later lock: a journal that is rewritten keeps the latest of a height.
        if (check_vote(node, "COMMIT", all.commits, all, commit->subject) &&
            !journal.has_lock(instance, *view, commit->subject.hash))
            fail("n{} sends COMMIT {}/{} before its lock is durable", node, view->number.value, view->round);
    } else if (const auto* change = std::get_if<node::RoundChange>(&message)) {
        const auto [at, is_new] = all.round_changes.emplace(change->round, change->claim.prepared);
        if (!is_new) {
            if (at->second != change->claim.prepared)
                fail("n{} signs a second ROUND CHANGE to {}/{}", node, view->number.value, view->round);
            return;
        }
        if (!all.commits.empty()) {
            const std::uint64_t locked = all.commits.rbegin()->first;
            if (locked < change->round && (!change->claim.prepared || change->claim.prepared->round < locked))
                fail("n{} goes to {}/{} and hides its lock of round {}", node, view->number.value, view->round, locked);
        }
    }
}

}  // namespace talea::sim
