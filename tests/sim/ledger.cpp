#include "sim/ledger.hpp"

#include <algorithm>

#include "node/base/limits.hpp"
#include "node/chain/genesis_record.hpp"
#include "node/pool/block_order.hpp"
#include "vm/base/check.hpp"
#include "vm/native/addresses.hpp"
#include "vm/native/permissions.hpp"
#include "vm/native/records.hpp"
#include "vm/native/slot_key.hpp"

namespace talea::sim {
namespace {

/// Storage after changes that are not applied.
class ChangedState final : public vm::StateView {
  public:
    ChangedState(const vm::StateView& before, const vm::ChangeSet& changes) : before_(before), changes_(changes) {}
    [[nodiscard]] std::optional<vm::Account> account(const vm::Address& address) const override {
        const auto found = changes_.accounts.find(address);
        return found == changes_.accounts.end() ? before_.account(address) : found->second.account;
    }
    [[nodiscard]] vm::u256 storage(const vm::Address& address, const vm::u256& key) const override {
        const auto found = changes_.accounts.find(address);
        if (found == changes_.accounts.end()) return before_.storage(address, key);
        const auto slot = found->second.storage.find(key);
        if (slot != found->second.storage.end()) return slot->second;
        return found->second.storage_cleared ? vm::u256{} : before_.storage(address, key);
    }
    [[nodiscard]] bool has_storage(const vm::Address& address) const override { return before_.has_storage(address); }
    [[nodiscard]] vm::Code code(const vm::Hash& code_hash) const override { return before_.code(code_hash); }
    [[nodiscard]] vm::Hash block_hash(vm::BlockNumber number) const override { return before_.block_hash(number); }

  private:
    const vm::StateView& before_;
    const vm::ChangeSet& changes_;
};

/// A state that a modified program takes for one of mode `open`. What it writes goes to the same slots.
class OpenState final : public vm::StateView {
  public:
    explicit OpenState(const vm::StateView& truth) : truth_(truth) {}
    [[nodiscard]] std::optional<vm::Account> account(const vm::Address& address) const override {
        return truth_.account(address);
    }
    [[nodiscard]] vm::u256 storage(const vm::Address& address, const vm::u256& key) const override {
        const auto value = truth_.storage(address, key);
        if (address != vm::permissions_address || key != vm::slot_key::settings(0)) return value;
        auto settings = vm::SettingsRecord::from(value);
        settings.mode = vm::PermissionMode::open;
        return settings.word();
    }
    [[nodiscard]] bool has_storage(const vm::Address& address) const override { return truth_.has_storage(address); }
    [[nodiscard]] vm::Code code(const vm::Hash& code_hash) const override { return truth_.code(code_hash); }
    [[nodiscard]] vm::Hash block_hash(vm::BlockNumber number) const override { return truth_.block_hash(number); }

  private:
    const vm::StateView& truth_;
};

}  // namespace

bool TrieInMemory::node(const std::optional<vm::Hash>& owner, const vm::Nibbles& path, vm::Bytes& encoding) const {
    const std::map<vm::Nibbles, vm::Bytes>* trie = &accounts;
    if (owner) {
        const auto found = storage.find(*owner);
        if (found == storage.end()) return false;
        trie = &found->second;
    }
    const auto found = trie->find(path);
    if (found == trie->end()) return false;
    encoding = found->second;
    return true;
}

void TrieInMemory::apply(const vm::StateTrieUpdate& update) {
    const auto put = [](std::map<vm::Nibbles, vm::Bytes>& trie, const vm::NodeChanges& changes) {
        for (const auto& [path, encoded] : changes) {
            if (encoded) {
                trie[path] = vm::to_bytes(*encoded);
            } else {
                trie.erase(path);
            }
        }
    };
    put(accounts, update.account_nodes);
    for (const auto& [owner, change] : update.storage_nodes) {
        auto& trie = storage[owner];
        if (change.cleared) trie.clear();
        put(trie, change.nodes);
    }
}

World::World(vm::Genesis genesis, bool remember)
    : genesis_(std::move(genesis)),
      genesis_record_(node::genesis_record(genesis_)),
      parameters_(vm::parameters_of(genesis_, genesis_record_.hash)),
      remember_(remember) {
    first_state_.apply(genesis_record_.changes);
    first_state_.block_hashes[{0}] = genesis_record_.hash;
    const auto update = vm::update_state_trie(first_trie_, genesis_record_.changes);
    vm::check(update.root == genesis_record_.block.header.state_root, "genesis has its state root");
    first_trie_.apply(update);
}

namespace {

/// A header says what its block holds, but a liar may send other transactions under it.
vm::Hash content_key(const vm::RecoveredBlock& block, vm::Hash hash) {
    for (const auto& transaction : block.transactions) {
        std::ranges::rotate(hash.bytes, hash.bytes.begin() + 1);
        for (std::size_t i = 0; i < hash.bytes.size(); ++i) hash.bytes[i] ^= transaction.hash.bytes[i];
    }
    return hash;
}

}  // namespace

const Execution* World::remembered(const vm::RecoveredBlock& block, const vm::Hash& hash) const {
    const auto found = executions_.find(content_key(block, hash));
    return found == executions_.end() ? nullptr : &found->second;
}

void World::remember(const vm::RecoveredBlock& block, const vm::Hash& hash, const Execution& execution) {
    if (remember_) executions_.insert_or_assign(content_key(block, hash), execution);
}

void World::note(const SignedTransaction& transaction) {
    if (remember_) transactions_.emplace(transaction->hash, transaction);
}

SignedTransaction World::transaction(vm::BytesView encoded) const {
    if (const auto known = transactions_.find(vm::keccak256(encoded)); known != transactions_.end())
        return known->second;
    auto decoded = vm::decode_transaction(encoded);
    if (!decoded) return nullptr;
    auto recovered = vm::recover(*std::move(decoded));
    if (!recovered) return nullptr;
    return std::make_shared<const vm::RecoveredTransaction>(*std::move(recovered));
}

Ledger::Ledger(World& world)
    : world_(world),
      head_(world.genesis_record().block.header),
      head_hash_(world.genesis_hash()),
      state_(world.first_state_),
      trie_(world.first_trie_) {}

vm::ParentBlock Ledger::parent(const vm::StateView& state) const {
    vm::ParentBlock parent{head_, head_hash_, state};
    if (const auto* checkpoint = node::checkpoint_before(next(head_.number), checkpoints_))
        parent.recovered = checkpoint->validators;
    return parent;
}

vm::Hash Ledger::key_of(vm::Hash hash) const {
    const auto recovered = parent(state_).recovered;
    if (recovered.empty()) return hash;
    const auto named = vm::validators_hash(recovered);
    for (std::size_t i = 0; i < hash.bytes.size(); ++i) hash.bytes[i] ^= named.bytes[i];
    return hash;
}

std::vector<vm::Address> Ledger::next_validators() const {
    const auto recovered = parent(state_).recovered;
    return recovered.empty() ? vm::read_validators(state_) : std::vector(recovered.begin(), recovered.end());
}

ExecutedPtr Ledger::build(node::Pool& pool, const vm::QbftHeaderRequest& request, bool even_empty) {
    const OpenState open(state_);
    const vm::StateView& state = permits_everything ? static_cast<const vm::StateView&>(open) : state_;
    vm::BlockBuilder builder(world_.evm_, world_.parameters_, parent(state), request);
    node::BlockOrder order(pool.candidates(node::limits::block_candidates_max), builder.gas_left());
    while (const auto tx = order.next()) {
        const auto gas = builder.add(*tx);
        if (gas) {
            order.took(static_cast<std::uint64_t>(*gas));
            continue;
        }
        order.leave_sender();
        const bool fits_later = gas.error() == vm::TxError::gas_limit_above_block && builder.size() > 0;
        if (!fits_later && gas.error() != vm::TxError::nonce_too_high)
            pool.drop(*tx, std::string(vm::to_string(gas.error())));
    }
    if (builder.size() == 0 && !even_empty) return nullptr;
    auto built = std::move(builder).finish();
    auto executed = std::make_shared<Executed>();
    executed->trie = vm::update_state_trie(trie_, built.executed.changes);
    built.block.header.state_root = executed->trie.root;
    executed->hash = vm::header_hash(built.block.header);
    executed->block = std::move(built.block);
    executed->result = std::move(built.executed);
    if (!permits_everything) world_.remember(executed->block, key_of(executed->hash), ExecutedPtr(executed));
    return executed;
}

Execution Ledger::judge(const vm::RecoveredBlock& block, const vm::Hash& hash) const {
    const OpenState open(state_);
    const vm::StateView& state = permits_everything ? static_cast<const vm::StateView&>(open) : state_;
    auto result = vm::execute_block(world_.evm_, world_.parameters_, parent(state), block);
    if (!result) return std::unexpected(result.error());
    auto trie = vm::check_state_root(block.header, trie_, *result);
    if (!trie) return std::unexpected(trie.error());
    return std::make_shared<const Executed>(Executed{block, hash, *std::move(result), *std::move(trie)});
}

Execution Ledger::execute(const vm::RecoveredBlock& block) {
    const vm::Hash hash = vm::header_hash(block.header);
    if (permits_everything) return judge(block, hash);
    if (const Execution* known = world_.remembered(block, key_of(hash))) return *known;
    const Execution execution = judge(block, hash);
    // What a block that does not stand on this head is worth is not known by this.
    if (block.header.parent_hash == head_hash_) world_.remember(block, key_of(hash), execution);
    return execution;
}

bool Ledger::next_is_due(const Executed& executed) const {
    const ChangedState after(state_, executed.result.changes);
    return vm::read_settings(state_) != vm::read_settings(after) ||
           vm::read_validators(state_) != executed.result.next_validators;
}

void Ledger::apply(const Executed& executed) {
    vm::check(executed.block.header.parent_hash == head_hash_, "a block extends the head");
    state_.apply(executed.result.changes);
    trie_.apply(executed.trie);
    head_ = executed.block.header;
    head_hash_ = executed.hash;
    state_.block_hashes[head_.number] = head_hash_;
}

std::optional<vm::Hash> Ledger::hash_of(vm::BlockNumber number) const {
    const auto found = state_.block_hashes.find(number);
    if (found == state_.block_hashes.end()) return std::nullopt;
    return found->second;
}

}  // namespace talea::sim
