#include "bench/execution/restricted_world.hpp"

#include "bench/execution/processor_time.hpp"
#include "contracts/abi/interface.hpp"
#include "contracts/artifacts/artifacts.hpp"
#include "vm/base/check.hpp"
#include "vm/chain/create_address.hpp"
#include "vm/execution/block_execution.hpp"
#include "vm/native/native_genesis.hpp"
#include "vm/native/operation.hpp"
#include "vm/native/permissions.hpp"
#include "vm/state/map_state.hpp"

namespace talea::bench {
namespace {

using namespace talea::vm;

const Address issuer = low_address(0x1551);
constexpr std::uint64_t unit = 1'000'000;
constexpr std::uint64_t units_at_first = 1'000'000 * unit;
constexpr std::uint64_t units_min = 50 * unit, units_max = 3'000'000 * unit;
constexpr std::uint64_t transaction_gas = 15'000'000;  // below EIP-7825's cap
constexpr std::uint64_t now = 1'795'208'340;           // 2026-11-20T20:59:00Z
constexpr std::uint64_t category = 1;

Address holder_address(std::size_t i) {
    return to_address((u256{0x7a1ea} << 140) | u256{i + 1} * u256{0x9e3779b97f4a7c15ULL});
}

const contracts::Artifact& token_artifact() {
    const contracts::Artifact* artifact = contracts::find_artifact("RestrictedToken");
    check(artifact != nullptr, "RestrictedToken is among the templates");
    return *artifact;
}

abi::Interface token_interface() {
    auto parsed = abi::Interface::parse(token_artifact().abi);
    check(parsed.has_value(), "the artifact's ABI is read");
    return *parsed;
}

Bytes creation_input(const abi::Interface& abi) {
    const abi::Value none = abi::address({});
    const abi::Value terms = abi::list(
        {abi::text("Bench Treasury"), abi::text("BENCH"), abi::number((u256{1} << 128) - u256{1}), abi::number(1),
         abi::boolean(true), abi::boolean(true), abi::address(issuer), abi::address(issuer), none, none, none, none});
    Bytes code = to_bytes(token_artifact().creation_code);
    abi::encode_to(code, abi.constructor_types(), std::vector{terms});
    return code;
}

NativeGenesis registries(const std::vector<Address>& holders, const Address& token) {
    constexpr std::uint16_t moves = bit(Operation::transfer) | bit(Operation::issue);
    NativeGenesis content;
    content.settings.mode = PermissionMode::enforced;
    content.settings.gas_limit = 1'000'000'000;
    content.settings.native_version = native_version_max;
    content.roles[issuer] = role::all;
    content.validators = {issuer};
    content.registrars = {issuer};
    for (std::size_t i = 0; i < holders.size(); ++i) {
        content.roles[holders[i]] = role::transact;
        content.identities.push_back({u256{i + 1}, issuer, 840, category, now + 31'536'000, {}, {holders[i]}});
    }
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

/// Writes a whole state as block 1 and closes the database.
void keep(const MapState& made, const std::filesystem::path& folder) {
    ChangeSet changes;
    for (const auto& [at, entry] : made.accounts) changes.accounts[at] = {entry.account, false, entry.storage};
    changes.codes = made.codes;
    auto store = node::open_leveldb(folder.string());
    check(store.has_value(), "the bench's database is made");
    node::KvBatch batch;
    node::put_state(batch, **store, {1}, changes);
    (*store)->write(batch);
}

}  // namespace

RestrictedWorld::RestrictedWorld(std::size_t holders, const std::filesystem::path& folder)
    : token_(create_address(issuer, 0)), nonces_(holders), units_(holders, units_at_first) {
    for (std::size_t i = 0; i < holders; ++i) holders_.push_back(holder_address(i));
    const auto accounts = native_accounts(registries(holders_, token_));
    check(accounts.has_value(), "the bench's registries have a valid genesis");
    MapState made;
    for (const auto& [at, account] : *accounts)
        made.put(at, account.nonce, account.balance, account.code, account.storage);
    block_.chain_id = 1;
    block_.number = {1};
    block_.timestamp = {now};
    block_.gas_limit = 1'000'000'000'000;

    const abi::Interface abi = token_interface();
    const abi::Function* issue = abi.find_function("issue", 2);
    check(issue != nullptr, "a RestrictedToken issues");
    std::vector<RecoveredTransaction> set_up = {call(issuer, 0, std::nullopt, creation_input(abi))};
    for (std::size_t i = 0; i < holders; ++i)
        set_up.push_back(call(issuer, i + 1, token_,
                              issue->encode_call(std::vector{abi::address(holders_[i]), abi::number(units_at_first)})));
    Evm evm;
    std::uint64_t gas = 0;
    made.apply(run(evm, made, set_up, gas));
    keep(made, folder);
    open(folder);
}

ChangeSet RestrictedWorld::run(Evm& evm, const StateView& view, const std::vector<RecoveredTransaction>& transactions,
                               std::uint64_t& gas) const {
    const TxRules rules = talea_rules();
    State journal(view);
    for (const RecoveredTransaction& tx : transactions) {
        const auto result = execute_transaction(evm, journal, block_, rules, tx, block_.gas_limit, 0);
        check(result.has_value(), "a transaction of the bench is valid");
        check(result->status == Status::success, "a transaction of the bench succeeds");
        gas += result->gas_used;
    }
    return journal.changes();
}

void RestrictedWorld::open(const std::filesystem::path& folder) {
    auto opened = node::open_leveldb(folder.string(), node::database_that_exists());
    check(opened.has_value(), "the bench's database opens");
    store_ = std::move(*opened);
    state_ = std::make_unique<node::CachedState>(*store_, codes_);
    state_->load();  // as a node does when it opens its database
}

RecoveredTransaction RestrictedWorld::call(const Address& sender, std::uint64_t nonce, std::optional<Address> to,
                                           Bytes data) {
    RecoveredTransaction made;
    made.tx.type = TxType::dynamic_fee;
    made.tx.chain_id = 1;
    made.tx.nonce = nonce;
    made.tx.gas_limit = transaction_gas;
    made.tx.to = to;
    made.tx.data = std::move(data);
    made.sender = sender;
    return made;
}

std::vector<RecoveredTransaction> RestrictedWorld::transfers(std::size_t count, tests::Random& random) {
    const abi::Interface abi = token_interface();
    const abi::Function* transfer = abi.find_function("transfer", 2);
    check(transfer != nullptr, "a RestrictedToken transfers");
    std::vector<RecoveredTransaction> made;
    made.reserve(count);
    while (made.size() < count) {
        const std::size_t from = random.below(holders_.size()), to = random.below(holders_.size());
        const std::uint64_t amount = 1 + random.below(10 * unit);
        if (from == to || units_[from] < units_min + amount || units_[to] + amount > units_max) continue;
        units_[from] -= amount;
        units_[to] += amount;
        made.push_back(call(holders_[from], nonces_[from]++, token_,
                            transfer->encode_call(std::vector{abi::address(holders_[to]), abi::number(amount)})));
    }
    return made;
}

RestrictedWorld::Took RestrictedWorld::execute(Evm& evm, const std::vector<RecoveredTransaction>& transactions) {
    Took took;
    block_.number = next(block_.number);
    const double begun = processor_seconds();
    const ChangeSet changes = run(evm, *state_, transactions, took.gas);
    const double executed = processor_seconds();
    node::KvBatch batch;
    node::put_state(batch, *store_, block_.number, changes);
    store_->write(batch);
    state_->apply(changes);
    took.execution_seconds = executed - begun;
    took.storing_seconds = processor_seconds() - executed;
    return took;
}

void RestrictedWorld::check_balances(Evm& evm) const {
    const abi::Interface abi = token_interface();
    const abi::Function* balance_of = abi.find_function("balanceOf", 1);
    check(balance_of != nullptr, "a RestrictedToken has balances");
    State journal(*state_);
    for (std::size_t i = 0; i < holders_.size(); ++i) {
        CallRequest request;
        request.from = holders_[i];
        request.to = token_;
        request.gas = transaction_gas;
        request.data = balance_of->encode_call(std::vector{abi::address(holders_[i])});
        const auto result = simulate_call(evm, journal, block_, talea_rules(), request);
        check(result.has_value() && result->output.size() == 32, "a balance is read");
        check(u256::from_be_bytes(result->output) == u256{units_[i]}, "each holder has what the transfers left");
    }
}

}  // namespace talea::bench
