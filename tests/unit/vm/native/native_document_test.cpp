#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <string>

#include "unit/vm/native/native_chain.hpp"

using namespace talea;
using namespace talea::tests;

namespace {

const vm::Address owner = address(0x0a), registrar = address(0x501), token = address(0x70), fund = address(0xf0),
                  alice = address(0xa1), nobody = address(0xff);

/// The story of the worked example in NATIVE.md.
struct Example : NativeChain {
    Example() : NativeChain(genesis()) {
        REQUIRE(call(token, vm::policies_address, "bind(uint64,bool)", {1, 1}).ok());
        REQUIRE(call(token, vm::policies_address, "setEscrow(address,bool)", {word(fund), 1}).ok());
        REQUIRE(authorize({vm::Operation::issue, token, alice, {}, alice, 250'000'000'000}).ok());
        REQUIRE(authorize({vm::Operation::redeem, token, fund, alice, fund, 100'000'000}).ok());
        next_transaction();
    }
    static vm::NativeGenesis genesis() {
        vm::NativeGenesis genesis = plain_genesis();
        genesis.registrars = {registrar};
        const std::string name = "alice";
        genesis.identities = {
            {.id = vm::u256::from_be_bytes({reinterpret_cast<const std::uint8_t*>(name.data()), 5}) << 216,
             .registrar = registrar,
             .country = 840,
             .categories = 1,
             .expiry = 1'826'744'400,
             .file_hash = 0xf11e,
             .wallets = {alice}}};
        const std::uint16_t moves = vm::bit(vm::Operation::transfer) | vm::bit(vm::Operation::issue);
        genesis.policies = {
            {.owner = owner,
             .rules =
                 {{.operations = 0, .sides = 0, .params = vm::KnownRule{{registrar}}},
                  {.operations = moves,
                   .sides = 3,
                   .params = vm::CountriesRule{.allow = false, .countries = {364, 408}}},
                  {.operations = moves, .sides = 3, .params = vm::CategoriesRule{.all_of = 1, .any_of = 0}},
                  {.operations = 0,
                   .sides = 0,
                   .params =
                       vm::HoldersRule{.identities_max = 3, .units_max = 3'000'000'000'000, .units_min = 50'000'000}},
                  {.operations = moves,
                   .sides = 0,
                   .params =
                       vm::WindowRule{
                           .not_before = 1'795'208'340, .not_after = 0, .day_from = 0, .day_to = 0, .locks = true}}},
             .tokens = {token}}};
        return genesis;
    }
    /// All slots of a registry that are not zero.
    std::map<vm::u256, vm::u256> storage(const vm::Address& registry) {
        std::map<vm::u256, vm::u256> slots = vm::native_accounts(genesis()).value().at(registry).storage;
        const vm::ChangeSet changes = state.changes();
        if (const auto change = changes.accounts.find(registry); change != changes.accounts.end())
            for (const auto& [key, value] : change->second.storage) slots[key] = value;
        return slots;
    }
};

std::string hex(const vm::u256& value) {
    return vm::to_hex(value.to_be_bytes());
}

/// Lines "name = 0x..." (or "0x... = 0x...") of the fenced block that follows the line `heading`.
std::map<std::string, std::string> block_after(const std::string& heading) {
    std::ifstream file{TALEA_NATIVE_MD};
    REQUIRE(file.good());
    std::map<std::string, std::string> entries;
    bool found = false, inside = false;
    for (std::string line; std::getline(file, line);) {
        if (line == heading) found = true;
        if (!found) continue;
        if (line.starts_with("```")) {
            if (inside) break;
            inside = true;
            continue;
        }
        const std::size_t equals = line.find(" = ");
        if (inside && equals != std::string::npos) {
            std::string value = line.substr(equals + 3);
            value.resize(std::min(value.find(' '), value.size()));
            entries[line.substr(0, equals)] = value;
        }
    }
    REQUIRE_MESSAGE(found, "NATIVE.md has " << heading);
    return entries;
}

}  // namespace

TEST_CASE("the storage of NATIVE.md's example is what the registries write") {
    Example example;
    for (const auto& [heading, registry] :
         {std::pair{"#### Permissions", vm::permissions_address}, std::pair{"#### Identities", vm::identities_address},
          std::pair{"#### Policies", vm::policies_address}}) {
        std::map<std::string, std::string> written;
        for (const auto& [key, value] : example.storage(registry)) written[hex(key)] = hex(value);
        CHECK_MESSAGE(block_after(heading) == written, heading);
        if (block_after(heading) != written)
            for (const auto& [key, value] : written) MESSAGE(key << " = " << value);
    }
}

TEST_CASE("the calls of NATIVE.md's example answer as it says") {
    Example example;
    const auto document = block_after("#### Calls");
    const auto at = [&document](const std::string& name) {
        REQUIRE_MESSAGE(document.contains(name), name);
        return vm::from_hex(document.at(name)).value();
    };
    const vm::Movement movement{vm::Operation::transfer, token, alice, alice, nobody, 249'899'000'000};
    CHECK(vm::to_hex(at("preview")) == vm::to_hex(vm::encode_preview_call(movement)));
    CHECK(vm::to_hex(at("authorize")) == vm::to_hex(vm::encode_authorize_call(movement)));
    const Answer preview = example.call(nobody, vm::policies_address, at("preview"));
    CHECK(vm::to_hex(preview.output) == vm::to_hex(at("refusals")));
    const Answer authorize = example.call(token, vm::policies_address, at("authorize"));
    CHECK(vm::to_hex(authorize.output) == vm::to_hex(at("refused")));
}
