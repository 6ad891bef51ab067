#include "sim/node.hpp"

#include <algorithm>
#include <utility>

#include "node/chain/clock.hpp"
#include "node/chain/permission.hpp"
#include "node/core/serving.hpp"
#include "sim/describe.hpp"
#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/native/addresses.hpp"

namespace talea::sim {
namespace {

constexpr std::size_t journal_compact_bytes = 24 * 1024;
constexpr std::uint64_t garbled_of = 500;       ///< a liar that garbles spoils one frame of so many
constexpr std::size_t stored_block_bytes = 64;  ///< what a block takes in the simulated file: its hash, and room

Frame frame_of(const node::wire::Message& message) {
    return std::make_shared<const vm::Bytes>(node::wire::encode_frame(message));
}
/// Nothing of what a liar garbled.
std::optional<node::wire::Message> message_of(const vm::Bytes& frame) {
    const auto header = node::wire::decode_frame_header(frame);
    if (!header) return std::nullopt;
    auto message = node::wire::decode_payload(*header, vm::BytesView(frame).subspan(node::wire::frame_header_bytes));
    if (!message) return std::nullopt;
    return *std::move(message);
}

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
      blocks_(around.scheduler, around.marks, random.branch("blocks"), around.options.disk) {
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
    auto process = std::make_shared<Process>(around_.world);
    process->ledger.permits_everything = permits_everything_;
    load_blocks(*process);
    process_ = process;

    node::CoreOptions core;
    node::ConsensusOptions& options = core.consensus;
    options.genesis_hash = around_.world.genesis_hash();
    options.idle_interval_ms = around_.options.idle_interval_seconds * 1000;
    options.signer = is_observer_ ? nullptr : &signer_;
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
    stored_blocks_.resize(std::min(stored_blocks_.size(), blocks_.content().size() / stored_block_bytes));
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
    for (auto& event : std::exchange(waiting_, {})) event();
}

void Node::wipe() {
    vm::check(!process_, "a machine is wiped while nothing runs on it");
    around_.trace.line(static_cast<int>(index_), "is wiped");
    journal_.wipe();
    blocks_.wipe();
    journal_entries_.clear();
    stored_blocks_.clear();
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
    blocks_.replace(std::move(content));
    stored_blocks_ = backup.blocks;
}

void Node::restore_journal(const Backup& backup) {
    vm::check(!process_, "files are put back while nothing runs on them");
    around_.trace.line(static_cast<int>(index_), "gets the journal of a backup");
    journal_.replace(backup.journal);
}

void Node::lose_journal() {
    vm::check(!process_, "files are lost while nothing runs on them");
    journal_.wipe();
    journal_entries_.clear();
}

void Node::recover(const node::Checkpoint& checkpoint) {
    checkpoints_.push_back(checkpoint);
    if (!process_) return;
    process_->ledger.recover(checkpoint);
    process_->next_validators = process_->ledger.next_validators();
    feed(node::CheckpointStored{checkpoint});
}

bool Node::damage_journal() {
    return journal_.damage();
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
    append_record(order.record);
    if (process_ != process) return;
    around_.trace.line(static_cast<int>(index_), "journals {}", describe(order.record));
    journal_.sync([this, life = life_, token = order.token](LogFile::Outcome outcome) {
        if (life != life_) return;
        if (outcome == LogFile::Outcome::failed) {
            die("a sync failed", true);
        } else {
            around_.trace.line(static_cast<int>(index_), "has record {} durably", token);
            later(0, [this, token] { feed(node::Persisted{token}); });
        }
    });
}

void Node::perform(const node::DropJournal& order) {
    if (journal_lost_ || journal_.content().size() < journal_compact_bytes) return;
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
    become_final({candidate.block, order.hash, order.certificate}, *candidate.executed);
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
    become_final({block, order.block.hash, order.block.certificate}, **executed);
}

void Node::become_final(const FinalRecord& record, const Executed& executed) {
    Process& process = *process_;
    process.next_is_due = process.ledger.next_is_due(executed);
    process.ledger.apply(executed);
    process.head_validators = std::exchange(process.next_validators, process.ledger.next_validators());
    process.settings = vm::read_settings(process.ledger.state());
    process.numbers[record.hash] = record.block->header.number;
    process.finals.push_back(record);
    const auto number = process.ledger.number();
    std::erase_if(process.candidates,
                  [&](const auto& entry) { return entry.second.block && entry.second.block->header.number <= number; });
    for (const auto& [address, change] : executed.result.changes.accounts)
        if (change.account) process.pool.advance(address, change.account->nonce);
    if (executed.result.changes.accounts.contains(vm::permissions_address)) {
        process.nodes = node::admitted_nodes(process.ledger.state());
        process.pool.recheck([&](const vm::Address& sender) { return judge(sender); });
    }
    around_.trace.line(static_cast<int>(index_), "final: {} {} with {} transactions, round {}", number.value,
                       short_hash(record.hash), record.block->transactions.size(), record.certificate.round);
    if (is_honest)
        around_.checker.finalised(index_, record, executed.result.receipts, process.head_validators,
                                  executed.result.next_validators);
    if (on_final) on_final(record);

    vm::Bytes stored(stored_block_bytes);
    std::ranges::copy(record.hash.bytes, stored.begin());
    if (!blocks_.append(stored)) {
        die("its disk is full", false);
        return;
    }
    stored_blocks_.push_back(record);
    blocks_.sync([this, life = life_, number](LogFile::Outcome outcome) {
        if (life != life_) return;
        if (outcome == LogFile::Outcome::failed) {
            die("a sync failed", true);
        } else {
            later(0, [this, number] { feed(node::BlockSynced{number}); });
        }
    });
    feed(node::NodeCore::Applied{head_block(), process.nodes});
}

void Node::perform(const node::Notice& notice) {
    around_.marks.hit(name(notice.kind));
    if (notice.kind == node::NoticeKind::block_invalid) invalid_ = notice.detail;
    if (notice.kind == node::NoticeKind::round_timed_out) ++counters_.timeouts;
    if (notice.kind == node::NoticeKind::round_change_sent) ++counters_.round_changes;
    around_.trace.line(static_cast<int>(index_), "{} {}/{} {}", name(notice.kind), notice.view.number.value,
                       notice.view.round, notice.detail);
}

// ---- Network ----

std::optional<std::size_t> Node::index_of(const vm::Address& address) const {
    const auto found = std::ranges::find(around_.addresses, address);
    if (found == around_.addresses.end()) return std::nullopt;
    return static_cast<std::size_t>(found - around_.addresses.begin());
}

bool Node::is_own(const node::Message& message) const {
    const node::SigningDomain domain{around_.world.genesis_hash(), process_->core->consensus_why().instance};
    return around_.signatures.signer(node::signed_digest(message, domain), node::signature_of(message)) ==
           person_.address;
}

void Node::perform(const node::NodeCore::Send& order) {
    const auto said = message_of(*order.frame);
    vm::check(said.has_value(), "a frame of our own is read back");
    if (const auto* status = std::get_if<node::wire::Status>(&*said); status != nullptr && liar_) {
        auto shown = *status;
        if (liar_->lies_in_sync() && random_.below(4) == 0) {
            around_.marks.hit("lie: height");
            shown.head.value += 1 + random_.below(1'000);
            if (shown.certificate.empty()) shown.certificate = {1};
        }
        send(order.to, frame_of(shown));
        return;
    }
    // What others would refuse is not shown to them before it stands in a block.
    const bool shows =
        std::holds_alternative<node::wire::Transactions>(*said) || std::holds_alternative<node::wire::Announce>(*said);
    if (permits_everything_ && shows) return;
    const auto* consensus = std::get_if<node::wire::Consensus>(&*said);
    if (consensus == nullptr) {
        send(order.to, order.frame);
        return;
    }
    const auto message = node::decode_message(consensus->encoded);
    vm::check(message.has_value() && node::encode_message(*message) == consensus->encoded,
              "a message of our own is read back");
    send_own(*message, order.to, order.frame);
}

void Node::send_own(const node::Message& message, const std::vector<vm::Address>& to, const Frame& frame) {
    // What others signed may be handed on; it is not audited here again.
    if (!is_own(message)) {
        around_.marks.hit("message passed on");
        send_message(message, to, frame);
        return;
    }
    if (const auto* prepare = std::get_if<node::Prepare>(&message); prepare != nullptr && is_honest) {
        // A block of round 0 is fresh: 5 s behind at most when it came, and no pause or fetch here lasts much longer.
        const auto candidate = process_->candidates.find(prepare->subject.hash);
        if (prepare->subject.round == 0 && candidate != process_->candidates.end() && candidate->second.block &&
            candidate->second.block->header.timestamp.seconds + 45 < now().clock.seconds)
            around_.checker.fail("n{} prepares a block that is dated back", index_);
    }
    if (is_honest && !is_observer_)
        around_.checker.signed_message(index_, process_->core->consensus_why().instance, message, durable_journal());
    if (liar_) {
        liar_->would_send(message, to);
    } else {
        send_message(message, to, frame);
    }
}

void Node::send_message(const node::Message& message, const std::vector<vm::Address>& to, const Frame& frame) {
    if (!process_) return;
    around_.trace.line(static_cast<int>(index_), "sends {}", describe(message));
    for (const auto& address : to) {
        const auto receiver = index_of(address);
        if (!receiver || *receiver == index_ || !around_.network->connected(index_, *receiver)) continue;
        if (around_.holds_back && around_.holds_back(index_, *receiver, message)) continue;
        ++counters_.consensus_messages;
        transmit(*receiver, frame);
    }
}

void Node::corrupt() {
    is_honest = false;
    Liar::Hands hands;
    hands.send = [this](const node::Message& message, const std::vector<vm::Address>& to) {
        send_message(message, to, frame_of(node::wire::Consensus{node::encode_message(message)}));
    };
    hands.other_block = [this] { return other_block(); };
    hands.number = [this] { return process_ ? next(process_->ledger.number()) : vm::BlockNumber{}; };
    hands.validators = [this] { return process_ ? process_->next_validators : std::vector<vm::Address>{}; };
    liar_ = std::make_unique<Liar>(random_.branch("liar"), around_.marks, signer_, around_.world.genesis_hash(),
                                   std::move(hands));
    garbles_ = random_.below(4) == 0;
}

void Node::permit_everything() {
    is_honest = false;
    permits_everything_ = true;
    if (process_) process_->ledger.permits_everything = true;
}

ExecutedPtr Node::other_block() {
    if (!process_) return nullptr;
    node::Pool empty;
    const auto time =
        node::block_time(process_->settings, process_->ledger.head().timestamp, clock_.utc(around_.scheduler.now()));
    const auto executed = process_->ledger.build(empty, {{time.seconds + random_.below(2)}, person_.address}, true);
    auto& candidate = process_->candidates[executed->hash];
    candidate.block = std::shared_ptr<const vm::RecoveredBlock>(executed, &executed->block);
    candidate.executed = executed;
    return executed;
}

void Node::send(const std::vector<vm::Address>& to, const Frame& frame) {
    for (const auto& address : to)
        if (const auto receiver = index_of(address)) transmit(*receiver, frame);
}

void Node::transmit(std::size_t to, const Frame& frame) {
    if (!garbles_ || random_.below(garbled_of) != 0) {
        around_.network->send(index_, to, frame);
        return;
    }
    around_.marks.hit("lie: garbage");
    auto garbled = *frame;
    garbled[random_.below(garbled.size())] ^= static_cast<std::uint8_t>(1 + random_.below(255));
    if (random_.below(2) == 0) garbled.resize(1 + random_.below(garbled.size()));
    around_.network->send(index_, to, std::make_shared<const vm::Bytes>(std::move(garbled)));
}

void Node::perform(const node::NodeCore::Disconnect& order) {
    around_.marks.hit("peer disconnected");
    const auto peer = index_of(order.peer);
    if (peer) around_.network->break_connection(index_, *peer);
}

void Node::perform(const node::NodeCore::Pause& order) {
    const auto peer = index_of(order.peer);
    if (!peer) return;
    auto& reading = process_->reading[*peer];
    reading.paused_until = order.until;
    const Micros when = clock_.when_monotonic_ms(order.until.ms, around_.scheduler.now());
    later(when - around_.scheduler.now(), [this, from = *peer] { read(from); });
}

/// A liar hears votes before the honest machine does.
void Node::listen(const vm::Bytes& frame) {
    const auto said = message_of(frame);
    const auto* consensus = said ? std::get_if<node::wire::Consensus>(&*said) : nullptr;
    if (consensus == nullptr) return;
    if (const auto message = node::decode_message(consensus->encoded)) liar_->heard(*message);
}

/// What came from a peer is told, as long as it is to be read.
void Node::read(std::size_t from) {
    const auto process = process_;
    if (!process) return;
    auto& reading = process->reading[from];
    while (process_ == process && !reading.frames.empty() && reading.paused_until <= now().at) {
        const auto frame = std::move(reading.frames.front());
        reading.frames.pop_front();
        if (liar_) listen(*frame);
        feed(node::NodeCore::FrameReceived{around_.addresses[from], frame});
    }
}

void Node::on_frame(std::size_t from, const Frame& frame) {
    later(0, [this, from, frame] {
        if (!process_) return;
        process_->reading[from].frames.push_back(frame);
        read(from);
    });
}

void Node::on_connection(std::size_t peer, bool up) {
    later(0, [this, peer, up] {
        if (!process_ || around_.network->connected(index_, peer) != up) return;
        process_->reading.erase(peer);
        if (up) {
            feed(node::NodeCore::Connected{around_.addresses[peer], index_ < peer});
        } else {
            feed(node::NodeCore::Gone{around_.addresses[peer]});
        }
    });
}

void Node::perform(const node::NodeCore::ServeHeaders& order) {
    const auto read = [this](vm::BlockNumber number) -> std::optional<node::wire::CertifiedHeader> {
        const auto& finals = process_->finals;
        if (number.value == 0 || number.value > finals.size()) return std::nullopt;
        const auto& record = finals[number.value - 1];
        return node::wire::CertifiedHeader{vm::encode_header(record.block->header),
                                           node::encode_certificate(record.certificate)};
    };
    auto headers = node::answer(order.request, read);
    if (liar_ && liar_->lies_in_sync() && random_.below(2) == 0) {
        around_.marks.hit("lie: sync");
        node::Certificate none;
        none.seals.push_back(node::make_seal(person_.key, vm::Hash{}));
        headers.headers = {{vm::encode_header(other_block()->block.header), node::encode_certificate(none)}};
    }
    send({order.to}, frame_of(headers));
}

void Node::perform(const node::NodeCore::ServeBlocks& order) {
    const auto read = [this](const vm::Hash& hash) -> std::optional<node::wire::EncodedBlock> {
        std::shared_ptr<const vm::RecoveredBlock> block;
        if (const auto number = process_->numbers.find(hash); number != process_->numbers.end())
            block = process_->finals[number->second.value - 1].block;
        if (const auto found = process_->candidates.find(hash); found != process_->candidates.end())
            block = found->second.block;
        if (!block) return std::nullopt;
        node::wire::EncodedBlock encoded{vm::encode_header(block->header), {}};
        for (const auto& transaction : block->transactions)
            encoded.transactions.push_back(vm::encode_transaction(transaction.tx));
        return encoded;
    };
    around_.marks.hit("body fetched");
    send({order.to}, frame_of(node::answer(order.request, read)));
}

void Node::perform(const node::NodeCore::Blamed& order) {
    around_.marks.hit("peer blamed");
    around_.trace.line(static_cast<int>(index_), "holds it against n{} that it {}", index_of(order.peer).value_or(99),
                       node::to_string(order.misdeed));
}

void Node::perform(const node::NodeCore::RefusedBy& order) {
    if (order.reason == node::wire::Refusal::not_admitted) around_.marks.hit("not admitted");
    around_.trace.line(static_cast<int>(index_), "is refused by n{}", index_of(order.peer).value_or(99));
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
