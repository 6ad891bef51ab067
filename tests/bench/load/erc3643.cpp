#include "bench/load/erc3643.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/load/stop.hpp"
#include "bench/load/token.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::load {
namespace {

constexpr std::uint64_t claim_topic = 10'101;
constexpr std::uint64_t country = 840;
constexpr std::uint64_t purpose_claim = 3, key_ecdsa = 1, scheme_ecdsa = 1;  // ERC-734, ERC-735
constexpr std::size_t holders_a_call = 20;

struct Package {
    abi::Interface interface;
    vm::Bytes creation_code;
};

/// The compiled contract in `file`, a path below the packages.
Package read_package(const std::string& packages, const std::string& file) {
    const auto path = packages + "/" + file;
    std::ifstream in(path);
    const auto json = nlohmann::json::parse(in, nullptr, false);
    if (!json.is_object() || !json.contains("bytecode"))
        stop("{} is no compiled contract; `npm ci` in tests/bench/load brings the published ones", path);
    return {interface_of(json["abi"].dump()), *vm::from_hex(json["bytecode"].get<std::string>())};
}

class Deployment {
  public:
    Deployment(Administrator& administrator, std::string packages)
        : administrator_(administrator), packages_(std::move(packages)) {}

    /// `place` is the folder of the contract below the package's contracts.
    Contract trex(const std::string& place, const std::string& name, const std::vector<abi::Value>& arguments = {}) {
        return create("@tokenysolutions/t-rex/artifacts/contracts/" + place, name, arguments);
    }
    Contract onchain_id(const std::string& place, const std::string& name, const std::vector<abi::Value>& arguments) {
        return create("@onchain-id/solidity/artifacts/contracts/" + place, name, arguments);
    }
    /// The contract as one of its proxy: at the proxy's address, understood as what stands behind it.
    Contract proxy(const Contract& behind, const std::string& name, const std::vector<abi::Value>& arguments) {
        return {trex("proxy/", name, arguments).address, behind.interface};
    }
    Contract module(const std::string& name) {
        const auto logic = trex("compliance/modular/modules/", name);
        const auto proxied = trex("compliance/modular/modules/", "ModuleProxy",
                                  {abi::address(logic.address), abi::bytes(logic.call("initialize", {}))});
        return {proxied.address, logic.interface};
    }

  private:
    Contract create(const std::string& folder, const std::string& name, const std::vector<abi::Value>& arguments) {
        auto package = read_package(packages_, folder + name + ".sol/" + name + ".json");
        return administrator_.create(std::move(package.interface), std::move(package.creation_code), arguments);
    }

    Administrator& administrator_;
    std::string packages_;
};

abi::Value of(const Contract& contract) {
    return abi::address(contract.address);
}

vm::Hash keccak_of(const std::vector<abi::Value>& values, std::string_view types_text) {
    const auto type = abi::parse_type(types_text);
    return vm::keccak256(abi::encode(type->items, values));
}

/// The issuer's word that `identity` has the claim: signed as wallets sign a message of 32 bytes.
vm::Bytes sign_claim(const Account& issuer, const Contract& identity, vm::BytesView data) {
    const auto claim = keccak_of({of(identity), abi::number(claim_topic), abi::bytes(data)}, "(address,uint256,bytes)");
    const std::string_view prefix =
        "\x19"
        "Ethereum Signed Message:\n32";
    vm::Bytes message(prefix.begin(), prefix.end());
    vm::append(message, vm::view(claim));
    const auto signature = vm::sign(issuer.key, vm::keccak256(message));
    vm::Bytes encoded;
    for (const auto& part : {signature.r, signature.s}) {
        const auto word = vm::to_hash(part);
        vm::append(encoded, vm::view(word));
    }
    encoded.push_back(static_cast<std::uint8_t>(27 + signature.y_parity));
    return encoded;
}

}  // namespace

Contract deploy_erc3643(Administrator& administrator, const std::vector<Account>& holders,
                        const std::string& packages) {
    Deployment deployment(administrator, packages);
    const auto owner = abi::address(administrator.address());
    const auto none = abi::address({});

    const auto registry = [&](const std::string& name) { return deployment.trex("registry/implementation/", name); };
    const auto topics_logic = registry("ClaimTopicsRegistry"), issuers_logic = registry("TrustedIssuersRegistry");
    const auto storage_logic = registry("IdentityRegistryStorage"), identities_logic = registry("IdentityRegistry");
    const auto compliance_logic = deployment.trex("compliance/modular/", "ModularCompliance");
    const auto token_logic = deployment.trex("token/", "Token");
    const auto authority =
        deployment.trex("proxy/authority/", "TREXImplementationAuthority", {abi::boolean(true), none, none});
    administrator.call(authority, "addAndUseTREXVersion",
                       {abi::list({abi::number(4), abi::number(0), abi::number(0)}),
                        abi::list({of(token_logic), of(topics_logic), of(identities_logic), of(storage_logic),
                                   of(issuers_logic), of(compliance_logic)})});

    const auto topics = deployment.proxy(topics_logic, "ClaimTopicsRegistryProxy", {of(authority)});
    const auto issuers = deployment.proxy(issuers_logic, "TrustedIssuersRegistryProxy", {of(authority)});
    const auto storage = deployment.proxy(storage_logic, "IdentityRegistryStorageProxy", {of(authority)});
    const auto compliance = deployment.proxy(compliance_logic, "ModularComplianceProxy", {of(authority)});
    const auto identities = deployment.proxy(identities_logic, "IdentityRegistryProxy",
                                             {of(authority), of(issuers), of(topics), of(storage)});
    auto token = deployment.proxy(token_logic, "TokenProxy",
                                  {of(authority), of(identities), of(compliance), abi::text("Load Fund"),
                                   abi::text("LOAD"), abi::number(6), none});
    administrator.call(storage, "bindIdentityRegistry", {of(identities)});
    administrator.call(identities, "addAgent", {owner});
    administrator.call(token, "addAgent", {owner});

    const auto signer = make_account("talea-load claim issuer");
    const auto issuer = deployment.onchain_id("", "ClaimIssuer", {owner});
    administrator.call(issuer, "addKey",
                       {abi::hash(keccak_of({abi::address(signer.address)}, "(address)")), abi::number(purpose_claim),
                        abi::number(key_ecdsa)});
    administrator.call(topics, "addClaimTopic", {abi::number(claim_topic)});
    administrator.call(issuers, "addTrustedIssuer", {of(issuer), abi::list({abi::number(claim_topic)})});

    const auto countries = deployment.module("CountryAllowModule"), balances = deployment.module("MaxBalanceModule");
    const auto set_module = [&](const Contract& module, const vm::Bytes& setting) {
        administrator.call(compliance, "addModule", {of(module)});
        administrator.call(compliance, "callModuleFunction", {abi::bytes(setting), of(module)});
    };
    set_module(countries, countries.call("batchAllowCountries", {abi::list({abi::number(country)})}));
    set_module(balances, balances.call("setMaxBalance", {abi::number(3 * units_at_first)}));
    administrator.settle();

    const auto identity_logic = deployment.onchain_id("", "Identity", {owner, abi::boolean(true)});
    const auto identity_authority = deployment.onchain_id("proxy/", "ImplementationAuthority", {of(identity_logic)});
    const auto proxy =
        read_package(packages, "@onchain-id/solidity/artifacts/contracts/proxy/IdentityProxy.sol/IdentityProxy.json");
    const vm::Bytes claim_data{0x6b, 0x79, 0x63};
    std::vector<abi::Value> wallets, ids, home;
    for (const auto& holder : holders) {
        Contract identity = administrator.create(proxy.interface, proxy.creation_code, {of(identity_authority), owner});
        identity.interface = identity_logic.interface;
        administrator.call(
            identity, "addClaim",
            {abi::number(claim_topic), abi::number(scheme_ecdsa), of(issuer),
             abi::bytes(sign_claim(signer, identity, claim_data)), abi::bytes(claim_data), abi::text("")});
        wallets.push_back(abi::address(holder.address));
        ids.push_back(of(identity));
        home.push_back(abi::number(country));
        if (wallets.size() < holders_a_call && &holder != &holders.back()) continue;
        administrator.call(identities, "batchRegisterIdentity", {abi::list(wallets), abi::list(ids), abi::list(home)});
        for (const auto& wallet : wallets) administrator.call(token, "mint", {wallet, abi::number(units_at_first)});
        wallets.clear(), ids.clear(), home.clear();
    }
    administrator.call(token, "unpause", {});
    return token;
}

}  // namespace talea::load
