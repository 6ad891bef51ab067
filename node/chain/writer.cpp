#include "node/chain/writer.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include "node/base/counters.hpp"
#include "node/base/limits.hpp"
#include "node/base/log.hpp"
#include "node/base/stop.hpp"
#include "node/base/thread_name.hpp"
#include "node/chain/checkpoints.hpp"
#include "node/chain/clock.hpp"
#include "node/chain/permission.hpp"
#include "node/consensus/certificate.hpp"
#include "node/core/serving.hpp"
#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/native/addresses.hpp"
#include "vm/native/validator_set.hpp"

namespace talea::node {
namespace {

/// Recovering signatures of 12,000 gossiped transactions a second (Conduct) takes half of one.
constexpr std::size_t worker_threads = 2;

NodeCore::Intake intake_of(const std::optional<SubmitFailure>& failure) {
    if (!failure) return NodeCore::Intake::taken;
    if (std::holds_alternative<vm::TxDecodeError>(failure->what)) return NodeCore::Intake::malformed;
    const auto* rule = std::get_if<vm::TxError>(&failure->what);
    const bool unsigned_one = rule != nullptr && *rule == vm::TxError::invalid_signature;
    return unsigned_one ? NodeCore::Intake::bad_signature : NodeCore::Intake::refused;
}

wire::EncodedBlock encode_for_peers(const vm::Header& header, std::span<const vm::Transaction> transactions) {
    wire::EncodedBlock encoded{vm::encode_header(header), {}};
    for (const auto& transaction : transactions) encoded.transactions.push_back(vm::encode_transaction(transaction));
    return encoded;
}

/// A block of the chain up to `head`.
std::optional<wire::EncodedBlock> final_block(const Head& head, const vm::Hash& hash) {
    const auto blocks = head.blocks();
    const auto number = blocks.number(hash);
    const auto header = number ? blocks.header(*number) : std::nullopt;
    if (!header || blocks.is_forgotten(*number)) return std::nullopt;
    return encode_for_peers(*header, blocks.transactions(*number));
}

void count(NoticeKind kind) {
    if (kind == NoticeKind::round_timed_out) ++counters().round_timeouts;
    if (kind == NoticeKind::round_change_sent) ++counters().round_changes;
    if (kind == NoticeKind::equivocation) ++counters().equivocations;
    if (kind == NoticeKind::message_refused) ++counters().messages_refused;
}

std::uint64_t drawn_nonce() {
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
}

}  // namespace

Chain::Writer::Writer(Chain& chain)
    : chain_(chain),
      database_(*chain.database_),
      workshop_(*chain.database_, chain.parameters_, chain.pool_, chain.options_.block_candidates_max),
      validators_(chain.validators_),
      nodes_(admitted_nodes(database_.state())) {}

Chain::Writer::~Writer() {
    stop();
}

void Chain::Writer::start(Peers* peers) {
    vm::check(!thread_.joinable(), "a chain is started once");
    peers_ = peers;
    if (peers != nullptr) workers_.emplace(worker_threads, thread_name::worker);
    thread_ = std::thread([this] { run(); });
}

void Chain::Writer::stop() {
    inbox_.close();
    if (thread_.joinable()) thread_.join();
    workers_.reset();
}

std::optional<NodeCore::CoreWhy> Chain::Writer::why() const {
    const std::lock_guard lock(core_mutex_);
    if (!core_ || inbox_.is_closed()) return std::nullopt;
    return core_->why();
}

std::vector<Peers::Link> Chain::Writer::links() const {
    if (peers_ == nullptr || inbox_.is_closed()) return {};
    return peers_->links();
}

// ---- The machine and its events -------------------------------------------------------------------------------------

/// The machine on the stored head, with what the journal says of earlier votes.
void Chain::Writer::make_core() {
    const auto& given = chain_.options_;
    const auto checkpoints = chain_.checkpoints();
    const auto head = chain_.head();
    tip_ = {head->header(), head->hash()};
    CoreOptions core;
    core.own = chain_.validator_.value_or(given.node);
    core.head.header = head->header();
    core.head.hash = head->hash();
    core.head.next_validators = vm::read_validators(database_.state());
    if (head->number().value > 0) {
        const PastState before(database_.store(), database_.codes(), {head->number().value - 1});
        const auto* recovery = checkpoint_before(head->number(), checkpoints);
        core.head.validators = recovery != nullptr ? recovery->validators : vm::read_validators(before);
        // The process may have died after a block that asks for another one.
        core.head.next_is_due = vm::read_settings(before) != vm::read_settings(database_.state()) ||
                                core.head.validators != core.head.next_validators;
        if (auto certificate = head->blocks().certificate(head->number()))
            core.head_certificate = std::move(*certificate);
    }
    core.nodes = nodes_;
    core.bootnodes = given.bootnodes;
    core.checkpoints = checkpoints;
    core.recovery = chain_.recovery_;
    // A checkpoint on the head decides the next block. The first time, consensus hears it as its operator's word, by
    // which votes from before are void even where the journal is lost; after a restart it only stands as it stands.
    if (database_.take_new_checkpoint() && !checkpoints.empty() && checkpoints.back().number == head->number()) {
        core.checkpoints.pop_back();
        consequences_.emplace_back(CheckpointStored{checkpoints.back()});
    }
    auto& options = core.consensus;
    options.genesis_hash = chain_.genesis_hash();
    options.idle_interval_ms = chain_.idle_interval_ms_;
    options.start_nonce = drawn_nonce();
    if (given.validator) {
        options.signer = given.validator.get();
        options.journal = given.journal ? given.journal->status() : JournalStatus::lost;
    }
    if (given.validator && given.journal) {
        options.journal_state = summarise(given.journal->records());
        core.bodies = journal_bodies();
    }
    if (options.journal == JournalStatus::lost && chain_.votes())
        log_warning("consensus",
                    "the vote journal of {} is missing or damaged: it signs nothing until a quorum of other validators "
                    "says where the chain is",
                    vm::to_hex(*chain_.validator_));
    auto machine = std::make_unique<NodeCore>(std::move(core), chain_.pool_);
    const std::lock_guard lock(core_mutex_);
    core_ = std::move(machine);
}

/// Of blocks that are not final yet.
std::map<vm::Hash, BodyPtr> Chain::Writer::journal_bodies() const {
    std::map<vm::Hash, BodyPtr> bodies;
    for (const auto& record : chain_.options_.journal->records()) {
        const auto* body = std::get_if<BodyRecord>(&record);
        if (body == nullptr || body->number <= database_.head()) continue;
        auto block = vm::decode_block(body->encoded);
        if (!block) continue;
        if (auto recovered = vm::recover_block(std::move(*block)))
            bodies[body->hash] = std::make_shared<const vm::RecoveredBlock>(std::move(*recovered));
    }
    return bodies;
}

Now Chain::Writer::core_now() const {
    return {monotonic_now(), chain_clock(vm::read_settings(database_.state()), chain_.options_.utc())};
}

void Chain::Writer::run() {
    name_this_thread(thread_name::writer);
    make_core();
    const auto perform = [this](const NodeCore::Actions& actions) {
        for (const auto& action : actions) std::visit([this](const auto& order) { act(order); }, action);
    };
    const auto step = [this](const auto& take_step) {
        const auto now = core_now();
        const std::lock_guard lock(core_mutex_);
        return take_step(now);
    };
    perform(step([this](const Now& now) { return core_->start(now); }));
    while (const auto event = next_event()) perform(step([&](const Now& now) { return core_->step(*event, now); }));
    show();
    write_local_transactions();
}

std::optional<NodeCore::Event> Chain::Writer::next_event() {
    while (true) {
        if (!consequences_.empty()) {
            if (inbox_.is_closed()) return std::nullopt;
            auto event = std::move(consequences_.front());
            consequences_.pop_front();
            return event;
        }
        // Looked at first, so that no flood of frames holds a timer up.
        const auto now = monotonic_now();
        if (show_at_ && *show_at_ <= now) {
            show();
            continue;
        }
        if (keep_at_ && *keep_at_ <= now) write_local_transactions();
        if (timer_ && *timer_ <= now) {
            timer_.reset();
            return TimerExpired{};
        }
        auto deadline = timer_;
        for (const auto& other : {keep_at_, show_at_})
            if (other) deadline = deadline ? std::min(*deadline, *other) : other;
        auto taken = inbox_.take(deadline);
        if (!taken) return std::nullopt;
        if (taken->read_on && peers_ != nullptr) peers_->read_on(*taken->read_on);
        if (taken->event) return std::move(taken->event);
    }
}

// ---- Consensus's orders ---------------------------------------------------------------------------------------------

void Chain::Writer::act(const Persist& order) {
    auto& journal = chain_.options_.journal;
    vm::check(journal != nullptr, "nothing is signed without a journal");
    show();  // the journal is never ahead of the chain
    const Stopwatch stopwatch(counters().journal_us);
    journal->append(order.record);
    journal->sync();
    consequences_.emplace_back(Persisted{order.token});
}

void Chain::Writer::act(const KeepBody& order) {
    const auto& block = candidates_.at(order.hash).record.block;
    chain_.options_.journal->append(BodyRecord{order.number, order.hash, vm::encode_block(block)});
}

void Chain::Writer::act(const DropJournal& order) {
    if (chain_.options_.journal) chain_.options_.journal->drop(order.number);
}

void Chain::Writer::act(const SetTimer& order) {
    timer_ = order.at;
}

void Chain::Writer::act(const NodeCore::Execute& order) {
    if (order.body->header.parent_hash != tip_.hash) return;  // the height was left
    auto executed = [&] {
        const Stopwatch stopwatch(counters().execution_us);
        return workshop_.execute(tip_, *order.body, validators_);
    }();
    Executed event{order.number, order.hash, {}};
    if (executed) {
        event.outcome = executed->facts;
        candidates_.insert_or_assign(order.hash, std::move(*executed));
    } else {
        event.outcome = std::unexpected(executed.error());
    }
    consequences_.emplace_back(std::move(event));
}

void Chain::Writer::act(const Build& order) {
    vm::check(order.number == next(tip_.header.number), "a block is built on the tip");
    const vm::QbftHeaderRequest request{
        block_time(vm::read_settings(database_.state()), tip_.header.timestamp, chain_.options_.utc()),
        *chain_.validator_};
    auto built = [&] {
        const Stopwatch stopwatch(counters().execution_us);
        return workshop_.build(tip_, request, validators_, order.even_empty);
    }();
    if (!built) {
        consequences_.emplace_back(NothingToBuild{order.number, order.round, built.error().work_left});
        return;
    }
    const auto& record = built->record;
    consequences_.emplace_back(Built{order.round, record.block.header, record.transaction_hashes, built->facts});
    const auto hash = record.hash;
    candidates_.insert_or_assign(hash, std::move(*built));
}

void Chain::Writer::act(const Finalise& order) {
    apply(std::move(candidates_.extract(order.hash).mapped()), order.certificate, false);
}

void Chain::Writer::act(const Forget& order) {
    candidates_.erase(order.hash);
}

void Chain::Writer::act(const Notice& notice) {
    count(notice.kind);
    log_debug("consensus", "{} at block {} round {} {}", to_string(notice.kind), notice.view.number.value,
              notice.view.round, notice.detail);
}

void Chain::Writer::act(const Halt& order) {
    stop_process(ExitCode::failed, order.sentence);
}

// ---- Blocks and transactions ----------------------------------------------------------------------------------------

void Chain::Writer::act(const NodeCore::Import& order) {
    const auto refuse = [&](std::string rule) {
        consequences_.emplace_back(NodeCore::ImportFailed{order.block.hash, std::move(rule)});
    };
    vm::RecoveredBlock block{order.block.header, {}};
    for (std::size_t i = 0; const auto& hash : vm::transaction_hashes(order.transactions)) {
        const auto& transaction = order.transactions[i++];
        // Those that came as gossip were recovered then.
        if (const auto known = chain_.pool_.find(hash)) {
            block.transactions.push_back(*known);
            continue;
        }
        auto recovered = vm::recover(transaction);
        if (!recovered) return refuse("a transaction that nobody signed");
        block.transactions.push_back(std::move(*recovered));
    }
    auto executed = [&] {
        const Stopwatch stopwatch(counters().execution_us);
        return workshop_.execute(tip_, std::move(block), validators_);
    }();
    if (!executed) return refuse(std::move(executed.error()));
    ++counters().imported_blocks;
    apply(std::move(*executed), order.block.certificate, order.more_follow);
}

void Chain::Writer::apply(ExecutedCandidate candidate, const Certificate& certificate, bool may_wait) {
    auto& record = candidate.record;
    record.certificate = encode_certificate(certificate);
    const auto number = record.block.header.number;
    {
        const Stopwatch stopwatch(counters().commit_us);
        if (may_wait)
            database_.commit_later(record, std::move(candidate.trie));
        else
            database_.commit(record, std::move(candidate.trie));
    }
    ++counters().blocks;
    counters().transactions += record.transaction_hashes.size();
    counters().gas += record.block.header.gas_used;
    const auto checkpoints = chain_.checkpoints();
    const auto* recovery = checkpoint_before(next(number), checkpoints);
    NodeCore::Applied applied;
    applied.block.header = record.block.header;
    applied.block.hash = record.hash;
    applied.block.validators = std::move(validators_);
    applied.block.next_validators = recovery != nullptr ? recovery->validators : candidate.facts.next_validators;
    applied.block.next_is_due = candidate.facts.next_is_due;
    applied.block.execution_ms = candidate.facts.execution_ms;
    validators_ = applied.block.next_validators;
    candidates_.clear();
    if (!record.transaction_hashes.empty())
        log_debug("chain", "block {} with {} transactions, {} gas, {}", number.value, record.transaction_hashes.size(),
                  record.block.header.gas_used, vm::to_hex(record.hash));
    ++unshown_.blocks;
    for (const auto& [address, change] : record.changes.accounts) unshown_.accounts[address] = change.account;
    if (record.changes.accounts.contains(vm::permissions_address)) {
        unshown_.permissions_changed = true;
        nodes_ = admitted_nodes(database_.state());
    }
    tip_ = {record.block.header, record.hash};
    applied.nodes = nodes_;
    consequences_.emplace_back(std::move(applied));
    const bool is_much =
        unshown_.blocks >= limits::unshown_blocks_max || database_.unsynced_bytes() >= limits::unsynced_bytes_max;
    if (!may_wait || is_much) return show();
    if (!show_at_) show_at_ = after(monotonic_now(), limits::unshown_ms);
}

void Chain::Writer::show() {
    if (unshown_.blocks == 0) return;
    show_at_.reset();
    {
        const Stopwatch stopwatch(counters().commit_us);
        database_.sync();
    }
    chain_.publish(tip_.header, tip_.hash, unshown_.accounts, unshown_.permissions_changed);
    tell_pool();
    unshown_ = {};
    consequences_.emplace_back(BlockSynced{tip_.header.number});
}

void Chain::Writer::tell_pool() {
    // Not of senders alone: an authority of EIP-7702 may have moved too.
    for (const auto& [address, account] : unshown_.accounts)
        if (account) chain_.pool_.advance(address, account->nonce);
    if (!unshown_.permissions_changed) return;
    const auto gone =
        chain_.pool_.recheck([this](const vm::Address& sender) { return judge_sender(database_.state(), sender); });
    if (gone != 0) log_info("pool", "{} transactions left the pool, for their senders lost the permission", gone);
}

void Chain::Writer::act(const NodeCore::KeepTransactions& order) {
    for (const auto& change : order.changes) chain_.local_transactions_.note(change);
    if (!keep_at_ && chain_.local_transactions_.has_changes()) keep_at_ = after(monotonic_now(), limits::pool_keep_ms);
}

void Chain::Writer::act(const NodeCore::StoreCheckpoint& order) {
    const auto& checkpoint = order.checkpoint;
    log_warning("chain", "a recovery checkpoint on block {} begins instance {} with {} validators",
                checkpoint.number.value, checkpoint.instance, checkpoint.validators.size());
    database_.store_checkpoint(checkpoint.number, checkpoint.instance, encode_checkpoint(checkpoint), false);
    chain_.add_checkpoint(checkpoint);
    if (checkpoint.number == database_.head()) validators_ = checkpoint.validators;
    consequences_.emplace_back(CheckpointStored{checkpoint, false});
}

void Chain::Writer::act(const NodeCore::CheckpointRefused& order) {
    log_warning("chain", "a recovery checkpoint of {} is not stored: {}", vm::to_hex(order.peer), order.sentence);
}

void Chain::Writer::write_local_transactions() {
    keep_at_.reset();
    if (!chain_.local_transactions_.has_changes()) return;
    KvBatch batch;
    chain_.local_transactions_.put(batch);
    database_.store().write(batch);
}

// ---- Peers ----------------------------------------------------------------------------------------------------------

void Chain::Writer::act(const NodeCore::Send& order) {
    if (peers_ != nullptr && !order.to.empty()) peers_->send(order.to, order.frame);
}

void Chain::Writer::act(const NodeCore::Disconnect& order) {
    if (peers_ != nullptr) peers_->disconnect(order.peer);
}

void Chain::Writer::act(const NodeCore::Pause& order) {
    if (peers_ != nullptr) peers_->pause(order.peer, order.until);
}

void Chain::Writer::act(const NodeCore::Dial& order) {
    if (peers_ != nullptr) peers_->dial(order.peers);
}

void Chain::Writer::act(const NodeCore::TakeTransactions& order) {
    workers_->add([this, order] {
        NodeCore::TransactionsTaken taken{order.from, {}};
        for (const auto& encoded : order.encoded) {
            auto intake = chain_.take(encoded, TxOrigin::peer);
            taken.transactions.push_back(
                {vm::keccak256(encoded), intake_of(intake.failure), std::move(intake.transaction)});
        }
        inbox_.put(std::move(taken));
    });
}

void Chain::Writer::serve(const vm::Address& peer, std::function<wire::Message(const Head&)> answer) {
    {
        const std::lock_guard lock(serving_mutex_);
        auto& waiting = serving_[peer];
        if (waiting >= limits::serving_of_peer_max) return;
        ++waiting;
    }
    workers_->add([this, peer, answer = std::move(answer)] {
        const auto message = answer(*chain_.head());
        peers_->send({peer}, std::make_shared<const vm::Bytes>(wire::encode_frame(message)));
        const std::lock_guard lock(serving_mutex_);
        if (--serving_[peer] == 0) serving_.erase(peer);
    });
}

void Chain::Writer::act(const NodeCore::ServeHeaders& order) {
    serve(order.to, [request = order.request](const Head& head) -> wire::Message {
        return answer(request, [&](vm::BlockNumber number) -> std::optional<wire::CertifiedHeader> {
            // The genesis block has no certificate, and needs none.
            const auto certificate = head.blocks().certificate(number);
            const auto header = head.blocks().header(number);
            if (!header || !certificate || certificate->empty()) return std::nullopt;
            return wire::CertifiedHeader{vm::encode_header(*header), *certificate};
        });
    });
}

void Chain::Writer::act(const NodeCore::ServeBlocks& order) {
    // Candidates are this thread's own; who fetches one asks for it alone.
    std::map<vm::Hash, wire::EncodedBlock> candidates;
    for (const auto& hash : order.request.blocks)
        if (const auto found = candidates_.find(hash); found != candidates_.end())
            candidates[hash] =
                encode_for_peers(found->second.record.block.header, found->second.record.block.transactions);
    serve(order.to, [request = order.request, candidates = std::move(candidates)](const Head& head) -> wire::Message {
        return answer(request, [&](const vm::Hash& hash) -> std::optional<wire::EncodedBlock> {
            if (const auto found = candidates.find(hash); found != candidates.end()) return found->second;
            return final_block(head, hash);
        });
    });
}

void Chain::Writer::act(const NodeCore::Blamed& order) {
    log_info("peers", "{} is held responsible: it {}", vm::to_hex(order.peer), to_string(order.misdeed));
}

void Chain::Writer::act(const NodeCore::RefusedBy& order) {
    // The transport has said it, once.
    log_debug("peers", "{} refuses this node: {}", vm::to_hex(order.peer), to_string(order.reason));
}

}  // namespace talea::node
