#include <fmt/format.h>

#include "contracts/runner/cheat_call.hpp"
#include "vm/base/hex.hpp"
#include "vm/chain/create_address.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/crypto/secp256k1.hpp"

namespace talea::runner {
namespace {

using abi::Value;
using vm::u256;

constexpr const char* wallet_type = "(address,uint256,uint256,uint256)";
/// Who deploys by CREATE2 for whoever names no deployer: the public deterministic deployment proxy.
const vm::Address create2_deployer = *vm::address_from_hex("0x4e59b44847b379578588920ca78fbf26c0b4956c");

std::optional<vm::PrivateKey> key_of(CheatCall& call, const u256& word) {
    const vm::PrivateKey key{vm::to_hash(word)};
    if (is_valid(key)) return key;
    call.error = "a private key is neither zero nor at or above the order of secp256k1";
    return std::nullopt;
}

/// The key of a wallet that a test made or remembered.
std::optional<vm::PrivateKey> known_key(CheatCall& call, const vm::Address& address) {
    const auto found = call.cheats.state.keys.find(address);
    if (found != call.cheats.state.keys.end()) return vm::PrivateKey{found->second};
    call.error = fmt::format("no wallet of {} was made (vm.createWallet, vm.rememberKey)", vm::to_hex(address));
    return std::nullopt;
}

void remember(CheatCall& call, const vm::PrivateKey& key) {
    call.cheats.state.keys[address_of(key)] = key.secret;
}

void make_wallet(CheatCall& call, const u256& word, const std::string& label) {
    const auto key = key_of(call, word);
    if (!key) return;
    const vm::PublicKey point = public_key_of(*key);
    remember(call, *key);
    if (!label.empty()) call.cheats.labels[address_of(*key)] = label;
    call.results = {
        abi::list({abi::address(address_of(*key)), abi::number(point.x), abi::number(point.y), abi::number(word)})};
}

void give_signature(CheatCall& call, const std::optional<vm::PrivateKey>& key, const u256& digest, bool compact) {
    if (!key) return;
    const vm::Signature made = vm::sign(*key, vm::to_hash(digest));
    if (compact)
        // EIP-2098: the parity is the top bit of s.
        call.results = {abi::number(made.r), abi::number(made.s | (u256{made.y_parity} << 255))};
    else
        call.results = {abi::number(27U + made.y_parity), abi::number(made.r), abi::number(made.s)};
}

std::vector<CheatCode> signing(const char* name, const char* results, bool compact, bool plain) {
    std::vector<CheatCode> codes = {
        {fmt::format("{}({},bytes32)", name, wallet_type), results,
         [compact](CheatCall& call) {
             give_signature(call, key_of(call, call.args[0].items[3].word), call.word(1), compact);
         }},
        {fmt::format("{}(address,bytes32)", name), results,
         [compact](CheatCall& call) { give_signature(call, known_key(call, call.address(0)), call.word(1), compact); }},
    };
    if (plain)
        codes.push_back({fmt::format("{}(uint256,bytes32)", name), results, [compact](CheatCall& call) {
                             give_signature(call, key_of(call, call.word(0)), call.word(1), compact);
                         }});
    return codes;
}

/// EIP-1014.
vm::Address create2_address(const vm::Address& deployer, const u256& salt, const u256& code_hash) {
    vm::Bytes data = {0xff};
    vm::append(data, view(deployer));
    vm::append(data, salt.to_be_bytes());
    vm::append(data, code_hash.to_be_bytes());
    return vm::to_address(vm::to_u256(vm::keccak256(data)));
}

CheatCode code_of(const char* name, bool deployed) {
    return {
        fmt::format("{}(string)", name), "(bytes)", [deployed](CheatCall& call) {
            const ContractBook* contracts = call.cheats.contracts;
            const KnownContract* found = contracts != nullptr ? contracts->by_name(call.text(0)) : nullptr;
            if (found == nullptr)
                call.error = fmt::format("no contract that this test imports is called {}", call.text(0));
            else if (!found->contents.libraries.empty())
                call.error = fmt::format("{} must be linked with libraries first", call.text(0));
            else
                call.results = {abi::bytes(deployed ? found->contents.runtime_code : found->contents.creation_code)};
        }};
}

}  // namespace

std::vector<CheatCode> wallet_codes() {
    std::vector<CheatCode> codes = {
        {"createWallet(uint256)", fmt::format("({})", wallet_type),
         [](CheatCall& call) { make_wallet(call, call.word(0), ""); }},
        {"createWallet(uint256,string)", fmt::format("({})", wallet_type),
         [](CheatCall& call) { make_wallet(call, call.word(0), call.text(1)); }},
        {"createWallet(string)", fmt::format("({})", wallet_type),
         [](CheatCall& call) { make_wallet(call, vm::to_u256(vm::keccak256(call.args[0].bytes)), call.text(0)); }},
        {"rememberKey(uint256)", "(address)",
         [](CheatCall& call) {
             const auto key = key_of(call, call.word(0));
             if (!key) return;
             remember(call, *key);
             call.results = {abi::address(address_of(*key))};
         }},
        {"getWallets()", "(address[])",
         [](CheatCall& call) {
             Value list;
             for (const auto& [address, key] : call.cheats.state.keys) list.items.push_back(abi::address(address));
             call.results = {std::move(list)};
         }},
        {fmt::format("getNonce({})", wallet_type), "(uint64)",
         [](CheatCall& call) {
             call.results = {abi::number(call.state().nonce(vm::to_address(call.args[0].items[0].word)))};
         }},
        {"computeCreate2Address(bytes32,bytes32)", "(address)",
         [](CheatCall& call) {
             call.results = {abi::address(create2_address(create2_deployer, call.word(0), call.word(1)))};
         }},
        {"computeCreate2Address(bytes32,bytes32,address)", "(address)",
         [](CheatCall& call) {
             call.results = {abi::address(create2_address(call.address(2), call.word(0), call.word(1)))};
         }},
        code_of("getCode", false),
        code_of("getDeployedCode", true),
    };
    for (auto part : {signing("sign", "(uint8,bytes32,bytes32)", false, false),
                      signing("signCompact", "(bytes32,bytes32)", true, true)})
        codes.insert(codes.end(), part.begin(), part.end());
    return codes;
}

}  // namespace talea::runner
