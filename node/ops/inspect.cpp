#include "node/ops/inspect.hpp"

#include <fmt/format.h>

#include <charconv>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>

#include "contracts/abi/interface.hpp"
#include "node/chain/genesis_record.hpp"
#include "node/consensus/certificate.hpp"
#include "node/ops/failure.hpp"
#include "node/ops/files.hpp"
#include "node/ops/genesis_source.hpp"
#include "node/storage/rebuilt_tries.hpp"
#include "node/storage/state_proof.hpp"
#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/interpreter/evm.hpp"
#include "vm/native/addresses.hpp"
#include "vm/native/admitted_nodes.hpp"
#include "vm/native/permissions.hpp"
#include "vm/native/registries.hpp"

namespace talea::node {
namespace {

/// A directory opened for a look at one block.
struct Look {
    Database& database;
    ChainReader blocks;
    vm::BlockNumber number;
    const vm::StateView& state;
};

ExitCode with_block(const Directory& directory, const std::string& at,
                    const std::function<ExitCode(const Look&)>& use) {
    const auto genesis = load_genesis(directory);
    if (!genesis) return fail(genesis.error());
    const auto database = Database::open(directory.database(), genesis_record(*genesis), database_that_exists());
    if (!database) return fail(describe(directory, database.error()));
    vm::BlockNumber number = (*database)->head();
    if (at != "latest") {
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(at.data(), at.data() + at.size(), value);
        if (error != std::errc{} || end != at.data() + at.size())
            return fail(fmt::format("'{}' is no block; give a number or latest", at));
        if (value > number.value)
            return fail(fmt::format("there is no block {}; the last one is {}", value, number.value));
        number = {value};
    }
    const PastState state((*database)->store(), (*database)->codes(), number);
    return use({**database, ChainReader((*database)->store()), number, state});
}

void row(std::string_view name, std::string_view value) {
    fmt::print("{:<18} {}\n", name, value);
}

/// What a view of a registry that takes nothing, or one number, and returns one answers in `view`.
std::string ask_number(const vm::StateView& view, const vm::Address& registry, std::string_view signature,
                       std::optional<std::uint64_t> argument = {}) {
    const abi::Selector selector = abi::selector_of(signature);
    vm::Bytes input(selector.bytes.begin(), selector.bytes.end());
    if (argument) vm::append(input, vm::u256{*argument}.to_be_bytes());
    vm::State state(view);
    state.begin_transaction();
    vm::Registries registries;
    vm::Evm evm;
    const vm::BlockContext block;
    const vm::TxContext tx;
    vm::Message message;
    message.gas = 1'000'000;
    message.recipient = registry;
    message.code_address = registry;
    message.input = input;
    const auto result =
        evm.execute({.state = state, .block = block, .tx = tx, .system_contracts = &registries}, message);
    vm::check(result.status == vm::Status::success, "a registry tells its numbers");
    return vm::to_decimal(vm::u256::from_be_bytes(result.output));
}

std::optional<vm::Address> read_account(const std::string& text) {
    return vm::address_from_hex(text);
}

std::optional<vm::u256> read_slot(const std::string& text) {
    return text.starts_with("0x") ? vm::u256_from_hex(text) : vm::u256_from_decimal(text);
}

nlohmann::ordered_json nodes_json(const std::vector<vm::Bytes>& nodes) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& node : nodes) list.push_back(vm::to_hex(node));
    return list;
}

}  // namespace

ExitCode inspect_block(const Directory& directory, const std::string& at) {
    return with_block(directory, at, [](const Look& look) {
        const auto header = look.blocks.header(look.number);
        const auto hash = look.blocks.hash(look.number);
        if (!header || !hash) return fail("the block cannot be read");
        row("number", std::to_string(look.number.value));
        row("hash", vm::to_hex(*hash));
        row("parent", vm::to_hex(header->parent_hash));
        row("time", format_time(header->timestamp));
        row("beneficiary", vm::to_checksum_hex(header->beneficiary));
        row("state root", vm::to_hex(header->state_root));
        row("gas used", fmt::format("{} of {}", header->gas_used, header->gas_limit));
        if (const auto encoded = look.blocks.certificate(look.number))
            if (const auto certificate = decode_certificate(*encoded))
                row("certificate", fmt::format("instance {}, round {}, {} seals", certificate->instance,
                                               certificate->round, certificate->seals.size()));
        if (look.blocks.is_forgotten(look.number)) {
            row("transactions",
                fmt::format("forgotten: they are kept from block {} on", look.blocks.first_whole().value));
            return ExitCode::done;
        }
        const auto transactions = look.blocks.transactions(look.number);
        const auto receipts = look.blocks.receipts(look.number, transactions);
        row("transactions", std::to_string(transactions.size()));
        for (std::size_t i = 0; i < receipts.size(); ++i)
            fmt::print("  {} from {} {} {} gas, {} logs\n", vm::to_hex(vm::transaction_hash(transactions[i])),
                       vm::to_checksum_hex(receipts[i].sender), receipts[i].receipt.succeeded ? "ok," : "FAILED,",
                       receipts[i].gas_used, receipts[i].receipt.logs.size());
        return ExitCode::done;
    });
}

ExitCode inspect_account(const Directory& directory, const std::string& text, const std::string& at) {
    const auto address = read_account(text);
    if (!address) return fail(fmt::format("'{}' is no address", text));
    return with_block(directory, at, [&](const Look& look) {
        const auto account = look.state.account(*address);
        row("account", vm::to_checksum_hex(*address));
        row("at block", std::to_string(look.number.value));
        if (!account) {
            row("exists", "no");
            return ExitCode::done;
        }
        row("nonce", std::to_string(account->nonce));
        row("balance", vm::to_decimal(account->balance));
        row("code",
            fmt::format("{} bytes, {}", look.state.code(account->code_hash)->size(), vm::to_hex(account->code_hash)));
        std::uint64_t roles = 0;
        for (std::uint64_t bit = 1; bit <= vm::role::all; bit <<= 1)
            if (vm::has_role(look.state, *address, bit)) roles |= bit;
        row("roles", role_names(roles));
        return ExitCode::done;
    });
}

ExitCode inspect_storage(const Directory& directory, const std::string& text, const std::string& slot_text,
                         const std::string& at) {
    const auto address = read_account(text);
    if (!address) return fail(fmt::format("'{}' is no address", text));
    const auto slot = read_slot(slot_text);
    if (!slot) return fail(fmt::format("'{}' is no slot; give a number", slot_text));
    return with_block(directory, at, [&](const Look& look) {
        fmt::print("{}\n", vm::to_hex(vm::to_hash(look.state.storage(*address, *slot))));
        return ExitCode::done;
    });
}

ExitCode prove_account(const Directory& directory, const std::string& text, const std::vector<std::string>& slot_texts,
                       const std::string& at) {
    const auto address = read_account(text);
    if (!address) return fail(fmt::format("'{}' is no address", text));
    std::vector<vm::u256> slots;
    for (const auto& slot_text : slot_texts) {
        const auto slot = read_slot(slot_text);
        if (!slot) return fail(fmt::format("'{}' is no slot; give a number", slot_text));
        slots.push_back(*slot);
    }
    return with_block(directory, at, [&](const Look& look) {
        const auto& store = look.database.store();
        auto tries = StateTries::at(store, look.number);
        std::optional<RebuiltTries> rebuilt;
        if (!tries) tries = StateTries::at(rebuilt.emplace(store, look.number), look.number);
        if (!tries) return fail(std::string(to_string(tries.error())));
        const auto header = look.blocks.header(look.number);
        const auto hash = look.blocks.hash(look.number);
        if (!header || !hash) return fail(fmt::format("block {} is not stored whole", look.number.value));
        const auto proof = (*tries)->prove(*address, slots);
        nlohmann::ordered_json json;
        json["block"] = vm::to_quantity(look.number.value);
        json["blockHash"] = vm::to_hex(*hash);
        json["stateRoot"] = vm::to_hex(header->state_root);
        json["header"] = vm::to_hex(vm::encode_header(*header));
        json["certificate"] = vm::to_hex(look.blocks.certificate(look.number).value_or(vm::Bytes{}));
        json["address"] = vm::to_hex(*address);
        auto account = proof.account.value_or(vm::Account{});
        if (!proof.account) account.code_hash = vm::empty_code_hash;
        json["balance"] = vm::to_quantity(account.balance);
        json["nonce"] = vm::to_quantity(account.nonce);
        json["codeHash"] = vm::to_hex(account.code_hash);
        json["storageHash"] = vm::to_hex(proof.storage_root);
        json["accountProof"] = nodes_json(proof.nodes);
        json["storageProof"] = nlohmann::ordered_json::array();
        for (std::size_t i = 0; i < slots.size(); ++i) {
            auto slot = nlohmann::ordered_json::object();
            slot["key"] = vm::to_quantity(slots[i]);
            slot["value"] = vm::to_quantity(proof.slots[i].value);
            slot["proof"] = nodes_json(proof.slots[i].nodes);
            json["storageProof"].push_back(std::move(slot));
        }
        fmt::print("{}\n", json.dump());
        return ExitCode::done;
    });
}

ExitCode inspect_registries(const Directory& directory, const std::string& at) {
    return with_block(directory, at, [](const Look& look) {
        const auto settings = vm::read_settings(look.state);
        row("at block", std::to_string(look.number.value));
        row("permissions", vm::to_string(settings.mode));
        switch (settings.clock_mode) {
            case vm::ClockMode::none:
                row("clock", "UTC");
                break;
            case vm::ClockMode::running:
                row("clock", fmt::format("UTC and {} seconds", settings.clock));
                break;
            case vm::ClockMode::stepped:
                row("clock", "stands at " + format_time({static_cast<std::uint64_t>(settings.clock)}));
                break;
        }
        row("gas limit", std::to_string(settings.gas_limit));
        row("base fee", std::to_string(settings.base_fee));
        row("native version", std::to_string(vm::native_version_at(look.state, look.number)));
        if (const auto upgrade = vm::read_upgrade(look.state); upgrade.version != 0 && upgrade.from > look.number)
            row("upgrade", fmt::format("to version {} from block {} on", upgrade.version, upgrade.from.value));
        const auto admins = ask_number(look.state, vm::permissions_address, "adminCount()");
        for (std::uint64_t bit = 1; bit <= vm::role::all; bit <<= 1) {
            const auto threshold = ask_number(look.state, vm::permissions_address, "threshold(uint256)", bit);
            if (threshold != "1")
                row("threshold", fmt::format("{}: {} of {} administrators", role_names(bit), threshold, admins));
        }
        for (const auto& validator : vm::read_validators(look.state)) row("validator", vm::to_checksum_hex(validator));
        for (const auto& node : vm::read_nodes(look.state))
            row("admitted node", vm::to_checksum_hex(vm::address_of(node)));
        for (const auto& [name, registry, what, view] :
             {std::tuple("Permissions", vm::permissions_address, "administrators", "adminCount()"),
              std::tuple("Identities", vm::identities_address, "identities", "identityCount()"),
              std::tuple("Policies", vm::policies_address, "policies", "policyCount()")})
            row(name, fmt::format("{} {}, at {}", ask_number(look.state, registry, view), what,
                                  vm::to_checksum_hex(registry)));
        return ExitCode::done;
    });
}

}  // namespace talea::node
