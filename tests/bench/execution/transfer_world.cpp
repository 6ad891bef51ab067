#include "bench/execution/transfer_world.hpp"

#include "bench/execution/plain_token.hpp"
#include "bench/execution/processor_time.hpp"
#include "contracts/artifacts/artifacts.hpp"
#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"
#include "vm/chain/create_address.hpp"
#include "vm/chain/header_rules.hpp"
#include "vm/native/native_genesis.hpp"
#include "vm/native/operation.hpp"
#include "vm/native/permissions.hpp"

namespace talea::bench {

using namespace talea::vm;

namespace {

const Address issuer = low_address(0x1551);
constexpr std::uint64_t unit = 1'000'000;
constexpr std::uint64_t units_at_first = 1'000'000 * unit;
constexpr std::uint64_t units_min = 50 * unit, units_max = 3'000'000 * unit;
constexpr std::uint64_t transaction_gas = 15'000'000;  // below EIP-7825's cap
constexpr std::uint64_t now = 1'795'208'340;           // 2026-11-20T20:59:00Z
constexpr std::uint64_t category = 1;
const ChainParameters chain{1, Fork::osaka, {}, {}};

Address holder_address(std::size_t i) {
    return to_address((u256{0x7a1ea} << 140) | u256{i + 1} * u256{0x9e3779b97f4a7c15ULL});
}

std::optional<abi::Interface> interface_of(Moved moved) {
    if (moved == Moved::coin) return {};
    const auto* restricted = contracts::find_artifact("RestrictedToken");
    check(restricted != nullptr, "RestrictedToken is among the templates");
    auto parsed = abi::Interface::parse(moved == Moved::plain_token ? plain_token_abi : restricted->abi);
    check(parsed.has_value(), "the token's ABI is read");
    return std::move(*parsed);
}

Bytes creation_input(Moved moved, const abi::Interface& token) {
    if (moved == Moved::plain_token) return *from_hex(plain_token_code);
    const abi::Value none = abi::address({});
    const abi::Value terms = abi::list(
        {abi::text("Bench Treasury"), abi::text("BENCH"), abi::number((u256{1} << 128) - u256{1}), abi::number(1),
         abi::boolean(true), abi::boolean(true), abi::address(issuer), abi::address(issuer), none, none, none, none});
    Bytes code = to_bytes(contracts::find_artifact("RestrictedToken")->creation_code);
    abi::encode_to(code, token.constructor_types(), std::vector{terms});
    return code;
}

Bytes call_data(const abi::Interface& token, std::string_view name, const std::vector<abi::Value>& arguments) {
    const abi::Function* function = token.find_function(std::string(name), arguments.size());
    check(function != nullptr, "the token has the function");
    return function->encode_call(arguments);
}

NativeGenesis registries(Moved moved, const std::vector<Address>& holders, const Address& token) {
    constexpr std::uint16_t moves = bit(Operation::transfer) | bit(Operation::issue);
    NativeGenesis content;
    content.settings.mode = PermissionMode::enforced;
    content.settings.gas_limit = 1'000'000'000;
    content.settings.native_version = native_version_max;
    content.roles[issuer] = role::all;
    content.validators = {issuer};
    for (const auto& holder : holders) content.roles[holder] = role::transact;
    if (moved != Moved::restricted_token) return content;
    content.registrars = {issuer};
    for (std::size_t i = 0; i < holders.size(); ++i)
        content.identities.push_back({u256{i + 1}, issuer, 840, category, now + 31'536'000, {}, {holders[i]}});
    content.policies.push_back({issuer,
                                {
                                    {0, 0, KnownRule{}},
                                    {moves, side_sender | side_receiver, CountriesRule{false, {364, 408}}},
                                    {moves, side_sender | side_receiver, CategoriesRule{category, 0}},
                                    {0, 0, HoldersRule{1'000'000, units_max, units_min}},
                                },
                                {token}});
    return content;
}

RecoveredTransaction transaction(const Address& sender, std::uint64_t nonce, std::optional<Address> to, Bytes data) {
    RecoveredTransaction made;
    made.tx.type = TxType::dynamic_fee;
    made.tx.chain_id = chain.chain_id;
    made.tx.nonce = nonce;
    made.tx.gas_limit = transaction_gas;
    made.tx.to = to;
    made.tx.data = std::move(data);
    made.sender = sender;
    return made;
}

}  // namespace

std::string_view to_string(Moved moved) {
    switch (moved) {
        case Moved::coin:
            return "coin";
        case Moved::plain_token:
            return "ERC-20";
        case Moved::restricted_token:
            return "restricted";
    }
    return "";
}

TransferWorld::TransferWorld(Moved moved, std::size_t holders, const std::filesystem::path& folder)
    : moved_(moved),
      token_interface_(interface_of(moved)),
      token_(create_address(issuer, 0)),
      nonces_(holders),
      units_(holders, units_at_first) {
    for (std::size_t i = 0; i < holders; ++i) holders_.push_back(holder_address(i));
    keep(made(), folder);
    open(folder);
}

MapState TransferWorld::made() const {
    const auto accounts = native_accounts(registries(moved_, holders_, token_));
    check(accounts.has_value(), "the bench's registries have a valid genesis");
    MapState state;
    for (const auto& [at, account] : *accounts)
        state.put(at, account.nonce, account.balance, account.code, account.storage);
    if (moved_ == Moved::coin)
        for (const auto& holder : holders_) state.put(holder, 0, u256{units_at_first}, {});
    else
        issue(state);
    return state;
}

void TransferWorld::issue(MapState& state) const {
    const std::string_view name = moved_ == Moved::plain_token ? "mint" : "issue";
    BlockContext block;
    block.chain_id = chain.chain_id;
    block.number = {1};
    block.timestamp = {now};
    block.gas_limit = 1'000'000'000'000;
    Evm evm;
    State journal(state);
    const auto run = [&](const RecoveredTransaction& tx) {
        const auto result = execute_transaction(evm, journal, block, talea_rules(), tx, block.gas_limit, 0);
        check(result.has_value() && result->status == Status::success, "units of the bench are issued");
    };
    run(transaction(issuer, 0, std::nullopt, creation_input(moved_, *token_interface_)));
    for (std::size_t i = 0; i < holders_.size(); ++i)
        run(transaction(issuer, i + 1, token_,
                        call_data(*token_interface_, name, {abi::address(holders_[i]), abi::number(units_at_first)})));
    state.apply(journal.changes());
}

/// Writes a whole state and its tries as block 1 and closes the database.
void TransferWorld::keep(const MapState& state, const std::filesystem::path& folder) {
    ChangeSet changes;
    for (const auto& [at, entry] : state.accounts) changes.accounts[at] = {entry.account, false, entry.storage};
    changes.codes = state.codes;
    auto store = node::open_leveldb(folder.string());
    check(store.has_value(), "the bench's database is made");
    node::KvBatch batch;
    node::put_state(batch, **store, {1}, changes);
    (*store)->write(batch);

    fill_qbft_constants(head_, chain.fork);
    head_.number = {1};
    head_.timestamp = {now};
    node::TrieStore trie(**store);
    auto update = update_state_trie(trie, changes);
    head_.state_root = update.root;
    trie.apply(std::move(update));
    node::KvBatch nodes;
    trie.put(nodes);
    (*store)->write(nodes);
}

void TransferWorld::open(const std::filesystem::path& folder) {
    auto opened = node::open_leveldb(folder.string(), node::database_that_exists());
    check(opened.has_value(), "the bench's database opens");
    store_ = std::move(*opened);
    state_ = std::make_unique<node::CachedState>(*store_, codes_);
    state_->load();  // as a node does when it opens its database
    trie_ = std::make_unique<node::TrieStore>(*store_);
}

std::vector<RecoveredTransaction> TransferWorld::transfers(std::size_t count, tests::Random& random) {
    std::vector<RecoveredTransaction> made;
    made.reserve(count);
    while (made.size() < count) {
        const std::size_t from = random.below(holders_.size()), to = random.below(holders_.size());
        const std::uint64_t amount = 1 + random.below(10 * unit);
        if (from == to || units_[from] < units_min + amount || units_[to] + amount > units_max) continue;
        units_[from] -= amount;
        units_[to] += amount;
        auto tx = transaction(holders_[from], nonces_[from]++, holders_[to], {});
        if (moved_ == Moved::coin) {
            tx.tx.value = u256{amount};
        } else {
            tx.tx.to = token_;
            tx.tx.data = call_data(*token_interface_, "transfer", {abi::address(holders_[to]), abi::number(amount)});
        }
        made.push_back(std::move(tx));
    }
    return made;
}

TransferWorld::Took TransferWorld::execute(Evm& evm, const std::vector<RecoveredTransaction>& transactions) {
    Took took;
    const double begun = processor_seconds();
    BlockBuilder builder(evm, chain, {head_, header_hash(head_), *state_}, {head_.timestamp, issuer});
    for (const auto& tx : transactions)
        check(builder.add(tx).has_value(), "a transaction of the bench may stand in its block");
    const double executed = processor_seconds();
    auto built = std::move(builder).finish();
    auto update = update_state_trie(*trie_, built.executed.changes);
    built.block.header.state_root = update.root;
    trie_->apply(std::move(update));
    const double rooted = processor_seconds();
    head_ = built.block.header;
    node::KvBatch batch;
    node::put_state(batch, *store_, head_.number, built.executed.changes);
    store_->write(batch);
    state_->apply(built.executed.changes);
    took.execution_seconds = executed - begun;
    took.root_seconds = rooted - executed;
    took.storing_seconds = processor_seconds() - rooted;
    took.gas = head_.gas_used;
    for (const auto& receipt : built.executed.receipts) check(receipt.succeeded, "a transaction of the bench succeeds");
    return took;
}

u256 TransferWorld::balance_of(Evm& evm, State& journal, const Address& holder) const {
    if (moved_ == Moved::coin) return state_->account(holder)->balance;
    CallRequest request;
    request.from = holder;
    request.to = token_;
    request.gas = transaction_gas;
    request.data = call_data(*token_interface_, "balanceOf", {abi::address(holder)});
    const auto result = simulate_call(evm, journal, block_context(chain, head_, *state_), talea_rules(), request);
    check(result.has_value() && result->output.size() == 32, "a balance is read");
    return u256::from_be_bytes(result->output);
}

void TransferWorld::check_balances(Evm& evm) const {
    State journal(*state_);
    for (std::size_t i = 0; i < holders_.size(); ++i)
        check(balance_of(evm, journal, holders_[i]) == u256{units_[i]}, "each holder has what the transfers left");
}

}  // namespace talea::bench
