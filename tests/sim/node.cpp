#include "sim/node.hpp"

#include <algorithm>
#include <utility>

#include "node/chain/clock.hpp"
#include "sim/describe.hpp"
#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"
#include "vm/native/addresses.hpp"

namespace talea::sim {
namespace {

constexpr Micros body_retry = 200 * millisecond;
constexpr Micros status_every = 1 * second;
constexpr Micros sync_retry = 500 * millisecond;
constexpr std::size_t sync_batch = 32;
constexpr std::size_t journal_compact_bytes = 24 * 1024;
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

    node::ConsensusOptions options;
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
        process->candidates[body->hash].block = std::make_shared<const vm::RecoveredBlock>(*std::move(recovered));
    }
    around_.trace.line(static_cast<int>(index_), "starts at block {}{}", process->ledger.number().value,
                       options.journal == node::JournalStatus::lost ? ", without a journal" : "");
    process->consensus = std::make_unique<node::Consensus>(std::move(options), head_block());
    for (const auto& action : process->consensus->start(now())) {
        perform(action);
        if (process_ != process) return;
    }
    if (!checkpoints_.empty()) feed(node::CheckpointStored{checkpoints_.back()});
    if (process_ != process) return;
    around_.network->start_node(index_);
    plan_status();
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
    if (process_) feed(node::CheckpointStored{checkpoint});
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

void Node::perform_persist(const node::Persist& order) {
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

void Node::drop_journal(vm::BlockNumber number) {
    if (journal_lost_ || journal_.content().size() < journal_compact_bytes) return;
    index_journal(node::compact(journal_records_, next(number)));
}

void Node::load_blocks(Process& process) {
    process.next_validators = vm::read_validators(process.ledger.state());
    process.settings = vm::read_settings(process.ledger.state());
    for (const auto& record : stored_blocks_) {
        const auto executed = process.ledger.execute(*record.block);
        vm::check(executed.has_value(), "a stored block is valid");
        process.next_is_due = process.ledger.next_is_due(**executed);
        process.ledger.apply(**executed);
        process.head_validators = std::exchange(process.next_validators, (*executed)->result.next_validators);
        process.settings = vm::read_settings(process.ledger.state());
        process.finals.push_back(record);
    }
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

void Node::feed(node::Event event) {
    const auto process = process_;
    if (!process) return;
    process->events.push_back(std::move(event));
    if (process->stepping) return;
    process->stepping = true;
    while (process_ == process && !process->events.empty()) {
        const node::Event first = std::move(process->events.front());
        process->events.erase(process->events.begin());
        // Asked for and forgotten in one step: the block is not there any more.
        if (const auto* block = std::get_if<node::BlockAvailable>(&first))
            if (const auto at = process->candidates.find(vm::header_hash(block->header));
                at == process->candidates.end() || !at->second.block)
                continue;
        for (const auto& action : process->consensus->step(first, now())) {
            perform(action);
            if (process_ != process) return;
        }
    }
    process->stepping = false;
}

void Node::perform(const node::Action& action) {
    if (const auto* broadcast = std::get_if<node::Broadcast>(&action)) {
        send_own(broadcast->message, broadcast->to);
    } else if (const auto* single = std::get_if<node::SendTo>(&action)) {
        send_own(single->message, {single->to});
    } else if (const auto* persist = std::get_if<node::Persist>(&action)) {
        perform_persist(*persist);
    } else if (const auto* keep = std::get_if<node::KeepBody>(&action)) {
        const auto& candidate = process_->candidates[keep->hash];
        vm::check(candidate.block != nullptr, "a body that is kept is there");
        append_record(node::BodyRecord{keep->number, keep->hash, vm::encode_block(vm::plain_block(*candidate.block))});
    } else if (const auto* drop = std::get_if<node::DropJournal>(&action)) {
        drop_journal(drop->number);
    } else if (const auto* timer = std::get_if<node::SetTimer>(&action)) {
        set_timer(*timer);
    } else if (const auto* order = std::get_if<node::FetchBlock>(&action)) {
        process_->fetches[order->hash] = {*order, 0, 0};
        fetch(order->hash);
    } else if (const auto* run = std::get_if<node::Execute>(&action)) {
        execute(*run);
    } else if (const auto* make = std::get_if<node::Build>(&action)) {
        build(*make);
    } else if (const auto* final = std::get_if<node::Finalise>(&action)) {
        finalise(*final);
    } else if (const auto* forget = std::get_if<node::Forget>(&action)) {
        process_->candidates.erase(forget->hash);
        process_->fetches.erase(forget->hash);
    } else if (const auto* show = std::get_if<node::ShowHead>(&action)) {
        if (const auto to = index_of(show->to)) announce_head(*to);
    } else if (const auto* said = std::get_if<node::Notice>(&action)) {
        tell(*said);
    } else {
        halt(std::get<node::Halt>(action).sentence);
    }
}

void Node::set_timer(const node::SetTimer& order) {
    const std::uint64_t serial = ++process_->timer;
    if (!order.at) return;
    const Micros when = clock_.when_monotonic_ms(order.at->ms, around_.scheduler.now());
    later(when - around_.scheduler.now(), [this, serial] {
        if (process_ && process_->timer == serial) feed(node::TimerExpired{});
    });
}

void Node::fetch(const vm::Hash& hash) {
    const auto found = process_->fetches.find(hash);
    if (found == process_->fetches.end()) return;
    if (const auto candidate = process_->candidates.find(hash);
        candidate != process_->candidates.end() && candidate->second.block) {
        available(hash);
        return;
    }
    auto& fetch = found->second;
    if (fetch.order.header && fetch.order.transactions) {
        auto block = std::make_shared<vm::RecoveredBlock>();
        block->header = *fetch.order.header;
        for (const auto& wanted : *fetch.order.transactions) {
            const auto known = process_->pool.find(wanted);
            if (!known) break;
            block->transactions.push_back(*known);
        }
        if (block->transactions.size() == fetch.order.transactions->size()) {
            // Other transactions under a header are the proposer's lie, and known by execution.
            process_->candidates[hash].block = std::move(block);
            available(hash);
            return;
        }
    }
    if (!fetch.order.from.empty()) {
        const auto from = index_of(fetch.order.from[fetch.asked++ % fetch.order.from.size()]);
        around_.marks.hit("body fetched");
        if (from && *from != index_) {
            Packet request;
            request.kind = Packet::Kind::get_block;
            request.hash = hash;
            send(*from, std::move(request));
        }
    }
    const std::uint64_t serial = ++fetch.serial;
    later(body_retry, [this, hash, serial] {
        if (!process_) return;
        const auto again = process_->fetches.find(hash);
        if (again != process_->fetches.end() && again->second.serial == serial) this->fetch(hash);
    });
}

void Node::available(const vm::Hash& hash) {
    process_->fetches.erase(hash);
    const auto& block = process_->candidates[hash].block;
    node::BlockAvailable event;
    event.header = block->header;
    for (const auto& transaction : block->transactions) event.transactions.push_back(transaction.hash);
    feed(std::move(event));
}

void Node::execute(const node::Execute& order) {
    later(around_.options.execution, [this, order] {
        if (!process_) return;
        const auto found = process_->candidates.find(order.hash);
        if (found == process_->candidates.end() || !found->second.block) return;
        auto& candidate = found->second;
        if (candidate.block->header.parent_hash != process_->ledger.head_hash()) return;  // the height was left
        const auto execution = process_->ledger.execute(*candidate.block);
        node::Executed event;
        event.number = order.number;
        event.hash = order.hash;
        if (execution) {
            candidate.executed = *execution;
            event.outcome =
                node::ExecutedBlockFacts{(*execution)->result.next_validators,
                                         process_->ledger.next_is_due(**execution), around_.options.execution / 1000};
        } else {
            event.outcome = std::unexpected(vm::to_string(execution.error()));
        }
        feed(std::move(event));
    });
}

void Node::build(const node::Build& order) {
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

void Node::finalise(const node::Finalise& order) {
    const auto found = process_->candidates.find(order.hash);
    vm::check(found != process_->candidates.end() && found->second.executed != nullptr,
              "what is finalised was executed here");
    const auto candidate = found->second;
    become_final({candidate.block, order.hash, order.certificate}, *candidate.executed);
    if (process_ && process_->pool.has_candidates()) feed(node::WorkPending{});
}

void Node::become_final(const FinalRecord& record, const Executed& executed) {
    Process& process = *process_;
    process.next_is_due = process.ledger.next_is_due(executed);
    process.ledger.apply(executed);
    process.head_validators = std::exchange(process.next_validators, executed.result.next_validators);
    process.settings = vm::read_settings(process.ledger.state());
    process.finals.push_back(record);
    const auto number = process.ledger.number();
    std::erase_if(process.candidates,
                  [&](const auto& entry) { return entry.second.block && entry.second.block->header.number <= number; });
    std::erase_if(process.fetches, [&](const auto& entry) { return entry.second.order.number <= number; });
    for (const auto& [address, change] : executed.result.changes.accounts)
        if (change.account) process.pool.advance(address, change.account->nonce);
    if (executed.result.changes.accounts.contains(vm::permissions_address))
        process.pool.recheck([&](const vm::Address& sender) { return judge(sender); });
    around_.trace.line(static_cast<int>(index_), "final: {} {} with {} transactions, round {}", number.value,
                       short_hash(record.hash), record.block->transactions.size(), record.certificate.round);
    if (is_honest)
        around_.checker.finalised(index_, record, executed.result.receipts, process.head_validators,
                                  process.next_validators);
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
    // Whoever only follows hears it from one validator; the others say so with their next status.
    if (!is_observer_ && number.value % process.next_validators.size() == index_ % process.next_validators.size())
        for (std::size_t peer = 0; peer < around_.addresses.size(); ++peer)
            if (peer != index_ && !std::ranges::binary_search(process.next_validators, around_.addresses[peer]))
                announce_head(peer);
}

void Node::tell(const node::Notice& notice) {
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
    const node::SigningDomain domain{around_.world.genesis_hash(), process_->consensus->why().instance};
    const auto by_me = [&](const vm::Hash& digest, const node::Seal& seal) {
        return around_.signatures.signer(digest, seal) == person_.address;
    };
    if (const auto* proposal = std::get_if<node::Proposal>(&message)) {
        const node::VoteSubject subject{proposal->header.number, proposal->round, vm::header_hash(proposal->header)};
        return by_me(node::proposal_digest(domain, subject, proposal->transactions), proposal->signature);
    }
    if (const auto* prepare = std::get_if<node::Prepare>(&message))
        return by_me(node::vote_digest(node::MessageCode::prepare, domain, prepare->subject), prepare->signature);
    if (const auto* commit = std::get_if<node::Commit>(&message))
        return by_me(node::vote_digest(node::MessageCode::commit, domain, commit->subject), commit->signature);
    if (const auto* change = std::get_if<node::RoundChange>(&message))
        return by_me(node::round_change_digest(domain, change->number, change->round, change->claim.prepared),
                     change->claim.signature);
    return true;
}

void Node::send_own(const node::Message& message, const std::vector<vm::Address>& to) {
    // What others signed may be handed on; it is not audited here again.
    if (!is_own(message)) {
        send_message(message, to);
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
        around_.checker.signed_message(index_, process_->consensus->why().instance, message, durable_journal());
    if (liar_) {
        liar_->would_send(message, to);
    } else {
        send_message(message, to);
    }
}

void Node::send_message(const node::Message& message, const std::vector<vm::Address>& to) {
    if (!process_) return;
    around_.trace.line(static_cast<int>(index_), "sends {}", describe(message));
    auto decoded = node::decode_message(node::encode_message(message));
    vm::check(decoded.has_value() && *decoded == message, "a message of our own is read back");
    auto packet = std::make_shared<Packet>();
    packet->kind = Packet::Kind::consensus;
    packet->message = *std::move(decoded);
    for (const auto& address : to) {
        const auto receiver = index_of(address);
        if (!receiver || *receiver == index_ || !around_.network->connected(index_, *receiver)) continue;
        if (around_.holds_back && around_.holds_back(index_, *receiver, message)) continue;
        ++counters_.consensus_messages;
        around_.network->send(index_, *receiver, packet);
    }
}

void Node::corrupt() {
    is_honest = false;
    Liar::Hands hands;
    hands.send = [this](const node::Message& message, const std::vector<vm::Address>& to) {
        send_message(message, to);
    };
    hands.other_block = [this] { return other_block(); };
    hands.number = [this] { return process_ ? next(process_->ledger.number()) : vm::BlockNumber{}; };
    hands.validators = [this] { return process_ ? process_->next_validators : std::vector<vm::Address>{}; };
    liar_ = std::make_unique<Liar>(random_.branch("liar"), around_.marks, signer_, around_.world.genesis_hash(),
                                   std::move(hands));
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

void Node::send(std::size_t to, Packet packet) {
    around_.network->send(index_, to, std::make_shared<const Packet>(std::move(packet)));
}

void Node::on_frame(std::size_t from, const Frame& frame) {
    later(0, [this, from, frame] {
        if (!process_) return;
        if (frame->kind == Packet::Kind::consensus) {
            if (liar_) liar_->heard(*frame->message);
            feed(node::MessageReceived{*frame->message});
        } else {
            serve(from, *frame);
        }
    });
}

void Node::serve(std::size_t from, const Packet& packet) {
    switch (packet.kind) {
        case Packet::Kind::consensus:
        case Packet::Kind::garbage:
            return;
        case Packet::Kind::transactions:
            for (const auto& transaction : packet.transactions) static_cast<void>(take_transaction(transaction, false));
            return;
        case Packet::Kind::get_block: {
            Packet answer;
            answer.kind = Packet::Kind::block;
            answer.hash = packet.hash;
            if (const auto found = process_->candidates.find(packet.hash); found != process_->candidates.end())
                answer.block = found->second.block;
            if (answer.block) send(from, std::move(answer));
            return;
        }
        case Packet::Kind::block: {
            if (!process_->fetches.contains(packet.hash) || vm::header_hash(packet.block->header) != packet.hash)
                return;
            process_->candidates[packet.hash].block = packet.block;
            available(packet.hash);
            return;
        }
        case Packet::Kind::get_finals: {
            Packet answer;
            answer.kind = Packet::Kind::finals;
            const auto& finals = process_->finals;
            for (std::uint64_t i = packet.number.value - 1; i < finals.size() && answer.finals.size() < sync_batch; ++i)
                answer.finals.push_back(finals[i]);
            if (liar_ && liar_->lies_in_sync() && random_.below(2) == 0) {
                const auto unfinal = other_block();
                around_.marks.hit("lie: sync");
                node::Certificate none;
                none.seals.push_back(node::make_seal(person_.key, vm::Hash{}));
                answer.finals = {
                    {std::shared_ptr<const vm::RecoveredBlock>(unfinal, &unfinal->block), unfinal->hash, none}};
            }
            if (!answer.finals.empty()) send(from, std::move(answer));
            return;
        }
        case Packet::Kind::finals:
            import(packet.finals, from);
            return;
        case Packet::Kind::head: {
            if (packet.number <= process_->ledger.number()) return;
            // Consensus itself will most likely have the block in a moment.
            later(is_observer_ ? 0 : 50 * millisecond, [this, from, number = packet.number] {
                if (!process_ || number <= process_->ledger.number()) return;
                const Micros at = around_.scheduler.now();
                if (process_->blocks_asked == next(process_->ledger.number()) &&
                    at < process_->blocks_asked_at + sync_retry)
                    return;
                process_->blocks_asked = next(process_->ledger.number());
                process_->blocks_asked_at = at;
                Packet request;
                request.kind = Packet::Kind::get_finals;
                request.number = process_->blocks_asked;
                send(from, std::move(request));
            });
            return;
        }
    }
}

void Node::import(const std::vector<FinalRecord>& records, std::size_t from) {
    const auto process = process_;
    bool moved = false;
    for (const auto& record : records) {
        const auto& header = record.block->header;
        if (header.number != next(process->ledger.number())) continue;
        const vm::Hash hash = vm::header_hash(header);
        const node::SealedBlock sealed{around_.world.genesis_hash(), record.certificate.instance, header.number,
                                       record.certificate.round, hash};
        if (header.parent_hash != process->ledger.head_hash() ||
            sealed.instance != node::instance_of(header.number, checkpoints_) ||
            !node::verify_certificate(record.certificate, sealed, process->next_validators, around_.signatures))
            break;
        const auto executed = process->ledger.execute(*record.block);
        if (!executed) {
            halt("a certified block is invalid: " + vm::to_string(executed.error()));
            return;
        }
        around_.marks.hit("block imported");
        become_final({record.block, hash, record.certificate}, **executed);
        if (process_ != process) return;
        moved = true;
    }
    if (!moved) return;
    feed(node::BlockApplied{head_block()});
    if (process_ != process) return;
    if (process->pool.has_candidates()) feed(node::WorkPending{});
    if (process_ == process && records.size() == sync_batch) {
        Packet request;
        request.kind = Packet::Kind::get_finals;
        request.number = next(process->ledger.number());
        send(from, std::move(request));
    }
}

void Node::announce_head(std::size_t to) {
    Packet packet;
    packet.kind = Packet::Kind::head;
    packet.number = process_->ledger.number();
    if (liar_ && liar_->lies_in_sync() && random_.below(4) == 0) {
        around_.marks.hit("lie: height");
        packet.number.value += 1 + random_.below(1'000);
    }
    send(to, std::move(packet));
}

void Node::plan_status() {
    later(status_every, [this] {
        if (!process_) return;
        for (std::size_t peer = 0; peer < around_.addresses.size(); ++peer)
            if (peer != index_) announce_head(peer);
        plan_status();
    });
}

void Node::on_connection(std::size_t peer, bool up) {
    later(0, [this, peer, up] {
        if (!process_ || around_.network->connected(index_, peer) != up) return;
        const auto process = process_;
        if (up) {
            feed(node::PeerConnected{around_.addresses[peer]});
        } else {
            feed(node::PeerDisconnected{around_.addresses[peer]});
        }
        if (process_ != process || !up) return;
        announce_head(peer);
        Packet packet;
        packet.kind = Packet::Kind::transactions;
        for (const auto& queue : process_->pool.candidates(1'024))
            for (const auto& transaction : queue.txs) packet.transactions.push_back(transaction);
        if (!packet.transactions.empty()) send(peer, std::move(packet));
    });
}

bool Node::submit(const SignedTransaction& transaction) {
    if (!process_ || paused_) return false;
    return take_transaction(transaction, true);
}

node::SenderJudgement Node::judge(const vm::Address& sender) const {
    const auto& state = process_->ledger.state();
    const auto account = state.account(sender);
    node::SenderJudgement judged;
    if (permits_everything_) {
        judged.facts.account_nonce = account ? account->nonce : 0;
        return judged;
    }
    judged.facts.account_nonce = account ? account->nonce : 0;
    judged.facts.is_operator =
        vm::has_role(state, sender, vm::role::admin) || vm::has_role(state, sender, vm::role::network);
    judged.may_transact = vm::has_role(state, sender, vm::role::transact);
    judged.may_deploy = vm::has_role(state, sender, vm::role::deploy);
    return judged;
}

bool Node::take_transaction(const SignedTransaction& transaction, bool from_client) {
    const auto judged = judge(transaction->sender);
    if (!judged.may_transact || transaction->tx.nonce < judged.facts.account_nonce) return false;
    const auto origin = from_client ? node::TxOrigin::client : node::TxOrigin::peer;
    if (!process_->pool.add(transaction, judged.facts, origin, now().at)) return false;
    // What others would refuse is not shown to them before it stands in a block.
    if (from_client && !permits_everything_) {
        Packet packet;
        packet.kind = Packet::Kind::transactions;
        packet.transactions.push_back(transaction);
        const auto shared = std::make_shared<const Packet>(std::move(packet));
        for (std::size_t peer = 0; peer < around_.addresses.size(); ++peer)
            if (peer != index_) around_.network->send(index_, peer, shared);
    }
    if (process_->pool.has_candidates()) feed(node::WorkPending{});
    return true;
}

const Ledger& Node::ledger() const {
    vm::check(process_ != nullptr, "a node that runs has a ledger");
    return process_->ledger;
}

Node::Sizes Node::sizes() const {
    if (!process_) return {0, 0, 0, journal_.content().size()};
    const auto counts = process_->pool.counts();
    return {process_->candidates.size(), process_->fetches.size(), counts.pending + counts.queued,
            journal_.content().size()};
}

node::Why Node::why() const {
    vm::check(process_ != nullptr, "a node that runs explains itself");
    return process_->consensus->why();
}

}  // namespace talea::sim
