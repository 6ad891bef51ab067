#include "contracts/runner/test_chain.hpp"

#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"
#include "vm/chain/create_address.hpp"
#include "vm/chain/genesis.hpp"
#include "vm/interpreter/precompiles.hpp"
#include "vm/native/addresses.hpp"
#include "vm/native/native_genesis.hpp"
#include "vm/native/permissions.hpp"

namespace talea::runner {
namespace {

using vm::u256;

constexpr std::uint64_t recovery_delay_seconds = 24 * 60 * 60;  // DOMAIN 3, the default
constexpr std::uint64_t first_nonce = 1;                        // of the sender
const u256 first_balance = (u256{1} << 96) - u256{1};

vm::Address address(std::string_view hex) {
    return *vm::address_from_hex(hex);
}

vm::MapState make_base() {
    vm::NativeGenesis registries;
    registries.settings.mode = vm::PermissionMode::open;
    registries.settings.gas_limit = static_cast<std::uint64_t>(test_gas);
    registries.settings.native_version = vm::native_version_max;
    registries.recovery_delay_seconds = recovery_delay_seconds;
    registries.roles[test_contract_address] = vm::role::admin | vm::role::network | vm::role::registrar_admin;
    registries.validators = {test_contract_address};
    auto accounts = vm::native_accounts(registries);
    vm::check(accounts.has_value(), "the registries of the test chain have a valid genesis");
    accounts->insert(vm::standard_accounts().begin(), vm::standard_accounts().end());

    vm::MapState base;
    for (const auto& [at, account] : *accounts)
        base.put(at, account.nonce, account.balance, account.code, account.storage);
    base.put(default_sender, first_nonce, first_balance, {});
    // Solidity asks for code before it calls; what answers is the runner.
    const vm::Bytes stop = {0x00};
    base.put(cheat_code_address, 0, {}, stop);
    base.put(console_address, 0, {}, stop);
    return base;
}

}  // namespace

const vm::Address default_sender = address("0x1804c8AB1F12E6bbf3894d4083f33e07309d1f38");
const vm::Address test_contract_address = vm::create_address(default_sender, first_nonce);
const vm::Address cheat_code_address = address("0x7109709ECfa91a80626fF3989D68f67F5b1DD12D");
const vm::Address console_address = address("0x000000000000000000636F6e736F6c652e6c6f67");

TestChain::TestChain() : base_(std::make_shared<vm::MapState>(make_base())) {
    block.fork = vm::Fork::osaka;
    block.chain_id = test_chain_id;
    block.number = {1};
    block.timestamp = {1};
    block.gas_limit = static_cast<std::uint64_t>(test_gas);
    tx.origin = default_sender;
    reset();
}

TestChain::TestChain(const TestChain& other) : block(other.block), tx(other.tx), base_(other.base_) {
    reset();
}

void TestChain::reset() {
    state_.emplace(*base_);
    begin_transaction();
}

void TestChain::next_transaction() {
    state_->end_transaction();
    begin_transaction();
}

void TestChain::begin_transaction() {
    state_->begin_transaction();
    // As vm/execution does at a transaction's start (EIP-2929, EIP-3651).
    for (const vm::Address& precompile : vm::precompile_addresses(block.fork)) state_->warm_account(precompile);
    for (const vm::Address& registry : {vm::permissions_address, vm::identities_address, vm::policies_address})
        state_->warm_account(registry);
    for (const vm::Address& at : {default_sender, test_contract_address, block.beneficiary}) state_->warm_account(at);
}

vm::CallResult TestChain::execute(const vm::Message& message, vm::Inspector& inspector) {
    return evm_.execute({*state_, block, tx, &registries_, &deploy_guard_, &inspector}, message);
}

void TestChain::commit() {
    vm::check(base_.use_count() == 1, "a chain that shares its world does not change it");
    state_->end_transaction();
    base_->apply(state_->changes());
    reset();
}

}  // namespace talea::runner
