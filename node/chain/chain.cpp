#include "node/chain/chain.hpp"

#include <algorithm>
#include <utility>

#include "node/base/limits.hpp"
#include "node/base/log.hpp"
#include "node/chain/clock.hpp"
#include "node/chain/genesis_record.hpp"
#include "node/consensus/certificate.hpp"
#include "node/pool/block_order.hpp"
#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"
#include "vm/state/state.hpp"

namespace talea::node {
namespace {

/// What, when a block changed it, makes one more block due at once (DESIGN 7): the clock, the set, the settings.
bool asks_for_a_block(const vm::ChainSettings& before, const vm::ChainSettings& after) {
    return before != after;
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
    std::unique_ptr<Chain> chain(new Chain(genesis, std::move(options), std::move(*database)));
    chain->genesis_hash_ = record.hash;
    return chain;
}

Chain::Chain(const vm::Genesis& genesis, ChainOptions options, std::unique_ptr<Database> database)
    : parameters_(vm::parameters_of(genesis)),
      options_(std::move(options)),
      validator_(options_.validator ? std::optional(vm::address_of(*options_.validator)) : std::nullopt),
      database_(std::move(database)),
      engine_({.idle_interval_ms = genesis.talea.idle_interval_seconds * 1000}),
      evm_(std::make_unique<vm::Evm>()) {
    const ChainReader blocks(database_->store());
    auto header = blocks.header(database_->head());
    const auto hash = blocks.hash(database_->head());
    if (!header || !hash) damaged("the head");
    publish(std::move(*header), *hash);
    validators_ = vm::read_validators(database_->state());
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

void Chain::run() {
    bool due = false;
    if (database_->head().value > 0) {
        // The process may have died after a block that asks for another one.
        const PastState before(database_->store(), database_->codes(), {database_->head().value - 1});
        due = asks_for_a_block(vm::read_settings(before), vm::read_settings(database_->state()));
    }
    perform(engine_.on(SoloEngine::Started{database_->head(), due}, now()));
    while (true) {
        bool filled = false;
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
            filled = std::exchange(pool_filled_, false);
        }
        if (filled) perform(engine_.on(SoloEngine::PoolNotEmpty{}, now()));
        if (timer_ && now() >= *timer_) {
            timer_.reset();
            perform(engine_.on(SoloEngine::TimerExpired{}, now()));
        }
    }
}

void Chain::perform(std::vector<SoloEngine::Action> actions) {
    // What an action leads to is an event, whose actions come after those already ordered.
    for (std::size_t i = 0; i < actions.size(); ++i) {
        std::optional<SoloEngine::Event> event;
        if (const auto* timer = std::get_if<SoloEngine::SetTimer>(&actions[i])) {
            timer_ = timer->at;
        } else if (const auto* order = std::get_if<SoloEngine::Build>(&actions[i])) {
            timer_.reset();
            event = build(*order);
        } else if (const auto* seal = std::get_if<SoloEngine::Persist>(&actions[i])) {
            event = persist(*seal);
        } else {
            finalise();
            if (pool_.has_candidates()) event = SoloEngine::PoolNotEmpty{};
        }
        if (event) {
            const auto more = engine_.on(*event, now());
            std::ranges::copy(more, std::back_inserter(actions));
        }
        if (i > 64) {  // keeps the list short in a long run of blocks
            actions.erase(actions.begin(), actions.begin() + static_cast<std::ptrdiff_t>(i + 1));
            i = static_cast<std::size_t>(-1);
        }
        const std::lock_guard lock(wake_mutex_);
        if (stopping_ && !candidate_) return;
    }
}

SoloEngine::Event Chain::build(const SoloEngine::Build& order) {
    const auto begun = std::chrono::steady_clock::now();
    const auto head = this->head();
    vm::check(order.number == next(head->number()), "a block is built on the head");
    const auto request = header_request();
    const vm::ParentBlock parent{head->header(), head->hash(), database_->state()};
    vm::BlockBuilder builder(*evm_, parameters_, parent, request);
    BlockOrder candidates(pool_.candidates(options_.block_candidates_max), builder.gas_left());
    std::vector<PendingTransaction> taken;
    bool dropped = false;
    while (const auto tx = candidates.next()) {
        const bool looked = dropped || builder.size() > 0;  // every pass must come further
        if (looked && std::chrono::steady_clock::now() - begun > limits::block_fill_max) break;
        const auto gas = builder.add(*tx);
        if (gas) {
            taken.push_back(tx);
            candidates.took(static_cast<std::uint64_t>(*gas));
            continue;
        }
        candidates.leave_sender();
        const bool fits_later = gas.error() == vm::TxError::gas_limit_above_block && builder.size() > 0;
        if (!fits_later && gas.error() != vm::TxError::nonce_too_high) {
            pool_.drop(*tx, std::string(vm::to_string(gas.error())));
            dropped = true;
        }
    }
    if (builder.size() == 0 && !order.even_empty) return SoloEngine::NothingToSeal{dropped && pool_.has_candidates()};

    auto built = std::move(builder).finish();
    Candidate candidate;
    candidate.trie = vm::update_state_trie(database_->trie(), built.executed.changes);
    built.block.header.state_root = candidate.trie.root;
    auto& record = candidate.record;
    record.hash = vm::header_hash(built.block.header);
    std::uint64_t gas_before = 0;
    for (std::size_t i = 0; i < built.block.transactions.size(); ++i) {
        const auto& tx = built.block.transactions[i];
        auto& receipt = built.executed.receipts[i];
        const auto cumulative = receipt.cumulative_gas_used;
        record.transaction_hashes.push_back(tx.hash);
        record.receipts.push_back({std::move(receipt), tx.sender, cumulative - gas_before, built.executed.created[i]});
        gas_before = cumulative;
    }
    record.changes = std::move(built.executed.changes);
    record.block = vm::plain_block(std::move(built.block));
    candidate.next_validators = std::move(built.executed.next_validators);
    candidate_ = std::move(candidate);
    const auto took = std::chrono::steady_clock::now() - begun;
    return SoloEngine::Executed{
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count())};
}

vm::QbftHeaderRequest Chain::header_request() const {
    const auto head = this->head();
    return {block_time(vm::read_settings(database_->state()), head->header().timestamp, options_.utc()), *validator_};
}

SoloEngine::Event Chain::persist(const SoloEngine::Persist& order) {
    auto& record = candidate_->record;
    const auto number = record.block.header.number;
    vm::check(order.number == number, "the block that was built is written");
    const SealedBlock sealed{genesis_hash_, 0, number, order.round, record.hash};
    Certificate certificate{
        .instance = 0, .round = order.round, .seals = {make_seal(*options_.validator, sealed)}, .validators = {}};
    // Block 1 always names its validators; later ones do where the set is another than their parent's.
    const auto parent = head()->header();
    const bool set_changed = number.value == 1 || [&] {
        const auto before = ChainReader(database_->store()).header({number.value - 2});
        return !before || before->extra_data != parent.extra_data;
    }();
    if (set_changed) certificate.validators = validators_;
    record.certificate = encode_certificate(certificate);

    const auto before = vm::read_settings(database_->state());
    database_->commit(record, std::move(candidate_->trie));
    const auto after = vm::read_settings(database_->state());
    const bool due = asks_for_a_block(before, after) || candidate_->next_validators != validators_;
    validators_ = candidate_->next_validators;
    return SoloEngine::Persisted{due};
}

void Chain::finalise() {
    auto& record = candidate_->record;
    publish(record.block.header, record.hash);
    // Nonces by sender: the last transaction of each decides, and an authority of EIP-7702 may have moved too.
    for (const auto& [address, change] : record.changes.accounts)
        if (change.account) pool_.advance(address, change.account->nonce);
    if (!record.transaction_hashes.empty())
        log_debug("chain", "block {} with {} transactions, {} gas, {}", record.block.header.number.value,
                  record.transaction_hashes.size(), record.block.header.gas_used, vm::to_hex(record.hash));
    candidate_.reset();
}

}  // namespace talea::node
