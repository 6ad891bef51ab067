#include "bench/load/token.hpp"

#include "bench/execution/plain_token.hpp"
#include "bench/load/erc3643.hpp"
#include "bench/load/stop.hpp"
#include "contracts/artifacts/artifacts.hpp"
#include "vm/base/hex.hpp"

namespace talea::load {
namespace {

constexpr std::uint64_t role_transact = 8;  // vm/native/NATIVE.md, slot 02
constexpr std::uint64_t category = 1;
constexpr std::uint64_t year_seconds = 31'536'000;
// Operations and sides of rules (contracts/src/native/IPolicies.sol).
constexpr std::uint64_t transfer_and_issue = 1U << 1 | 1U << 2, both_sides = 3;

const contracts::Artifact& artifact(std::string_view name) {
    const auto* found = contracts::find_artifact(name);
    if (found == nullptr) stop("there is no template {}", name);
    return *found;
}

Contract registry(std::string_view name, std::uint16_t address) {
    return {vm::low_address(address), interface_of(artifact(name).abi)};
}

abi::Value rule(std::uint64_t kind, std::uint64_t operations, std::uint64_t sides, std::string_view type,
                const std::vector<abi::Value>& fields) {
    const auto parsed = abi::parse_type(type);
    if (!parsed) stop("{} is no type", type);
    const std::vector<abi::Type> types{*parsed};
    const std::vector<abi::Value> values{abi::list(fields)};
    return abi::list(
        {abi::number(kind), abi::number(operations), abi::number(sides), abi::bytes(abi::encode(types, values))});
}

/// The policy of tests/bench/execution: what a regulated fund asks.
abi::Value rules() {
    return abi::list({
        rule(2, 0, 0, "(address[])", {abi::list({})}),
        rule(3, transfer_and_issue, both_sides, "(bool,uint16[])",
             {abi::boolean(false), abi::list({abi::number(364), abi::number(408)})}),
        rule(4, transfer_and_issue, both_sides, "(uint64,uint64)", {abi::number(category), abi::number(0)}),
        rule(5, 0, 0, "(uint32,uint96,uint96)",
             {abi::number(1'000'000), abi::number(3 * units_at_first), abi::number(units_at_first / 1'000)}),
    });
}

bool is_enforced(Rpc& rpc) {
    const auto permissions = registry("IPermissions", 0x7a01);
    const auto at = vm::to_hex(permissions.address);
    if (rpc.call("eth_getCode", fmt::format(R"(["{}","latest"])", at)) != "0xfe") return false;
    const auto asked =
        fmt::format(R"([{{"to":"{}","data":"{}"}},"latest"])", at, vm::to_hex(permissions.call("mode", {})));
    return rpc.call("eth_call", asked).get<std::string>().ends_with('1');
}

void grant_transact(Administrator& administrator, const std::vector<Account>& holders) {
    const auto permissions = registry("IPermissions", 0x7a01);
    for (const auto& holder : holders)
        administrator.call(permissions, "grantRoles", {abi::address(holder.address), abi::number(role_transact)});
}

Contract deploy_restricted(Rpc& rpc, Administrator& administrator, const std::vector<Account>& holders) {
    const auto identities = registry("IIdentities", 0x7a02), policies = registry("IPolicies", 0x7a03);
    const auto owner = abi::address(administrator.address());
    const auto now = quantity(rpc.call("eth_getBlockByNumber", R"(["latest",false])").at("timestamp"));
    administrator.call(identities, "addRegistrar", {owner});
    for (std::size_t i = 0; i < holders.size(); ++i)
        administrator.call(
            identities, "register",
            {abi::number(i + 1), abi::number(840), abi::number(category), abi::number(now + year_seconds),
             abi::number(0), abi::list({abi::address(holders[i].address)})});
    administrator.call(policies, "createPolicy", {rules()});
    administrator.settle();
    const auto count = fmt::format(R"([{{"to":"{}","data":"{}"}},"latest"])", vm::to_hex(policies.address),
                                   vm::to_hex(policies.call("policyCount", {})));
    const auto policy = vm::u256::from_be_bytes(*vm::from_hex(rpc.call("eth_call", count).get<std::string>()));
    administrator.call(policies, "allowToken",
                       {abi::number(policy), abi::address(administrator.next_creation(1)), abi::boolean(true)});
    const auto& restricted = artifact("RestrictedToken");
    const auto none = abi::address({});
    const auto terms =
        abi::list({abi::text("Load Fund"), abi::text("LOAD"), abi::number(vm::u256{1} << 100), abi::number(policy),
                   abi::boolean(true), abi::boolean(true), owner, owner, none, none, none, none});
    auto token = administrator.create(interface_of(restricted.abi), vm::to_bytes(restricted.creation_code), {terms});
    for (const auto& holder : holders)
        administrator.call(token, "issue", {abi::address(holder.address), abi::number(units_at_first)});
    return token;
}

Contract deploy_plain(Administrator& administrator, const std::vector<Account>& holders) {
    auto token = administrator.create(interface_of(plain_token_abi), *vm::from_hex(plain_token_code), {});
    for (const auto& holder : holders)
        administrator.call(token, "mint", {abi::address(holder.address), abi::number(units_at_first)});
    return token;
}

vm::Bytes call_data(std::string_view signature, const vm::Address& address) {
    const auto selector = abi::selector_of(signature);
    vm::Bytes data(selector.bytes.begin(), selector.bytes.end());
    data.resize(data.size() + 12);
    vm::append(data, vm::view(address));
    return data;
}

}  // namespace

vm::Address deploy_token(TokenKind kind, Rpc& rpc, Administrator& administrator, const std::vector<Account>& holders,
                         const std::string& packages) {
    if (is_enforced(rpc)) grant_transact(administrator, holders);
    const auto made = [&] {
        switch (kind) {
            case TokenKind::restricted:
                return deploy_restricted(rpc, administrator, holders);
            case TokenKind::erc3643:
                return deploy_erc3643(administrator, holders, packages);
            case TokenKind::plain:
                return deploy_plain(administrator, holders);
        }
        stop("no such token");
    }();
    administrator.settle();
    return made.address;
}

vm::Bytes transfer_data(const vm::Address& to, std::uint64_t amount) {
    auto data = call_data("transfer(address,uint256)", to);
    const auto word = vm::to_hash(vm::u256{amount});
    vm::append(data, vm::view(word));
    return data;
}

vm::Bytes balance_data(const vm::Address& of) {
    return call_data("balanceOf(address)", of);
}

}  // namespace talea::load
