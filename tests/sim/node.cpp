#include "sim/node.hpp"

#include <algorithm>
#include <utility>

#include "node/base/limits.hpp"
#include "node/chain/clock.hpp"
#include "node/chain/permission.hpp"
#include "sim/describe.hpp"
#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/native/addresses.hpp"

namespace talea::sim {
namespace {

constexpr std::size_t stored_block_bytes = 64;  ///< what a block takes in the simulated file: its hash, and room

}  // namespace

std::optional<vm::Address> RememberedSignatures::signer(const vm::Hash& digest, const node::Seal& seal) const {
    const auto [at, is_new] = known_.try_emplace({digest, seal});
    if (is_new) at->second = node::plain_signatures().signer(digest, seal);
    return at->second;
}

Node::Node(Surroundings& around, std::size_t index, const Person& person, bool is_observer, Random random)
    : around_(around),
      index_(index),
      person_(person),
      signer_(person.key),
      is_observer_(is_observer),
      random_(random.branch("node")),
      journal_(around.scheduler, around.marks, random.branch("journal"), around.options.disk),
      blocks_(around.scheduler, around.marks, random.branch("blocks"), around.options.disk),
      distant_signer_(signer_, random.branch("signer"), around.options.machine.signer_away_ppm),
      witness_(person.address, around.remembered) {
    journal_id_.validator = person.address;
    journal_id_.id.bytes[31] = static_cast<std::uint8_t>(index + 1);
    clock_.epoch = Economy::founded;
    clock_.booted_at_ms = random_.below(1'000'000'000);
    journal_.replace(node::encode_journal_header(journal_id_));  // born with the key
}

// ---- Life ----

void Node::start() {
    vm::check(!process_, "one process a machine");
    ++life_;
    paused_ = false;
    waiting_.clear();
    witness_.restarted();
    auto process = std::make_shared<Process>(around_.world);
    process->ledger.permits_everything = permits_everything_;
    load_blocks(*process);
    process_ = process;

    node::CoreOptions core;
    node::ConsensusOptions& options = core.consensus;
    options.genesis_hash = around_.world.genesis_hash();
    options.idle_interval_ms = around_.options.idle_interval_seconds * 1000;
    options.signer = is_observer_ ? nullptr : &distant_signer_;
    options.signatures = &around_.signatures;
    options.start_nonce = random_.next();
    const auto content = node::read_journal(journal_.content());
    const bool sound = content.damage == node::JournalDamage::none || content.damage == node::JournalDamage::torn_tail;
    if (sound && content.id == journal_id_) {
        if (content.damage == node::JournalDamage::torn_tail) around_.marks.hit("journal tail torn");
        options.journal_state = node::summarise(content.records);
        journal_lost_ = false;
        index_journal(content.records);
    } else {
        // It begins anew with the record that ends the quarantine, as a file of the node does.
        around_.marks.hit("journal lost");
        options.journal = node::JournalStatus::lost;
        journal_lost_ = true;
        journal_records_.clear();
        journal_entries_.clear();
    }
    for (const auto& record : journal_records_) {
        const auto* body = std::get_if<node::BodyRecord>(&record);
        if (body == nullptr) continue;
        auto block = vm::decode_block(body->encoded);
        vm::check(block.has_value(), "a body in a sound journal is a block");
        auto recovered = vm::recover_block(*std::move(block));
        vm::check(recovered.has_value(), "a body in a sound journal was executed");
        core.bodies[body->hash] = std::make_shared<const vm::RecoveredBlock>(*std::move(recovered));
    }
    around_.trace.line(static_cast<int>(index_), "starts at block {}{}", process->ledger.number().value,
                       options.journal == node::JournalStatus::lost ? ", without a journal" : "");
    core.own = person_.address;
    core.head = head_block();
    if (!process->finals.empty()) core.head_certificate = node::encode_certificate(process->finals.back().certificate);
    core.nodes = process->nodes;
    core.checkpoints = checkpoints_;
    core.recovery = around_.world.genesis().talea.recovery;
    process->core = std::make_unique<node::NodeCore>(std::move(core), process->pool);
    perform(process->core->start(now()));
    if (process_ == process) around_.network->start_node(index_);
}

void Node::crash(bool power_cut) {
    if (!process_) return;
    around_.trace.line(static_cast<int>(index_), "{}", power_cut ? "loses power" : "crashes");
    process_.reset();
    ++life_;
    waiting_.clear();
    journal_.crash(power_cut);
    blocks_.crash(power_cut);
    std::erase_if(journal_entries_, [&](const auto& entry) { return entry.end > journal_.content().size(); });
    while (!batch_ends_.empty() && batch_ends_.back() > blocks_.content().size()) batch_ends_.pop_back();
    const auto whole = batch_ends_.empty() ? 0 : batch_ends_.back();
    if (blocks_.content().size() > whole) blocks_.replace(vm::to_bytes(vm::BytesView(blocks_.content()).first(whole)));
    stored_blocks_.resize(whole / stored_block_bytes);
    around_.network->stop_node(index_, power_cut);
}

void Node::die(const char* why, bool written_is_lost) {
    around_.trace.line(static_cast<int>(index_), "ends itself: {}", why);
    crash(written_is_lost);
    if (on_death) on_death();
}

void Node::halt(const std::string& sentence) {
    around_.trace.line(static_cast<int>(index_), "halts: {}", sentence);
    if (is_honest && !may_halt) around_.checker.fail("n{} halts: {}", index_, sentence);
    halted_ = sentence;
    crash(false);
}

void Node::pause() {
    if (!process_ || paused_) return;
    around_.trace.line(static_cast<int>(index_), "stands still");
    paused_ = true;
}

void Node::resume() {
    if (!paused_) return;
    paused_ = false;
    around_.trace.line(static_cast<int>(index_), "goes on");
    witness_.resumed();
    for (auto& event : std::exchange(waiting_, {})) {
        event();
        witness_.resumed();  // what others took seconds for comes to it at once
    }
}

void Node::wipe() {
    vm::check(!process_, "a machine is wiped while nothing runs on it");
    around_.trace.line(static_cast<int>(index_), "is wiped");
    journal_.wipe();
    blocks_.wipe();
    journal_entries_.clear();
    stored_blocks_.clear();
    batch_ends_.clear();
}

Backup Node::backup() const {
    const auto durable = vm::BytesView(journal_.content()).first(journal_.durable_bytes());
    const auto blocks = std::min(stored_blocks_.size(), blocks_.durable_bytes() / stored_block_bytes);
    return {vm::to_bytes(durable),
            {stored_blocks_.begin(), stored_blocks_.begin() + static_cast<std::ptrdiff_t>(blocks)}};
}

void Node::restore_blocks(const Backup& backup) {
    vm::check(!process_, "files are put back while nothing runs on them");
    around_.trace.line(static_cast<int>(index_), "gets its {} blocks of a backup", backup.blocks.size());
    vm::Bytes content;
    for (const auto& record : backup.blocks) {
        vm::append(content, vm::view(record.hash));
        content.resize(content.size() + stored_block_bytes - sizeof(vm::Hash));
    }
    batch_ends_ = {content.size()};
    blocks_.replace(std::move(content));
    stored_blocks_ = backup.blocks;
}

void Node::restore_journal(const Backup& backup) {
    vm::check(!process_, "files are put back while nothing runs on them");
    around_.trace.line(static_cast<int>(index_), "gets the journal of a backup");
    journal_.replace(backup.journal);
    // Until a peer shows it its own later votes it may contradict them.
    is_honest = false;
    forgot_ = true;
}

void Node::lose_journal() {
    vm::check(!process_, "files are lost while nothing runs on them");
    journal_.wipe();
    journal_entries_.clear();
}

void Node::recover(const node::Checkpoint& checkpoint, bool by_operator) {
    checkpoints_.push_back(checkpoint);
    if (!process_) return;
    process_->ledger.recover(checkpoint);
    process_->next_validators = process_->ledger.next_validators();
    feed(node::CheckpointStored{checkpoint, by_operator});
}

bool Node::damage_journal() {
    // Damage in the last record cannot be told from a torn append (journal.hpp), and nothing here promises to.
    return journal_entries_.size() > 1 && journal_.damage(journal_entries_[journal_entries_.size() - 2].end);
}

void Node::heal_disk() {
    for (LogFile* file : {&journal_, &blocks_}) {
        file->options().sync_min = file->options().sync_mean = 2 * millisecond;
        file->options().sync_fails_ppm = file->options().full_ppm = 0;
    }
}

void Node::later(Micros delay, std::function<void()> event) {
    around_.scheduler.after(delay, [this, life = life_, event = std::move(event)]() mutable {
        if (life != life_) return;
        if (paused_) {
            waiting_.push_back([this, life, event = std::move(event)] {
                if (life == life_) event();
            });
        } else {
            event();
        }
    });
}

// ---- Disk ----

void Node::index_journal(const std::vector<node::JournalRecord>& records) {
    // Written anew: a torn tail is cut, a lost journal begins again.
    journal_records_ = records;
    journal_entries_.clear();
    vm::Bytes content = node::encode_journal_header(journal_id_);
    for (const auto& record : records) {
        vm::append(content, node::encode_frame(record, journal_id_, content.size()));
        journal_entries_.push_back({content.size(), record});
    }
    journal_.replace(std::move(content));
}

void Node::append_record(const node::JournalRecord& record) {
    if (std::exchange(journal_lost_, false)) {
        index_journal({record});
        return;
    }
    const auto frame = node::encode_frame(record, journal_id_, journal_.content().size());
    if (!journal_.append(frame)) {
        die("its disk is full", false);
        return;
    }
    journal_records_.push_back(record);
    journal_entries_.push_back({journal_.content().size(), record});
}

void Node::perform(const node::Persist& order) {
    const auto process = process_;
    show();  // the journal is never ahead of the chain
    if (process_ != process) return;
    append_record(order.record);
    if (process_ != process) return;
    around_.trace.line(static_cast<int>(index_), "journals {}", describe(order.record));
    const auto* rejoin = std::get_if<node::RejoinRecord>(&order.record);
    const bool is_quarantine = rejoin != nullptr && rejoin->sign_from == node::sign_never;
    journal_.sync([this, life = life_, token = order.token, is_quarantine](LogFile::Outcome outcome) {
        if (life != life_) return;
        if (outcome == LogFile::Outcome::failed) {
            die("a sync failed", true);
        } else {
            around_.trace.line(static_cast<int>(index_), "has record {} durably", token);
            if (is_quarantine && std::exchange(forgot_, false)) {
                // It knows that it forgot, now and after any restart.
                is_honest = true;
                around_.trace.line(static_cast<int>(index_), "knows that it forgot");
            }
            later(0, [this, token] { feed(node::Persisted{token}); });
        }
    });
}

void Node::perform(const node::DropJournal& order) {
    if (is_honest && blocks_.durable_bytes() / stored_block_bytes < order.number.value)
        around_.checker.fail("n{} drops its journal of block {}, which its disk does not hold", index_,
                             order.number.value);
    if (journal_lost_ || journal_.content().size() < around_.options.disk.rewrite_bytes) return;
    index_journal(node::compact(journal_records_, next(order.number)));
}

void Node::load_blocks(Process& process) {
    for (const auto& checkpoint : checkpoints_) process.ledger.recover(checkpoint);
    process.next_validators = process.ledger.next_validators();
    for (const auto& record : stored_blocks_) {
        const auto executed = process.ledger.execute(*record.block);
        vm::check(executed.has_value(), "a stored block is valid");
        process.next_is_due = process.ledger.next_is_due(**executed);
        process.ledger.apply(**executed);
        process.head_validators = std::exchange(process.next_validators, process.ledger.next_validators());
        process.numbers[record.hash] = record.block->header.number;
        process.finals.push_back(record);
    }
    process.settings = vm::read_settings(process.ledger.state());
    process.nodes = node::admitted_nodes(process.ledger.state());
}

// ---- Consensus ----

node::Now Node::now() const {
    const Micros at = around_.scheduler.now();
    return {{clock_.monotonic_us(at) / 1000}, node::chain_clock(process_->settings, clock_.utc(at))};
}

node::FinalBlock Node::head_block() const {
    node::FinalBlock block;
    block.header = process_->ledger.head();
    block.hash = process_->ledger.head_hash();
    block.validators = process_->head_validators;
    block.next_validators = process_->next_validators;
    block.next_instance = node::instance_of(next(block.header.number), checkpoints_);
    block.next_is_due = process_->next_is_due;
    block.execution_ms = around_.options.execution / 1000;
    return block;
}

void Node::feed(node::NodeCore::Event event) {
    const auto process = process_;
    if (!process) return;
    process->events.push_back(std::move(event));
    if (process->stepping) return;
    process->stepping = true;
    while (process_ == process && !process->events.empty()) {
        const auto first = std::move(process->events.front());
        process->events.pop_front();
        perform(process->core->step(first, now()));
    }
    process->stepping = false;
    if (process_ == process && is_honest && !is_observer_) check_conduct();
}

/// What it has made of all that came to it so far.
void Node::check_conduct() {
    const auto why = process_->core->consensus_why();
    const auto at = height();
    if (const auto neglected = witness_.neglects(at, why, around_.scheduler.now()))
        around_.checker.fail("n{} {}", index_, *neglected);
    if (const auto committed = witness_.committed(at)) {
        const auto candidate = process_->candidates.find(*committed);
        if (candidate != process_->candidates.end() && candidate->second.executed)
            around_.checker.fail("n{} holds the commits of a quorum for block {}, has executed it, and waits", index_,
                                 at.number.value);
    }
    if (why.next_timer && process_->timer_at > std::max(*why.next_timer, node::after(now().at, 1)))
        around_.checker.fail("n{} says that it waits until {} ms and will be woken at {} ms", index_,
                             why.next_timer->ms, process_->timer_at.ms);
}

Witness::Height Node::height() const {
    return {around_.world.genesis_hash(),    process_->core->consensus_why().instance,
            next(process_->ledger.number()), process_->next_validators,
            process_->ledger.head_hash(),    process_->ledger.head().beneficiary};
}

void Node::perform(const node::NodeCore::Actions& actions) {
    const auto process = process_;
    for (const auto& action : actions) {
        std::visit([this](const auto& order) { perform(order); }, action);
        if (process_ != process) return;
    }
}

void Node::perform(const node::KeepBody& order) {
    const auto& candidate = process_->candidates[order.hash];
    vm::check(candidate.block != nullptr, "a body that is kept is there");
    append_record(node::BodyRecord{order.number, order.hash, vm::encode_block(vm::plain_block(*candidate.block))});
}

void Node::perform(const node::SetTimer& order) {
    const std::uint64_t serial = ++process_->timer;
    if (!order.at) return;
    process_->timer_at = *order.at;
    const Micros when = clock_.when_monotonic_ms(order.at->ms, around_.scheduler.now());
    later(when - around_.scheduler.now(), [this, serial] {
        if (process_ && process_->timer == serial) feed(node::TimerExpired{});
    });
}

void Node::perform(const node::NodeCore::Execute& order) {
    process_->candidates[order.hash].block = order.body;
    later(around_.options.execution, [this, order] {
        if (!process_ || order.body->header.parent_hash != process_->ledger.head_hash()) return;  // the height was left
        const auto execution = process_->ledger.execute(*order.body);
        node::Executed event;
        event.number = order.number;
        event.hash = order.hash;
        if (execution) {
            const auto candidate = process_->candidates.find(order.hash);
            if (candidate != process_->candidates.end()) candidate->second.executed = *execution;
            event.outcome =
                node::ExecutedBlockFacts{(*execution)->result.next_validators,
                                         process_->ledger.next_is_due(**execution), around_.options.execution / 1000};
        } else {
            event.outcome = std::unexpected(vm::to_string(execution.error()));
        }
        feed(std::move(event));
    });
}

void Node::perform(const node::Build& order) {
    later(around_.options.execution, [this, order] {
        if (!process_ || order.number != next(process_->ledger.number())) return;
        const auto time = node::block_time(process_->settings, process_->ledger.head().timestamp,
                                           clock_.utc(around_.scheduler.now()));
        const auto before = process_->pool.counts().pending;
        const auto executed = process_->ledger.build(process_->pool, {time, person_.address}, order.even_empty);
        if (!executed) {
            const auto after = process_->pool.counts().pending;
            feed(node::NothingToBuild{order.number, order.round, after != 0 && after < before});
            return;
        }
        auto& candidate = process_->candidates[executed->hash];
        candidate.block = std::shared_ptr<const vm::RecoveredBlock>(executed, &executed->block);
        candidate.executed = executed;
        node::Built event;
        event.round = order.round;
        event.header = executed->block.header;
        for (const auto& transaction : executed->block.transactions) event.transactions.push_back(transaction.hash);
        event.facts = {executed->result.next_validators, process_->ledger.next_is_due(*executed),
                       around_.options.execution / 1000};
        feed(std::move(event));
    });
}

void Node::perform(const node::Finalise& order) {
    const auto found = process_->candidates.find(order.hash);
    vm::check(found != process_->candidates.end() && found->second.executed != nullptr,
              "what is finalised was executed here");
    const auto candidate = found->second;
    become_final({candidate.block, order.hash, order.certificate}, candidate.executed, false);
}

void Node::perform(const node::NodeCore::Import& order) {
    auto block = std::make_shared<vm::RecoveredBlock>();
    block->header = order.block.header;
    for (const auto& transaction : order.transactions) {
        const auto known = around_.world.transaction(vm::encode_transaction(transaction));
        if (!known) {
            feed(node::NodeCore::ImportFailed{order.block.hash, "a transaction that nobody signed"});
            return;
        }
        block->transactions.push_back(*known);
    }
    const auto executed = process_->ledger.execute(*block);
    if (!executed) {
        feed(node::NodeCore::ImportFailed{order.block.hash, vm::to_string(executed.error())});
        return;
    }
    around_.marks.hit("block imported");
    become_final({block, order.block.hash, order.block.certificate}, *executed, order.more_follow);
}

void Node::become_final(const FinalRecord& record, const ExecutedPtr& executed, bool may_wait) {
    const auto process = process_;
    process->next_is_due = process->ledger.next_is_due(*executed);
    process->ledger.apply(*executed);
    process->head_validators = std::exchange(process->next_validators, process->ledger.next_validators());
    process->settings = vm::read_settings(process->ledger.state());
    process->numbers[record.hash] = record.block->header.number;
    process->finals.push_back(record);
    const auto number = process->ledger.number();
    process->passed_on.clear();
    std::erase_if(process->candidates,
                  [&](const auto& entry) { return entry.second.block && entry.second.block->header.number <= number; });
    if (executed->result.changes.accounts.contains(vm::permissions_address))
        process->nodes = node::admitted_nodes(process->ledger.state());
    around_.trace.line(static_cast<int>(index_), "final: {} {} with {} transactions, round {}", number.value,
                       short_hash(record.hash), record.block->transactions.size(), record.certificate.round);
    process->unshown.push_back({record, executed, process->head_validators});
    if (!may_wait || process->unshown.size() >= node::limits::unshown_blocks_max) {
        show();
        if (process_ != process) return;
    } else if (!std::exchange(process->show_is_due, true)) {
        later(node::limits::unshown_ms * millisecond, [this] {
            process_->show_is_due = false;
            show();
        });
    }
    feed(node::NodeCore::Applied{head_block(), process->nodes});
}

void Node::show() {
    const auto process = process_;
    const auto blocks = std::exchange(process->unshown, {});
    if (blocks.empty()) return;
    if (blocks.size() > 1) around_.marks.hit("blocks of a batch");
    vm::Bytes stored;
    for (const auto& block : blocks) {
        vm::append(stored, vm::view(block.record.hash));
        stored.resize(stored.size() + stored_block_bytes - sizeof(vm::Hash));
    }
    if (!blocks_.append(stored)) {
        die("its disk is full", false);
        return;
    }
    batch_ends_.push_back(blocks_.content().size());
    for (const auto& block : blocks) stored_blocks_.push_back(block.record);
    const auto last = blocks.back().record.block->header.number;
    blocks_.sync([this, life = life_, last](LogFile::Outcome outcome) {
        if (life != life_) return;
        if (outcome == LogFile::Outcome::failed) {
            die("a sync failed", true);
        } else {
            later(0, [this, last] { feed(node::BlockSynced{last}); });
        }
    });
    for (const auto& [record, executed, validators] : blocks) {
        const auto& changes = executed->result.changes.accounts;
        for (const auto& [address, change] : changes)
            if (change.account) process->pool.advance(address, change.account->nonce);
        if (changes.contains(vm::permissions_address))
            process->pool.recheck([&](const vm::Address& sender) { return judge(sender); });
        if (is_honest)
            around_.checker.finalised(index_, record, executed->result.receipts, validators,
                                      executed->result.next_validators);
        if (on_final) on_final(record);
        if (process_ != process) return;
    }
}

void Node::perform(const node::Notice& notice) {
    around_.marks.hit(name(notice.kind));
    if (notice.kind == node::NoticeKind::block_invalid) invalid_ = notice.detail;
    if (notice.kind == node::NoticeKind::round_timed_out) ++counters_.timeouts;
    if (notice.kind == node::NoticeKind::round_change_sent) ++counters_.round_changes;
    around_.trace.line(static_cast<int>(index_), "{} {}/{} {}", name(notice.kind), notice.view.number.value,
                       notice.view.round, notice.detail);
}

// ---- Clients ----

void Node::permit_everything() {
    is_honest = false;
    permits_everything_ = true;
    if (process_) process_->ledger.permits_everything = true;
}

bool Node::submit(const SignedTransaction& transaction) {
    if (!process_ || paused_) return false;
    around_.world.note(transaction);
    if (take(transaction, node::TxOrigin::client) != node::NodeCore::Intake::taken) return false;
    feed(node::NodeCore::PoolChanged{});
    return true;
}

node::SenderJudgement Node::judge(const vm::Address& sender) const {
    auto judged = node::judge_sender(process_->ledger.state(), sender);
    if (permits_everything_) judged.may_transact = judged.may_deploy = true;
    return judged;
}

node::NodeCore::Intake Node::take(const SignedTransaction& transaction, node::TxOrigin origin) {
    const auto judged = judge(transaction->sender);
    const bool may = judged.may_transact && transaction->tx.nonce >= judged.facts.account_nonce;
    return may && process_->pool.add(transaction, judged.facts, origin, now().at) ? node::NodeCore::Intake::taken
                                                                                  : node::NodeCore::Intake::refused;
}

void Node::perform(const node::NodeCore::TakeTransactions& order) {
    node::NodeCore::TransactionsTaken taken{order.from, {}};
    for (const auto& encoded : order.encoded) {
        node::NodeCore::Taken one{vm::keccak256(encoded), node::NodeCore::Intake::bad_signature,
                                  around_.world.transaction(encoded)};
        if (one.transaction) one.intake = take(one.transaction, node::TxOrigin::peer);
        taken.transactions.push_back(std::move(one));
    }
    feed(std::move(taken));
}

const Ledger& Node::ledger() const {
    vm::check(process_ != nullptr, "a node that runs has a ledger");
    return process_->ledger;
}

Node::Sizes Node::sizes() const {
    if (!process_) return {0, 0, 0, journal_.content().size()};
    const auto counts = process_->pool.counts();
    return {process_->candidates.size(), process_->core->why().bodies.fetching, counts.pending + counts.queued,
            journal_.content().size()};
}

std::size_t Node::peers() const {
    vm::check(process_ != nullptr, "a node that runs has peers");
    return process_->core->why().peers.size();
}

bool Node::is_peer(const vm::Address& address) const {
    vm::check(process_ != nullptr, "a node that runs has peers");
    const auto why = process_->core->why();
    return std::ranges::find(why.peers, address, &node::NodeCore::CoreWhy::Peer::address) != why.peers.end();
}

node::Why Node::why() const {
    vm::check(process_ != nullptr, "a node that runs explains itself");
    return process_->core->consensus_why();
}

}  // namespace talea::sim
