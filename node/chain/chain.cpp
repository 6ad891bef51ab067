#include "node/chain/chain.hpp"

#include <algorithm>
#include <utility>

#include "node/base/limits.hpp"
#include "node/base/log.hpp"
#include "node/base/stop.hpp"
#include "node/chain/checkpoints.hpp"
#include "node/chain/clock.hpp"
#include "node/chain/genesis_record.hpp"
#include "node/chain/permission.hpp"
#include "node/chain/writer.hpp"
#include "vm/base/hex.hpp"
#include "vm/native/validator_set.hpp"
#include "vm/state/state.hpp"

namespace talea::node {
namespace {

/// Of the block after the stored head.
std::vector<vm::Address> next_validators(const Database& database, const std::vector<Checkpoint>& checkpoints) {
    const auto* recovery = checkpoint_before(next(database.head()), checkpoints);
    return recovery != nullptr ? recovery->validators : vm::read_validators(database.state());
}

PoolLimits reporting_changes() {
    PoolLimits limits;
    limits.report_changes = true;
    return limits;
}

}  // namespace

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
      validator_(options_.validator ? std::optional(options_.validator->address()) : std::nullopt),
      database_(std::move(database)),
      recovery_(genesis.talea.recovery),
      checkpoints_(stored_checkpoints(ChainReader(database_->store()))),
      validators_(next_validators(*database_, checkpoints_)),
      pool_(reporting_changes()) {
    const ChainReader blocks(database_->store());
    auto header = blocks.header(database_->head());
    const auto hash = blocks.hash(database_->head());
    if (!header || !hash) damaged("the head");
    publish(std::move(*header), *hash, {}, true);
    load_local_transactions();
    writer_ = std::make_unique<Writer>(*this);
}

Chain::~Chain() {
    stop();
}

void Chain::start(Peers* peers) {
    writer_->start(peers);
    if (options_.history_days > 0)
        forgetter_.emplace(*database_, options_.history_days, [this] { renew_head(); });
    else if (const auto first = head()->blocks().first_whole(); first.value > 0)
        log_info("history",
                 "the history is all from now on, but the blocks before {} were forgotten and do not come back: a node "
                 "that is to have them joins anew, or begins with a backup that has them",
                 first.value);
}

void Chain::stop() {
    forgetter_.reset();
    writer_->stop();
}

void Chain::connected(const vm::Address& peer, bool dialled) {
    writer_->inbox().put(NodeCore::Connected{peer, dialled});
}

void Chain::gone(const vm::Address& peer) {
    writer_->inbox().put(NodeCore::Gone{peer});
}

bool Chain::received(const vm::Address& peer, NodeCore::Frame frame) {
    return writer_->inbox().put_frame(peer, std::move(frame));
}

std::optional<NodeCore::CoreWhy> Chain::why() const {
    return writer_->why();
}

std::vector<Peers::Link> Chain::links() const {
    return writer_->links();
}

bool Chain::votes() const {
    return validator_ && std::ranges::binary_search(validators_, *validator_);
}

Instant Chain::monotonic_now() {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return {static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count())};
}

std::vector<Checkpoint> Chain::checkpoints() const {
    const std::lock_guard lock(head_mutex_);
    return checkpoints_;
}

void Chain::add_checkpoint(const Checkpoint& checkpoint) {
    const std::lock_guard lock(head_mutex_);
    checkpoints_.push_back(checkpoint);
}

HeadPtr Chain::head() const {
    const std::lock_guard lock(head_mutex_);
    return head_;
}

void Chain::publish(vm::Header header, const vm::Hash& hash, const RecentAccounts::Changes& accounts,
                    bool permissions_changed) {
    const auto before = this->head();
    auto memory = before ? before->memory() : HeadMemory{};
    memory.accounts->update(header.number, accounts);
    if (permissions_changed) memory.permissions = std::make_shared<PermissionSlots>();
    auto head = std::make_shared<const Head>(database_->snapshot(), database_->codes(), std::move(header), hash,
                                             std::move(memory));
    {
        const std::lock_guard lock(head_mutex_);
        head_ = std::move(head);
    }
    head_moved_.notify_all();
}

void Chain::renew_head() {
    {
        const std::lock_guard lock(head_mutex_);
        auto now = database_->snapshot();
        if (ChainReader(*now).head() != head_->number()) return;  // the next one is on its way
        head_ = std::make_shared<const Head>(std::move(now), database_->codes(), head_->header(), head_->hash(),
                                             head_->memory());
    }
    head_moved_.notify_all();
}

vm::BlockContext Chain::pending_context(const Head& head) const {
    const auto settings = vm::next_block_settings(parameters_, head.state());
    const auto time = block_time(vm::read_settings(head.state()), head.header().timestamp, options_.utc());
    const auto beneficiary = validator_.value_or(head.header().beneficiary);
    return vm::block_context(
        parameters_, vm::make_qbft_header(head.header(), head.hash(), parameters_.fork, settings, {time, beneficiary}),
        head.state());
}

std::expected<vm::Hash, SubmitFailure> Chain::submit(vm::BytesView encoded) {
    auto intake = take(encoded, TxOrigin::client);
    if (intake.failure) return std::unexpected(*intake.failure);
    writer_->inbox().pool_changed();
    return intake.transaction->hash;
}

Chain::Intake Chain::take(vm::BytesView encoded, TxOrigin origin) {
    if (encoded.size() > limits::tx_bytes_max) return {nullptr, SubmitFailure{PoolError::too_large, {}}};
    auto decoded = vm::decode_transaction(encoded);
    if (!decoded) return {nullptr, SubmitFailure{decoded.error(), {}}};
    auto recovered = vm::recover(std::move(*decoded));
    if (!recovered) return {nullptr, SubmitFailure{vm::TxError::invalid_signature, {}}};

    const auto sender = recovered->sender;
    const auto head = this->head();
    vm::State state(head->state());
    state.begin_transaction();
    const auto account_nonce = state.nonce(sender);
    const auto nonce = recovered->tx.nonce;
    const auto judge = [&]() -> std::optional<SubmitFailure> {
        if (nonce < account_nonce) {
            if (pool_.find(recovered->hash)) return SubmitFailure{PoolError::already_known, sender};
            return SubmitFailure{vm::TxError::nonce_too_low, sender};
        }
        const auto context = pending_context(*head);
        // Every rule but the order of nonces is asked as if it were this one's turn.
        recovered->tx.nonce = account_nonce;
        const auto valid =
            vm::validate_transaction(state, context, vm::talea_rules(), *recovered, context.gas_limit, 0);
        recovered->tx.nonce = nonce;
        if (!valid) return SubmitFailure{valid.error(), sender};
        return std::nullopt;
    };
    auto failure = judge();
    auto transaction = std::make_shared<const vm::RecoveredTransaction>(std::move(*recovered));
    if (failure) return {std::move(transaction), std::move(failure)};
    const SenderFacts facts{account_nonce, is_operator(head->state(), sender)};
    if (const auto added = pool_.add(transaction, facts, origin, monotonic_now()); !added)
        return {std::move(transaction), SubmitFailure{added.error(), sender}};
    arrivals_.put(transaction->hash);
    if (awaits_arrivals_ != 0) {
        const std::lock_guard lock(head_mutex_);  // else it could fall between a waiter's look and its sleep
        head_moved_.notify_all();
    }
    // A block may have become final since the sender was judged; the writer has told the pool before, not after, us.
    if (const auto newer = this->head(); newer != head) {
        const auto judged = judge_sender(newer->state(), sender);
        pool_.advance(sender, judged.facts.account_nonce);
        if (!judged.may_transact) pool_.drop(*transaction, std::string(to_string(DropKind::sender_not_permitted)));
    }
    return {std::move(transaction), std::nullopt};
}

/// What waited here when the node ended waits again.
void Chain::load_local_transactions() {
    struct Kept {
        std::uint64_t nonce;
        vm::Hash hash;
        vm::Bytes encoded;
    };
    std::vector<Kept> all;
    for (auto& encoded : local_transactions_.load(database_->store())) {
        const auto transaction = vm::decode_transaction(encoded);
        if (!transaction) damaged("a transaction of a client");
        all.push_back({transaction->nonce, vm::transaction_hash(*transaction), std::move(encoded)});
    }
    std::ranges::sort(all, {}, [](const Kept& kept) { return std::pair(kept.nonce, kept.hash); });
    std::size_t waiting = 0;
    for (const auto& kept : all) {
        const auto intake = take(kept.encoded, TxOrigin::client);
        if (!intake.failure) {
            ++waiting;
            continue;
        }
        local_transactions_.forget(kept.hash);
        log_debug("pool", "a client's transaction {} waits no more: {}", vm::to_hex(kept.hash),
                  to_string(*intake.failure));
    }
    if (waiting != 0) log_info("pool", "{} transactions of clients wait as they did before the restart", waiting);
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

bool Chain::wait_for_news(const News& known, std::chrono::milliseconds timeout) {
    if (known.arrivals) ++awaits_arrivals_;
    std::unique_lock lock(head_mutex_);
    (void)head_moved_.wait_for(lock, timeout, [&] {
        return waiters_released_ || head_ != known.head || (known.arrivals && arrivals_.end() > *known.arrivals);
    });
    if (known.arrivals) --awaits_arrivals_;
    return !waiters_released_;
}

void Chain::release_waiters() {
    {
        const std::lock_guard lock(head_mutex_);
        waiters_released_ = true;
    }
    head_moved_.notify_all();
}

}  // namespace talea::node
