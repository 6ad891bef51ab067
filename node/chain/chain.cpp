#include "node/chain/chain.hpp"

#include <algorithm>
#include <utility>

#include "node/base/limits.hpp"
#include "node/base/log.hpp"
#include "node/base/stop.hpp"
#include "node/chain/checkpoints.hpp"
#include "node/chain/clock.hpp"
#include "node/chain/genesis_record.hpp"
#include "node/consensus/certificate.hpp"
#include "node/pool/block_order.hpp"
#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"
#include "vm/state/state.hpp"

namespace talea::node {

std::string to_string(const SubmitFailure& failure) {
    return std::visit([](const auto& what) { return std::string(to_string(what)); }, failure.what);
}

std::expected<std::unique_ptr<Chain>, OpenFailure> Chain::open(const vm::Genesis& genesis, ChainOptions options) {
    if (!options.utc) options.utc = utc_now;
    const auto record = genesis_record(genesis);
    auto database = Database::open(options.database_path, record, options.database);
    if (!database) return std::unexpected(database.error());
    return std::unique_ptr<Chain>(new Chain(genesis, record.hash, std::move(options), std::move(*database)));
}

Chain::Chain(const vm::Genesis& genesis, const vm::Hash& genesis_hash, ChainOptions options,
             std::unique_ptr<Database> database)
    : parameters_(vm::parameters_of(genesis, genesis_hash)),
      options_(std::move(options)),
      idle_interval_ms_(genesis.talea.idle_interval_seconds * 1000),
      validator_(options_.validator ? std::optional(vm::address_of(*options_.validator)) : std::nullopt),
      database_(std::move(database)),
      workshop_(*database_, parameters_, pool_, options_.block_candidates_max) {
    const ChainReader blocks(database_->store());
    auto header = blocks.header(database_->head());
    const auto hash = blocks.hash(database_->head());
    if (!header || !hash) damaged("the head");
    publish(std::move(*header), *hash);
    checkpoints_ = stored_checkpoints(blocks);
    const auto* recovery = checkpoint_before(next(database_->head()), checkpoints_);
    validators_ = recovery != nullptr ? recovery->validators : vm::read_validators(database_->state());
    seals_ = validator_ && validators_.size() == 1 && validators_.front() == *validator_;
}

Chain::~Chain() {
    stop();
}

HeadPtr Chain::head() const {
    const std::lock_guard lock(head_mutex_);
    return head_;
}

void Chain::publish(vm::Header header, const vm::Hash& hash) {
    auto head = std::make_shared<const Head>(database_->snapshot(), database_->codes(), std::move(header), hash);
    {
        const std::lock_guard lock(head_mutex_);
        head_ = std::move(head);
    }
    head_moved_.notify_all();
}

vm::BlockContext Chain::pending_context(const Head& head) const {
    const auto settings = vm::next_block_settings(parameters_, head.state());
    const auto time = block_time(vm::read_settings(head.state()), head.header().timestamp, options_.utc());
    const auto beneficiary = validator_.value_or(head.header().beneficiary);
    return vm::block_context(
        parameters_, vm::make_qbft_header(head.header(), head.hash(), parameters_.fork, settings, {time, beneficiary}));
}

std::expected<vm::Hash, SubmitFailure> Chain::submit(vm::BytesView encoded) {
    if (encoded.size() > limits::tx_bytes_max) return std::unexpected(SubmitFailure{PoolError::too_large, {}});
    auto decoded = vm::decode_transaction(encoded);
    if (!decoded) return std::unexpected(SubmitFailure{decoded.error(), {}});
    auto recovered = vm::recover(std::move(*decoded));
    if (!recovered) return std::unexpected(SubmitFailure{vm::TxError::invalid_signature, {}});
    const auto sender = recovered->sender;
    const auto refuse = [&](auto what) { return std::unexpected(SubmitFailure{what, sender}); };

    const auto head = this->head();
    vm::State state(head->state());
    state.begin_transaction();
    const auto account_nonce = state.nonce(sender);
    const auto nonce = recovered->tx.nonce;
    if (nonce < account_nonce)
        return pool_.find(recovered->hash) ? refuse(PoolError::already_known) : refuse(vm::TxError::nonce_too_low);
    const auto context = pending_context(*head);
    // Every rule but the order of nonces is asked as if it were this one's turn.
    recovered->tx.nonce = account_nonce;
    const auto valid = vm::validate_transaction(state, context, vm::talea_rules(), *recovered, context.gas_limit, 0);
    recovered->tx.nonce = nonce;
    if (!valid) return refuse(valid.error());

    const SenderFacts facts{account_nonce, vm::has_role(head->state(), sender, vm::role::admin) ||
                                               vm::has_role(head->state(), sender, vm::role::network)};
    const auto hash = recovered->hash;
    auto added = pool_.add(std::make_shared<const vm::RecoveredTransaction>(std::move(*recovered)), facts);
    if (!added) return refuse(added.error());
    // A block may have become final since the facts were read; the writer has told the pool before, not after, us.
    if (const auto newer = this->head(); newer != head) {
        const auto account = newer->state().account(sender);
        pool_.advance(sender, account ? account->nonce : 0);
    }
    {
        const std::lock_guard lock(wake_mutex_);
        pool_filled_ = true;
    }
    wake_.notify_one();
    return hash;
}

bool Chain::wait_for(const vm::Hash& transaction, std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    auto head = this->head();
    while (true) {
        if (head->blocks().find(transaction)) return true;
        std::unique_lock lock(head_mutex_);
        if (head_ == head && pool_.find(transaction) == nullptr) return false;
        if (!head_moved_.wait_until(lock, deadline, [&] { return head_ != head || waiters_released_; })) return false;
        if (waiters_released_) return false;
        head = head_;
    }
}

void Chain::release_waiters() {
    {
        const std::lock_guard lock(head_mutex_);
        waiters_released_ = true;
    }
    head_moved_.notify_all();
}

void Chain::start() {
    if (!seals_ || writer_.joinable()) return;
    writer_ = std::thread([this] { run(); });
}

void Chain::stop() {
    {
        const std::lock_guard lock(wake_mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    if (writer_.joinable()) writer_.join();
}

Instant Chain::now() const {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return {static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count())};
}

/// A checkpoint on the head decides the next block. The first time, consensus hears it as its operator's word, by which
/// votes from before are void even where the journal is lost; after a restart it only stands as it stands.
void Chain::tell_checkpoints(FinalBlock& on) {
    const auto told_before = !database_->take_new_checkpoint();
    for (const auto& checkpoint : checkpoints_) {
        if (checkpoint.number < on.header.number || checkpoint.instance <= on.next_instance) continue;
        if (checkpoint.number == on.header.number && told_before) {
            on.next_validators = checkpoint.validators;
            on.next_instance = checkpoint.instance;
            on.next_is_due = true;
        } else {
            events_.emplace_back(CheckpointStored{checkpoint});
        }
    }
}

/// The machine on the stored head, with what the journal says of earlier votes.
void Chain::make_engine() {
    const auto head = this->head();
    FinalBlock final_block;
    final_block.header = head->header();
    final_block.hash = head->hash();
    final_block.next_validators = vm::read_validators(database_->state());
    final_block.next_instance = sealed_instance(head->blocks(), head->number());
    if (head->number().value > 0) {
        const PastState before(database_->store(), database_->codes(), {head->number().value - 1});
        const auto* recovery = checkpoint_before(head->number(), checkpoints_);
        final_block.validators = recovery != nullptr ? recovery->validators : vm::read_validators(before);
        // The process may have died after a block that asks for another one.
        final_block.next_is_due = vm::read_settings(before) != vm::read_settings(database_->state()) ||
                                  final_block.validators != final_block.next_validators;
    }
    tell_checkpoints(final_block);
    ConsensusOptions options;
    options.genesis_hash = genesis_hash();
    options.idle_interval_ms = idle_interval_ms_;
    signer_.emplace(*options_.validator);
    options.signer = &*signer_;
    options.journal = options_.journal ? options_.journal->status() : JournalStatus::lost;
    if (options_.journal) {
        options.journal_state = summarise(options_.journal->found());
        for (const auto& record : options_.journal->found())
            if (const auto* body = std::get_if<BodyRecord>(&record))
                if (auto block = vm::decode_block(body->encoded))
                    bodies_.insert_or_assign(body->hash, std::move(*block));
    }
    if (options.journal == JournalStatus::lost)
        log_warning("consensus",
                    "the vote journal of {} is missing or damaged: it signs nothing until a quorum of other validators "
                    "says where the chain is",
                    vm::to_hex(*validator_));
    engine_.emplace(std::move(options), std::move(final_block));
}

Now Chain::consensus_now() const {
    return {now(), chain_clock(vm::read_settings(database_->state()), options_.utc())};
}

void Chain::run() {
    make_engine();
    const auto perform = [this](const std::vector<Action>& actions) {
        for (const auto& action : actions) std::visit([this](const auto& order) { act(order); }, action);
    };
    perform(engine_->start(consensus_now()));
    if (pool_.has_candidates()) events_.emplace_back(WorkPending{});
    while (true) {
        // Between two events the chain is whole: a good place to stop.
        while (!events_.empty()) {
            {
                const std::lock_guard lock(wake_mutex_);
                if (stopping_) return;
            }
            const auto event = std::move(events_.front());
            events_.pop_front();
            perform(engine_->step(event, consensus_now()));
        }
        {
            std::unique_lock lock(wake_mutex_);
            const auto woken = [&] { return stopping_ || pool_filled_; };
            if (timer_) {
                const auto deadline = std::chrono::steady_clock::time_point(std::chrono::milliseconds(timer_->ms));
                wake_.wait_until(lock, deadline, woken);
            } else {
                wake_.wait(lock, woken);
            }
            if (stopping_) return;
            if (std::exchange(pool_filled_, false)) events_.emplace_back(WorkPending{});
        }
        if (timer_ && now() >= *timer_) {
            timer_.reset();
            events_.emplace_back(TimerExpired{});
        }
    }
}

void Chain::act(const Persist& order) {
    vm::check(options_.journal != nullptr, "nothing is signed without a journal");
    options_.journal->append(order.record);
    options_.journal->sync();
    events_.emplace_back(Persisted{order.token});
}

void Chain::act(const KeepBody& order) {
    const auto& block = candidates_.at(order.hash).record.block;
    options_.journal->append(BodyRecord{order.number, order.hash, vm::encode_block(block)});
}

void Chain::act(const DropJournal& order) {
    if (options_.journal) options_.journal->drop(order.number);
}

void Chain::act(const SetTimer& order) {
    timer_ = order.at;
}

void Chain::act(const FetchBlock& order) {
    // From the journal; what peers have comes with them.
    const auto known = bodies_.find(order.hash);
    if (known == bodies_.end()) return;
    BlockAvailable available{known->second.header, {}};
    for (const auto& tx : known->second.transactions) available.transactions.push_back(vm::transaction_hash(tx));
    events_.emplace_back(std::move(available));
}

void Chain::act(const Execute& order) {
    auto executed = workshop_.execute(*head(), bodies_.at(order.hash), validators_);
    Executed event{order.number, order.hash, {}};
    if (executed) {
        event.outcome = executed->facts;
        candidates_.insert_or_assign(order.hash, std::move(*executed));
    } else {
        event.outcome = std::unexpected(executed.error());
    }
    events_.emplace_back(std::move(event));
}

void Chain::act(const Build& order) {
    const auto head = this->head();
    vm::check(order.number == next(head->number()), "a block is built on the head");
    const vm::QbftHeaderRequest request{
        block_time(vm::read_settings(database_->state()), head->header().timestamp, options_.utc()), *validator_};
    auto built = workshop_.build(*head, request, validators_, order.even_empty);
    if (!built) {
        events_.emplace_back(NothingToBuild{order.number, order.round, built.error().work_left});
        return;
    }
    const auto& record = built->record;
    events_.emplace_back(Built{order.round, record.block.header, record.transaction_hashes, built->facts});
    const auto hash = record.hash;
    candidates_.insert_or_assign(hash, std::move(*built));
}

void Chain::act(const Finalise& order) {
    auto candidate = std::move(candidates_.extract(order.hash).mapped());
    auto& record = candidate.record;
    record.certificate = encode_certificate(order.certificate);
    database_->commit(record, std::move(candidate.trie));
    const auto* recovery = checkpoint_before(next(order.number), checkpoints_);
    validators_ = recovery != nullptr ? recovery->validators : candidate.facts.next_validators;
    candidates_.clear();
    bodies_.erase(order.hash);
    publish(record.block.header, record.hash);
    // Nonces by sender: the last transaction of each decides, and an authority of EIP-7702 may have moved too.
    for (const auto& [address, change] : record.changes.accounts)
        if (change.account) pool_.advance(address, change.account->nonce);
    if (!record.transaction_hashes.empty())
        log_debug("chain", "block {} with {} transactions, {} gas, {}", record.block.header.number.value,
                  record.transaction_hashes.size(), record.block.header.gas_used, vm::to_hex(record.hash));
    events_.emplace_back(BlockSynced{order.number});
    if (pool_.has_candidates()) events_.emplace_back(WorkPending{});
}

void Chain::act(const Forget& order) {
    candidates_.erase(order.hash);
}

void Chain::act(const Notice& notice) {
    log_debug("consensus", "{} at block {} round {} {}", to_string(notice.kind), notice.view.number.value,
              notice.view.round, notice.detail);
}

void Chain::act(const Halt& order) {
    stop_process(ExitCode::failed, order.sentence);
}

}  // namespace talea::node
