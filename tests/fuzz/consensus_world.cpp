#include "fuzz/consensus_world.hpp"

#include <algorithm>
#include <unordered_map>

#include "fuzz/memory.hpp"
#include "vm/base/check.hpp"

namespace talea::fuzz {
namespace {

using node::MessageCode;
using vm::check;

constexpr std::size_t inbox_max = 256;
constexpr std::size_t heard_max = 256;
constexpr std::size_t actions_max = 256;  ///< of one event
/// What a machine may take: two heights of at most 7 validators, small messages.
constexpr std::size_t machine_bytes_max = 256 * 1024;
constexpr std::size_t unstored_max = 16;
constexpr std::uint8_t invalid_bit = 0x80, set_bit = 0x40;

struct Signed {
    vm::Hash digest;
    node::Seal seal;
    friend bool operator==(const Signed&, const Signed&) = default;
};
struct SignedHasher {
    std::size_t operator()(const Signed& signed_hash) const noexcept {
        std::size_t low = 0;
        for (std::size_t i = 0; i < 8; ++i) low = low << 8 | signed_hash.seal[i];
        return vm::HashHasher{}(signed_hash.digest) * 31 + low;
    }
};

constexpr std::size_t remembered_max = 400'000;

std::uint8_t salt_of(const vm::Header& header) {
    return header.extra_data.empty() ? std::uint8_t{0} : header.extra_data[0];
}

/// The keys of all worlds, ascending by address.
const std::vector<vm::PrivateKey>& keys() {
    static const auto made = [] {
        std::vector<vm::PrivateKey> all(8);
        for (std::size_t i = 0; i < all.size(); ++i) all[i].secret.bytes[31] = static_cast<std::uint8_t>(i + 1);
        std::ranges::sort(all, {}, [](const auto& key) { return vm::address_of(key); });
        return all;
    }();
    return made;
}

vm::Hash digest_of(const node::Message& message, const node::SigningDomain& domain) {
    if (const auto* proposal = std::get_if<node::Proposal>(&message))
        return node::proposal_digest(domain,
                                     {proposal->header.number, proposal->round, vm::header_hash(proposal->header)},
                                     proposal->transactions);
    if (const auto* prepare = std::get_if<node::Prepare>(&message))
        return node::vote_digest(MessageCode::prepare, domain, prepare->subject);
    if (const auto* commit = std::get_if<node::Commit>(&message))
        return node::vote_digest(MessageCode::commit, domain, commit->subject);
    const auto& change = std::get<node::RoundChange>(message);
    return node::round_change_digest(domain, change.number, change.round, change.claim.prepared);
}

const vm::Hash genesis_hash{{0x11}};

}  // namespace

std::optional<vm::Address> RememberedSignatures::signer(const vm::Hash& digest, const node::Seal& seal) const {
    static std::unordered_map<Signed, std::optional<vm::Address>, SignedHasher> known;
    if (known.size() >= remembered_max) known.clear();
    const auto [at, is_new] = known.try_emplace({digest, seal});
    if (is_new) at->second = node::plain_signatures().signer(digest, seal);
    return at->second;
}

node::Seal RememberingSigner::sign(const vm::Hash& digest) const {
    static std::map<vm::Address, std::unordered_map<vm::Hash, node::Seal, vm::HashHasher>> known;
    auto& seals = known[address()];
    if (seals.size() >= remembered_max / 8) seals.clear();
    const auto [at, is_new] = seals.try_emplace(digest);
    if (is_new) at->second = signer_.sign(digest);
    return at->second;
}

ConsensusWorld::ConsensusWorld(std::size_t validators, std::size_t liars, bool sets_change)
    : liars_(liars), sets_change_(sets_change), nodes_(validators - liars) {
    check(validators <= keys().size() && liars < validators, "a world has keys for all, and somebody honest");
    for (std::size_t i = 0; i < validators; ++i) signers_.emplace_back(keys()[i]);
    for (const auto& signer : signers_) validators_.push_back(signer.address());
    node::FinalBlock genesis;
    genesis.hash = genesis_hash;
    genesis.next_validators = validators_;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        nodes_[i].signer = &signers_[i];
        nodes_[i].chain.push_back(genesis);
        start(nodes_[i], node::JournalStatus::sound);
    }
    for (auto& node : nodes_)
        for (const auto& peer : validators_)
            if (is_connected(node, peer)) feed(node, node::PeerConnected{peer});
}

ConsensusWorld::~ConsensusWorld() = default;

// ---- What may happen ----

void ConsensusWorld::deliver(std::size_t at, std::size_t which, bool keep) {
    Node& node = nodes_[at];
    if (node.inbox.empty()) return;
    const auto place = node.inbox.begin() + static_cast<std::ptrdiff_t>(which % node.inbox.size());
    const node::MessageReceived event{*place};
    if (!keep) node.inbox.erase(place);
    feed(node, event);
}

void ConsensusWorld::lose(std::size_t at, std::size_t which) {
    auto& inbox = nodes_[at].inbox;
    if (!inbox.empty()) inbox.erase(inbox.begin() + static_cast<std::ptrdiff_t>(which % inbox.size()));
}

void ConsensusWorld::complete(std::size_t at, std::size_t which) {
    Node& node = nodes_[at];
    if (node.completions.empty()) return;
    const auto place = node.completions.begin() + static_cast<std::ptrdiff_t>(which % node.completions.size());
    const node::Event event = *place;
    node.completions.erase(place);
    feed(node, event);
}

void ConsensusWorld::sync(std::size_t at, std::size_t records) {
    Node& node = nodes_[at];
    std::uint64_t token = 0;
    for (; records > 0 && !node.written.empty(); --records) {
        token = node.written.front().first;
        node.durable.push_back(std::move(node.written.front().second));
        node.written.pop_front();
    }
    if (token != 0) feed(node, node::Persisted{token});
}

void ConsensusWorld::store_blocks(std::size_t at) {
    Node& node = nodes_[at];
    node.stored = node.chain.size();
    feed(node, node::BlockSynced{node.chain.back().header.number});
}

void ConsensusWorld::give_work(std::size_t at) {
    nodes_[at].has_work = true;
    feed(nodes_[at], node::WorkPending{});
}

void ConsensusWorld::set_connection(std::size_t at, std::size_t peer, bool up) {
    Node& node = nodes_[at];
    const auto other = validators_[peer % validators_.size()];
    if (other == node.signer->address()) return;
    for (const auto& link : {std::pair(node.signer->address(), other), std::pair(other, node.signer->address())}) {
        if (up)
            cut_.erase(link);
        else
            cut_.insert(link);
        if (Node* end = find(link.first)) {
            if (up)
                feed(*end, node::PeerConnected{link.second});
            else
                feed(*end, node::PeerDisconnected{link.second});
        }
    }
}

void ConsensusWorld::import_blocks(std::size_t at, std::size_t from, std::size_t count) {
    Node& node = nodes_[at];
    const auto& chain = nodes_[from % nodes_.size()].chain;
    bool moved = false;
    for (; count > 0 && node.chain.size() < chain.size(); --count, moved = true)
        node.chain.push_back(chain[node.chain.size()]);
    if (moved) feed(node, node::BlockApplied{node.chain.back()});
}

void ConsensusWorld::restart(std::size_t at, bool wiped) {
    Node& node = nodes_[at];
    if (wiped) {
        auto without = liars_;
        for (const auto& other : nodes_)
            if (&other != &node && other.lost_memory) ++without;
        if (without < (validators_.size() - 1) / 3) {
            node.durable.clear();
            node.stored = 1;
            node.lost_memory = true;
        }
    }
    node.machine.reset();
    node.chain.resize(node.stored);
    node.written.clear();
    node.inbox.clear();
    node.completions.clear();
    start(node, is_lost(node) ? node::JournalStatus::lost : node::JournalStatus::sound);
    for (const auto& peer : validators_) {
        if (!is_connected(node, peer)) continue;
        feed(node, node::PeerConnected{peer});
        if (Node* other = find(peer)) {
            feed(*other, node::PeerDisconnected{node.signer->address()});
            feed(*other, node::PeerConnected{node.signer->address()});
        }
    }
}

void ConsensusWorld::pass_time(std::uint64_t ms) {
    now_ = node::after(now_, ms);
    for (auto& node : nodes_) {
        if (!node.timer || *node.timer > now_) continue;
        node.timer.reset();
        feed(node, node::TimerExpired{});
    }
}

void ConsensusWorld::calm(std::size_t events) {
    for (bool moved = true; moved && events > 0;) {
        moved = false;
        for (std::size_t at = 0; at < nodes_.size() && events > 0; ++at) {
            const Node& node = nodes_[at];
            if (node.completions.empty() && node.written.empty() && node.inbox.empty()) continue;
            moved = true;
            --events;
            if (!node.completions.empty())
                complete(at, 0);
            else if (!node.written.empty())
                sync(at, node.written.size());
            else
                deliver(at, 0, false);
        }
    }
}

void ConsensusWorld::say(std::size_t at, const node::Message& message) {
    feed(nodes_[at], node::MessageReceived{message});
}

vm::Hash ConsensusWorld::add_block(const vm::Header& header) {
    const auto hash = vm::header_hash(header);
    if (blocks_.emplace(hash, header).second) order_.push_back(header);
    return hash;
}

void ConsensusWorld::end() {
    for (auto& node : nodes_) {
        const auto before = allocated_bytes();
        node.machine.reset();
        check(before - allocated_bytes() <= machine_bytes_max, "a machine's memory is bounded");
    }
}

// ---- The honest machines, and what is claimed of them ----

void ConsensusWorld::start(Node& node, node::JournalStatus status) {
    node::ConsensusOptions options;
    static const RememberedSignatures signatures;
    options.genesis_hash = genesis_hash;
    options.signer = node.signer;
    options.signatures = &signatures;
    options.journal = status;
    options.journal_state = node::summarise(node.durable);
    options.start_nonce = ++nonce_;
    node.timer.reset();
    node.last_token = 0;
    node.machine.emplace(std::move(options), node.chain.back());
    perform(node, node.machine->start(clock()));
    if (node.has_work) feed(node, node::WorkPending{});
}

void ConsensusWorld::feed(Node& node, const node::Event& event) {
    perform(node, node.machine->step(event, clock()));
    // No store is long behind, so what a journal says of heights above it is little, too.
    if (node.chain.size() > node.stored + unstored_max) {
        node.stored = node.chain.size();
        perform(node, node.machine->step(node::BlockSynced{node.chain.back().header.number}, clock()));
    }
    if (node.lost_memory && node.machine->why().signs) node.lost_memory = false;
}

void ConsensusWorld::perform(Node& node, std::vector<node::Action> actions) {
    check(actions.size() <= actions_max, "an event leads to few actions");
    for (const auto& action : actions) {
        if (const auto* broadcast = std::get_if<node::Broadcast>(&action)) {
            send(node, broadcast->message, broadcast->to);
        } else if (const auto* single = std::get_if<node::SendTo>(&action)) {
            send(node, single->message, {single->to});
        } else if (const auto* persist = std::get_if<node::Persist>(&action)) {
            order(node, *persist);
        } else if (const auto* fetch = std::get_if<node::FetchBlock>(&action)) {
            order(node, *fetch);
        } else if (const auto* execute = std::get_if<node::Execute>(&action)) {
            order(node, *execute);
        } else if (const auto* build = std::get_if<node::Build>(&action)) {
            order(node, *build);
        } else if (const auto* final = std::get_if<node::Finalise>(&action)) {
            order(node, *final);
        } else if (const auto* drop = std::get_if<node::DropJournal>(&action)) {
            // A lost journal begins anew with the record that ends the quarantine, and with no other
            // (journal_file.hpp).
            if (!is_lost(node)) node.durable = node::compact(node.durable, next(drop->number));
        } else if (const auto* timer = std::get_if<node::SetTimer>(&action)) {
            check(!timer->at || *timer->at > now_, "a timer is set into the future");
            node.timer = timer->at;
        } else if (const auto* keep = std::get_if<node::KeepBody>(&action)) {
            const auto block = blocks_.find(keep->hash);
            check(block != blocks_.end() && block->second.number == keep->number, "a body that is kept was here");
        }
        check(!std::holds_alternative<node::Halt>(action), "no machine stops while no more than f lie");
    }
}

void ConsensusWorld::order(Node& node, const node::Persist& order) {
    check(order.token > node.last_token, "tokens grow");
    node.last_token = order.token;
    node.written.emplace_back(order.token, order.record);
}

void ConsensusWorld::order(Node& node, const node::FetchBlock& order) {
    if (const auto block = blocks_.find(order.hash); block != blocks_.end() && node.completions.size() < inbox_max)
        node.completions.push_back(node::BlockAvailable{block->second, {}});
}

void ConsensusWorld::order(Node& node, const node::Execute& order) {
    const auto& header = blocks_.at(order.hash);
    check(header.number == order.number && header.parent_hash == node.chain.back().hash,
          "what is executed stands on the head");
    node::Executed done{order.number, order.hash, facts(header)};
    if ((salt_of(header) & invalid_bit) != 0) done.outcome = std::unexpected("it breaks a rule");
    node.completions.push_back(std::move(done));
}

void ConsensusWorld::order(Node& node, const node::Build& order) {
    if (!order.even_empty && !node.has_work) {
        node.completions.push_back(node::NothingToBuild{order.number, order.round, false});
        return;
    }
    vm::Header header;
    header.number = order.number;
    header.parent_hash = node.chain.back().hash;
    header.beneficiary = node.signer->address();
    header.timestamp = std::max(clock().clock, node.chain.back().header.timestamp);
    header.extra_data = {static_cast<std::uint8_t>(salt & ~invalid_bit), static_cast<std::uint8_t>(order.round)};
    add_block(header);
    node.completions.push_back(node::Built{order.round, header, {}, facts(header)});
}

void ConsensusWorld::order(Node& node, const node::Finalise& order) {
    const auto& head = node.chain.back();
    check(order.number == next(head.header.number), "heights are finalised one after the other");
    const auto& header = blocks_.at(order.hash);
    check(header.parent_hash == head.hash && (salt_of(header) & invalid_bit) == 0, "what is final is valid");
    const node::SealedBlock sealed{genesis_hash, 0, order.number, order.certificate.round, order.hash};
    check(node::verify_certificate(order.certificate, sealed, head.next_validators, RememberedSignatures{}).has_value(),
          "a final block has its certificate");
    const auto [known, is_new] = final_.emplace(order.number.value, order.hash);
    check(known->second == order.hash, "one block is final at a number");
    const auto after = facts(header);
    node.chain.push_back(
        {header, order.hash, head.next_validators, after.next_validators, 0, after.next_is_due, after.execution_ms});
    if (node.has_work) node.completions.push_back(node::WorkPending{});
}

node::ExecutedBlockFacts ConsensusWorld::facts(const vm::Header& header) const {
    const auto salted = salt_of(header);
    if (!sets_change_ || (salted & set_bit) == 0 || validators_.size() == 1) return {validators_, false, salted % 16U};
    auto fewer = validators_;
    fewer.erase(fewer.begin() + salted % static_cast<std::ptrdiff_t>(fewer.size()));
    return {std::move(fewer), true, 0};
}

void ConsensusWorld::send(Node& node, const node::Message& message, const std::vector<vm::Address>& to) {
    const auto encoded = node::encode_message(message);
    check(node::decode_message(encoded) == message, "a message of ours is read as it was written");
    audit(node, message);
    heard_.push_back(message);
    if (heard_.size() > heard_max) heard_.pop_front();
    for (const auto& address : to)
        if (Node* other = find(address); other != nullptr && is_connected(node, address)) {
            other->inbox.push_back(message);
            if (other->inbox.size() > inbox_max) other->inbox.pop_front();
        }
}

/// Held against all lives of its author, and against what a power cut would leave of its journal.
void ConsensusWorld::audit(Node& node, const node::Message& message) {
    const auto view = node::view_of(message);
    if (!view) return;
    const auto digest = digest_of(message, {genesis_hash, 0});
    const auto seal = std::visit(
        [](const auto& any) {
            if constexpr (requires { any.claim; })
                return any.claim.signature;
            else
                return any.signature;
        },
        message);
    // A machine may show what it holds of somebody else.
    if (RememberedSignatures{}.signer(digest, seal) != node.signer->address()) return;
    const auto code = node::code_of(message);
    check(has_entered(node, *view), "a round is durable before anything is sent in it");
    const auto [said, is_new] = node.said.try_emplace({view->number.value, view->round, code}, digest);
    check(said->second == digest, "one digest is signed for a number, round and type, over all lives");
    auto& left_below = node.left_rounds_below[view->number.value];
    if (code == MessageCode::round_change)
        left_below = std::max(left_below, view->round);
    else
        check(!is_new || view->round >= left_below, "nothing new is signed in a round that was left");
    if (code == MessageCode::commit && is_new)
        check(has_lock(node, *view, std::get<node::Commit>(message).subject.hash), "a lock is durable before COMMIT");
}

bool ConsensusWorld::is_lost(const Node& node) {
    return node.lost_memory && node.durable.empty();
}

bool ConsensusWorld::has_entered(const Node& node, const node::View& view) const {
    return std::ranges::any_of(node.durable, [&](const auto& record) {
        if (const auto* enter = std::get_if<node::EnterRecord>(&record))
            return enter->view.number == view.number && enter->view.round >= view.round;
        const auto* lock = std::get_if<node::LockRecord>(&record);
        if (lock == nullptr) return false;
        if (lock->view.number == view.number) return lock->view.round >= view.round;
        return view.round == 0 && next(lock->view.number) == view.number;
    });
}

bool ConsensusWorld::has_lock(const Node& node, const node::View& view, const vm::Hash& hash) const {
    return std::ranges::any_of(node.durable, [&](const auto& record) {
        const auto* lock = std::get_if<node::LockRecord>(&record);
        return lock != nullptr && lock->view == view && vm::header_hash(lock->header) == hash;
    });
}

bool ConsensusWorld::is_connected(const Node& node, const vm::Address& peer) const {
    return peer != node.signer->address() && !cut_.contains({node.signer->address(), peer});
}

ConsensusWorld::Node* ConsensusWorld::find(const vm::Address& address) {
    const auto at = std::ranges::find_if(nodes_, [&](const Node& node) { return node.signer->address() == address; });
    return at == nodes_.end() ? nullptr : &*at;
}

}  // namespace talea::fuzz
