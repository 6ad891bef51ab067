#include "node/core/node_core.hpp"

#include <algorithm>
#include <utility>

#include "node/core/serving.hpp"
#include "vm/base/check.hpp"

/// Events of the driver, and what the parts want of each other. What peers say is frames.cpp's.
namespace talea::node {
namespace {

/// What has waited behind a gap for long leaves the pool (Pool::expire).
constexpr std::uint64_t pool_expire_ms = 60'000;
/// One stall of a peer is seen by several parts, and by each as often as it asks.
constexpr std::uint64_t slow_again_ms = 1'000;
/// Imports until consensus is told: what came for it waits meanwhile.
constexpr std::size_t imports_in_row_max = 64;
/// With so many proved blocks before it, a node is behind; with fewer it keeps up, and its readers see each at once.
constexpr std::uint64_t far_behind_blocks = 64;

ConsensusOptions with_signatures(ConsensusOptions options, const Signatures& signatures) {
    options.signatures = &signatures;
    return options;
}

/// Who votes waits a moment for consensus to bring the next block; who follows has nothing else.
SyncPlanner::Settings sync_settings(bool votes) {
    SyncPlanner::Settings settings;
    if (!votes) settings.grace_ms = 0;
    return settings;
}

NodeCore::Frame frame_of(const wire::Message& message) {
    return std::make_shared<const vm::Bytes>(wire::encode_frame(message));
}

}  // namespace

NodeCore::NodeCore(CoreOptions options, Pool& pool)
    : genesis_hash_(options.consensus.genesis_hash),
      checkpoints_(std::move(options.checkpoints)),
      recovery_(std::move(options.recovery)),
      head_(with_checkpoints(std::move(options.head))),
      head_certificate_(std::move(options.head_certificate)),
      claim_{head(), head_.hash, head_certificate_},
      nodes_(std::move(options.nodes)),
      final_(head()),
      signatures_(*options.consensus.signatures),
      pool_(pool),
      admission_(options.own, std::move(options.bootnodes)),
      conduct_(options.conduct),
      links_({}),
      relay_(options.own, {}),
      gossip_({}),
      planner_(HeaderChain(genesis_hash_, {head_.header, head_.hash, head_.validators}, checkpoints_, signatures_),
               sync_settings(options.consensus.signer != nullptr)),
      bodies_(pool, std::move(options.bodies), {}),
      consensus_(with_signatures(std::move(options.consensus), signatures_), head_) {}

/// A checkpoint decides the set and the instance of the block after it, whatever the state says.
FinalBlock NodeCore::with_checkpoints(FinalBlock block) const {
    const auto child = next(block.header.number);
    block.next_instance = instance_of(child, checkpoints_);
    if (const auto* checkpoint = checkpoint_before(child, checkpoints_)) {
        block.next_validators = checkpoint->validators;
        block.next_is_due = true;
    }
    return block;
}

NodeCore::Actions NodeCore::start(Now now) {
    now_ = now;
    expire_at_ = after(now.at, pool_expire_ms);
    stand_on_head();
    dial();
    perform(consensus_.start(now));
    for (const auto& checkpoint : checkpoints_)
        if (checkpoint.number > head()) told_.emplace_back(node::CheckpointStored{checkpoint});
    if (pool_.has_candidates()) told_.emplace_back(WorkPending{});
    return finish();
}

NodeCore::Actions NodeCore::step(const Event& event, Now now) {
    vm::check(now.at >= now_.at, "the monotonic clock does not go back");
    now_ = now;
    if (halted_) return {};
    drain_pool();
    std::visit([this](const auto& happened) { handle(happened); }, event);
    return finish();
}

NodeCore::Actions NodeCore::finish() {
    if (imports_in_row_ < imports_in_row_max) import_next();
    if (!importing_ && imported_) {
        imports_in_row_ = 0;
        told_.emplace_front(BlockApplied{*std::exchange(imported_, {})});
        if (pool_.has_candidates()) told_.emplace_back(WorkPending{});
    }
    tell_consensus();
    if (!halted_) {
        import_next();
        set_timer();
    }
    return std::exchange(actions_, {});
}

void NodeCore::tell_consensus() {
    // A block under import is the driver's head before consensus knows of it.
    while (!told_.empty() && !importing_ && !halted_) {
        const auto event = std::move(told_.front());
        told_.pop_front();
        // Asked for and forgotten in one step: the block is not there any more.
        if (const auto* block = std::get_if<node::BlockAvailable>(&event))
            if (bodies_.find(vm::header_hash(block->header)) == nullptr) continue;
        perform(consensus_.step(event, now_));
    }
}

// ---- Events ---------------------------------------------------------------------------------------------------------

void NodeCore::handle(const Connected& event) {
    const auto& peer = event.peer;
    forget_peer(peer);  // a new connection ends the one before
    const auto role = role_of(peer, event.dialled);
    if (conduct_.banned_until(peer, now_.at)) return disconnect(peer, wire::Refusal::misconduct);
    if (role == Admission::Role::none) return disconnect(peer, wire::Refusal::not_admitted);
    if (peers_.size() >= limits::peers_max) return disconnect(peer, wire::Refusal::too_many);
    const bool votes = role == Admission::Role::validator;
    peers_[peer] = {event.dialled, role, {}};
    connected_.insert(peer);
    relay_.connected(peer);
    perform(links_.connected(peer, votes, now_.at));
    for (const auto& checkpoint : checkpoints_) send(peer, wire::Checkpoint{encode_checkpoint(checkpoint)});
    perform(gossip_.connected(peer, votes, now_.at));
    perform(planner_.connected(peer, now_.at));
}

void NodeCore::handle(const Gone& event) {
    forget_peer(event.peer);
}

void NodeCore::handle(const TransactionsTaken& event) {
    for (const auto& [hash, intake, transaction] : event.transactions) {
        taking_.erase(hash);
        if (transaction) perform(bodies_.came(transaction));
        if (intake == Intake::taken) continue;
        gossip_.refused(hash, now_.at);
        if (intake == Intake::bad_signature) blame(event.from, Misdeed::bad_signature);
        if (intake == Intake::malformed) blame(event.from, Misdeed::malformed);
    }
}

void NodeCore::handle(const Applied& event) {
    const auto number = event.block.header.number;
    const bool imported = importing_ == number;
    vm::check(number == next(head()), "blocks are applied one after another");
    vm::check(imported || number <= final_, "a block is applied when it is final");
    const bool shown = !imported || !import_waits_;
    if (imported) importing_.reset();
    final_ = std::max(final_, number);
    head_ = with_checkpoints(event.block);
    nodes_ = event.nodes;
    head_certificate_ = std::move(certificates_[number]);
    certificates_.erase(certificates_.begin(), certificates_.upper_bound(number));
    bodies_.left(number);

    final_transactions_.clear();
    if (const auto content = contents_.find(event.block.hash); content != contents_.end()) {
        for (const auto& hash : content->second.transactions) gossip_.removed(hash, true, now_.at);
        final_transactions_.insert(content->second.transactions.begin(), content->second.transactions.end());
    }
    std::erase_if(contents_, [&](const auto& entry) { return entry.second.number <= number; });
    drain_pool();

    if (imported) {
        // As the driver tells it: a checkpoint that consensus was told of is for it to apply.
        imported_ = event.block;
        imported_->next_instance = instance_of(number, checkpoints_);
        ++imports_in_row_;
    } else if (pool_.has_candidates()) {
        told_.emplace_back(WorkPending{});
    }
    stand_on_head();
    perform(planner_.head_moved({head_.header, head_.hash, head_.validators}, now_.at));
    if (shown) claim_head();
}

void NodeCore::handle(const node::BlockSynced& event) {
    if (event.number == head() && claim_.number != head()) claim_head();
    told_.emplace_back(event);
}

void NodeCore::handle(const ImportFailed& event) {
    importing_.reset();
    imports_.clear();
    perform(planner_.execution_failed(event.hash, event.rule, now_.at));
}

void NodeCore::handle(const node::TimerExpired&) {
    timer_.reset();
    if (consensus_timer_ && *consensus_timer_ <= now_.at) {
        consensus_timer_.reset();
        told_.emplace_back(node::TimerExpired{});
    }
    perform(links_.tick(now_.at));
    perform(gossip_.tick(now_.at));
    perform(planner_.tick(now_.at));
    perform(bodies_.tick(connected_, now_.at));
    if (expire_at_ <= now_.at) {
        pool_.expire(now_.at);
        expire_at_ = after(now_.at, pool_expire_ms);
        drain_pool();
    }
    if (!ban_ends_.empty() && *ban_ends_.begin() <= now_.at) {
        ban_ends_.erase(ban_ends_.begin(), ban_ends_.upper_bound(now_.at));
        dial();
    }
}

void NodeCore::handle(const node::Built& event) {
    contents_.insert_or_assign(vm::header_hash(event.header), Content{event.header.number, event.transactions});
    told_.emplace_back(event);
}

void NodeCore::handle(const node::CheckpointStored& event) {
    const auto above = std::ranges::upper_bound(checkpoints_, event.checkpoint.number, {}, &Checkpoint::number);
    checkpoints_.insert(above, event.checkpoint);
    std::erase_if(storing_, [&](const Checkpoint& one) {
        return one.number == event.checkpoint.number && one.instance == event.checkpoint.instance;
    });
    send({connected_.begin(), connected_.end()}, frame_of(wire::Checkpoint{encode_checkpoint(event.checkpoint)}));
    planner_.add_checkpoint(event.checkpoint);
    if (event.checkpoint.number == head()) {
        head_ = with_checkpoints(std::move(head_));
        stand_on_head();
    }
    told_.emplace_back(event);
}

void NodeCore::claim_head() {
    claim_ = {head(), head_.hash, head_certificate_};
    status_.reset();
    perform(links_.head_moved(now_.at));
}

/// What the head's state decides beyond consensus: who votes and who may be here.
void NodeCore::stand_on_head() {
    status_.reset();
    relay_.advance(head(), head_.next_validators);
    admission_.update(head_.next_validators, nodes_);
    check_admission();
    note_reach();
}

void NodeCore::drain_pool() {
    bool has_new = false;
    KeepTransactions keep;
    const auto changes = pool_.take_changes();
    for (const auto& change : changes) {
        const auto& hash = change.tx->hash;
        if (change.origin == TxOrigin::client) keep.changes.push_back(change);
        if (!change.added) {
            gossip_.removed(hash, final_transactions_.contains(hash), now_.at);
            continue;
        }
        const auto from = taking_.find(hash);
        const auto source = from == taking_.end() ? std::nullopt : std::optional(from->second);
        perform(gossip_.added(hash, change.tx->size_bytes, source, now_.at));
        has_new = true;
    }
    if (!keep.changes.empty()) emit(std::move(keep));
    if (has_new && pool_.has_candidates()) told_.emplace_back(WorkPending{});
}

void NodeCore::import_next() {
    while (!imports_.empty() && imports_.front().block.header.number <= final_) imports_.pop_front();
    if (importing_ || imports_.empty() || imports_.front().block.header.number != next(final_)) return;
    auto import = std::move(imports_.front());
    imports_.pop_front();
    const auto number = import.block.header.number;
    importing_ = number;
    import_waits_ = import.more_follow = planner_.highest_certified().value >= number.value + far_behind_blocks;
    certificates_[number] = encode_certificate(import.block.certificate);
    contents_.insert_or_assign(import.block.hash, Content{number, vm::transaction_hashes(import.transactions)});
    emit(std::move(import));
}

void NodeCore::set_timer() {
    std::optional<Instant> first = expire_at_;
    const auto earliest = [&](std::optional<Instant> at) {
        if (at) first = std::min(*first, *at);
    };
    earliest(consensus_timer_);
    earliest(links_.timer());
    earliest(gossip_.timer());
    earliest(planner_.timer());
    earliest(bodies_.timer());
    if (!ban_ends_.empty()) earliest(*ban_ends_.begin());
    // What is over was dealt with, as far as it could be.
    first = std::max(*first, after(now_.at, 1));
    if (first == timer_) return;
    timer_ = first;
    emit(node::SetTimer{first});
}

// ---- Consensus's orders ---------------------------------------------------------------------------------------------

void NodeCore::perform(const std::vector<node::Action>& actions) {
    for (const auto& action : actions) std::visit([this](const auto& order) { perform(order); }, action);
    if (!actions.empty() && std::holds_alternative<node::Halt>(actions.back())) halted_ = true;
}

void NodeCore::perform(const node::Broadcast& order) {
    // Who is not connected gets it from those who are. Said even where nobody is: what was signed was signed now, and
    // whoever audits a node must see it before it is repeated.
    Send said{{}, frame_of(wire::Consensus{encode_message(order.message)})};
    for (const auto& validator : order.to)
        if (connected_.contains(validator)) said.to.push_back(validator);
    emit(std::move(said));
}

void NodeCore::perform(const node::SendTo& order) {
    const auto frame = frame_of(wire::Consensus{encode_message(order.message)});
    if (connected_.contains(order.to)) return send({order.to}, frame);
    // By way of others, who do not give an author its own messages back.
    if (signatures_.signer(signed_digest(order.message, domain()), signature_of(order.message)) != order.to)
        perform(relay_.publish(frame));
}

void NodeCore::perform(const node::FetchBlock& order) {
    perform(bodies_.order(order, connected_, now_.at));
}

void NodeCore::perform(const node::Execute& order) {
    auto body = bodies_.find(order.hash);
    vm::check(body != nullptr, "what is to be executed is whole");
    emit(Execute{order.number, order.hash, std::move(body)});
}

void NodeCore::perform(const node::Finalise& order) {
    certificates_[order.number] = encode_certificate(order.certificate);
    final_ = order.number;
    emit(order);
}

void NodeCore::perform(const node::Forget& order) {
    bodies_.forget(order.hash);
    contents_.erase(order.hash);
    emit(order);
}

void NodeCore::perform(const node::ShowHead& order) {
    send_status(order.to);
}

void NodeCore::perform(const node::SetTimer& order) {
    consensus_timer_ = order.at;
}

void NodeCore::perform(const BodyFetch::Actions& actions) {
    for (const auto& action : actions) {
        if (const auto* need = std::get_if<BodyFetch::Need>(&action)) {
            perform(gossip_.need(need->hashes, need->sources, now_.at));
        } else if (const auto* ask = std::get_if<BodyFetch::Ask>(&action)) {
            send(ask->to, ask->request);
        } else {
            const auto& hash = std::get<BodyFetch::Whole>(action).hash;
            const auto body = bodies_.find(hash);
            node::BlockAvailable event{body->header, {}};
            for (const auto& transaction : body->transactions) event.transactions.push_back(transaction.hash);
            contents_.insert_or_assign(hash, Content{body->header.number, event.transactions});
            told_.emplace_back(std::move(event));
        }
    }
}

// ---- The orders of gossip and sync ----------------------------------------------------------------------------------

void NodeCore::perform(const std::vector<Links::Action>& actions) {
    for (const auto& action : actions) {
        if (const auto* status = std::get_if<Links::SendStatus>(&action)) {
            send_status(status->to);
        } else if (const auto* close = std::get_if<Links::Close>(&action)) {
            disconnect(close->peer, std::nullopt);
        } else if (const auto* linked = std::get_if<Links::Linked>(&action)) {
            status_.reset();
            // Though others named it all the time: it may have begun anew, and lacks what we said.
            reached_.erase(linked->validator);
            note_reach();
        } else {
            status_.reset();
            note_reach();
        }
    }
}

void NodeCore::perform(const std::vector<Relay::Send>& sends) {
    for (const auto& [to, frame] : sends) send({to}, frame);
}

void NodeCore::perform(const TransactionGossip::Actions& actions) {
    for (const auto& action : actions) {
        if (const auto* push = std::get_if<TransactionGossip::Push>(&action)) {
            for (auto& frame : answer(push->hashes, pool_)) send(push->to, std::move(frame));
        } else if (const auto* announce = std::get_if<TransactionGossip::Announce>(&action)) {
            send(announce->to, wire::Announce{announce->hashes});
        } else if (const auto* request = std::get_if<TransactionGossip::Request>(&action)) {
            // A proposal may need more than one frame asks for.
            for (std::size_t begin = 0; begin < request->hashes.size(); begin += limits::wire_hashes_max) {
                const auto end = std::min(begin + limits::wire_hashes_max, request->hashes.size());
                send(request->to, wire::GetTransactions{{request->hashes.begin() + static_cast<std::ptrdiff_t>(begin),
                                                         request->hashes.begin() + static_cast<std::ptrdiff_t>(end)}});
            }
        } else {
            const auto& [peer, misdeed] = std::get<TransactionGossip::Blame>(action);
            blame(peer, misdeed);
        }
    }
}

void NodeCore::perform(SyncPlanner::Actions actions) {
    for (auto& action : actions) {
        if (const auto* headers = std::get_if<SyncPlanner::GetHeaders>(&action)) {
            send(headers->to, headers->request);
        } else if (const auto* blocks = std::get_if<SyncPlanner::GetBlocks>(&action)) {
            send(blocks->to, blocks->request);
        } else if (auto* execute = std::get_if<SyncPlanner::Execute>(&action)) {
            imports_.push_back({std::move(execute->block), std::move(execute->transactions), false});
        } else if (const auto* blamed = std::get_if<SyncPlanner::Blame>(&action)) {
            blame(blamed->peer, blamed->misdeed);
        } else if (std::holds_alternative<SyncPlanner::CaughtUp>(action)) {
            admission_.caught_up();
            check_admission();
        } else if (std::holds_alternative<SyncPlanner::FellBehind>(action)) {
            admission_.fell_behind();
            check_admission();
        } else {
            halted_ = true;
            emit(node::Halt{std::get<SyncPlanner::Halt>(action).sentence});
        }
    }
}

// ---- Peers ----------------------------------------------------------------------------------------------------------

void NodeCore::send(const std::vector<vm::Address>& to, Frame frame) {
    Send order{{}, std::move(frame)};
    for (const auto& peer : to)
        if (connected_.contains(peer)) order.to.push_back(peer);
    if (!order.to.empty()) emit(std::move(order));
}

void NodeCore::send(const vm::Address& to, const wire::Message& message) {
    if (connected_.contains(to)) emit(Send{{to}, frame_of(message)});
}

void NodeCore::send_status(const vm::Address& to) {
    if (!connected_.contains(to)) return;
    if (!status_)
        status_ =
            frame_of(wire::Status{genesis_hash_, claim_.number, claim_.hash, claim_.certificate, links_.linked()});
    emit(Send{{to}, status_});
}

void NodeCore::disconnect(const vm::Address& peer, std::optional<wire::Refusal> reason) {
    if (reason) emit(Send{{peer}, frame_of(wire::Refused{*reason})});
    emit(Disconnect{peer, reason});
    forget_peer(peer);
}

void NodeCore::forget_peer(const vm::Address& peer) {
    if (peers_.erase(peer) == 0) return;
    connected_.erase(peer);
    relay_.gone(peer);
    perform(links_.gone(peer, now_.at));
    perform(gossip_.gone(peer, now_.at));
    perform(planner_.gone(peer, now_.at));
    note_reach();
}

void NodeCore::blame(const vm::Address& peer, Misdeed misdeed) {
    if (misdeed == Misdeed::slow) {
        const auto known = peers_.find(peer);
        if (known == peers_.end()) return;
        auto& slow_at = known->second.slow_at;
        if (slow_at && elapsed_ms(*slow_at, now_.at) < slow_again_ms) return;
        slow_at = now_.at;
    }
    emit(Blamed{peer, misdeed});
    static_cast<void>(obey(peer, conduct_.report(peer, misdeed, now_.at)));
}

bool NodeCore::charge(const vm::Address& peer, Cost cost, std::uint64_t count) {
    return obey(peer, conduct_.charge(peer, cost, count, now_.at));
}

bool NodeCore::obey(const vm::Address& peer, const Conduct::Judgement& judgement) {
    switch (judgement.verdict) {
        case Conduct::Verdict::fine:
            return true;
        case Conduct::Verdict::wait:
            emit(Pause{peer, judgement.until});
            return true;
        case Conduct::Verdict::disconnect:
            if (!peers_.contains(peer)) return false;
            ban_ends_.insert(judgement.until);
            disconnect(peer, wire::Refusal::misconduct);
            dial();
            return false;
    }
    return true;
}

Admission::Role NodeCore::role_of(const vm::Address& peer, bool dialled) const {
    return dialled ? admission_.outgoing(peer) : admission_.incoming(peer);
}

void NodeCore::check_admission() {
    const auto all = peers_;
    for (const auto& [address, peer] : all) {
        const auto role = role_of(address, peer.dialled);
        if (role == Admission::Role::none) {
            disconnect(address, wire::Refusal::not_admitted);
        } else if (role != peer.role) {
            const bool votes = role == Admission::Role::validator;
            peers_.at(address).role = role;
            gossip_.role_changed(address, votes);
            perform(links_.role_changed(address, votes, now_.at));
        }
    }
    dial();
}

void NodeCore::dial() {
    auto wanted = admission_.to_dial();
    std::erase_if(wanted, [&](const vm::Address& peer) { return conduct_.banned_until(peer, now_.at).has_value(); });
    if (dialled_ == wanted) return;
    dialled_ = wanted;
    emit(Dial{std::move(wanted)});
}

/// Tells consensus whom a message finds a way to.
void NodeCore::note_reach() {
    const auto reached = relay_.reachable(links_.linked());
    const std::set<vm::Address> before = std::exchange(reached_, {reached.begin(), reached.end()});
    for (const auto& validator : before)
        if (!reached_.contains(validator)) told_.emplace_back(node::PeerDisconnected{validator});
    for (const auto& validator : reached_)
        if (!before.contains(validator)) told_.emplace_back(node::PeerConnected{validator});
}

NodeCore::CoreWhy NodeCore::why() const {
    CoreWhy why{consensus_.why(), planner_.why(now_.at), relay_.why(), gossip_.totals(), bodies_.counts(), {}};
    for (const auto& heard : links_.why(now_.at)) {
        const auto peer = peers_.find(heard.peer);
        if (peer == peers_.end()) continue;
        why.peers.push_back(
            {heard.peer, peer->second.role, heard.is_linked, heard.silent_ms, conduct_.record(heard.peer, now_.at)});
    }
    return why;
}

}  // namespace talea::node
