#include "wallet/session/contract.hpp"

#include <map>

#include "contracts/artifacts/artifacts.hpp"
#include "contracts/refusals/refusals.hpp"
#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"
#include "wallet/amount.hpp"

namespace talea::wallet {

const abi::Interface& interface_of(std::string_view contract) {
    static std::map<std::string, abi::Interface, std::less<>> parsed;
    if (const auto found = parsed.find(contract); found != parsed.end()) return found->second;
    const contracts::Artifact* artifact = contracts::find_artifact(contract);
    vm::check(artifact != nullptr, "the program holds the contracts it names");
    auto interface = abi::Interface::parse(artifact->abi);
    vm::check(interface.has_value(), "an embedded ABI is one");
    return parsed.emplace(contract, std::move(*interface)).first->second;
}

const abi::Interface& known_interface() {
    static const abi::Interface merged = [] {
        abi::Interface all;
        for (const std::string_view name : contracts::artifact_names()) all.merge(interface_of(name));
        return all;
    }();
    return merged;
}

vm::Bytes encode_call(std::string_view contract, std::string_view function, std::span<const abi::Value> arguments) {
    const abi::Function* found = interface_of(contract).find_function(function, arguments.size());
    vm::check(found != nullptr, "the contract has the function that the wallet calls");
    return found->encode_call(arguments);
}

Result<std::vector<abi::Value>> read_contract(Session& session, const vm::Address& address, std::string_view contract,
                                              std::string_view function, std::vector<abi::Value> arguments,
                                              const std::string& block) {
    const abi::Function* called = interface_of(contract).find_function(function, arguments.size());
    vm::check(called != nullptr, "the contract has the function that the wallet calls");
    const auto answer = session.call(
        "eth_call",
        Json::array({Json{{"to", vm::to_hex(address)}, {"data", vm::to_hex(called->encode_call(arguments))}}, block}));
    if (!answer) {
        if (answer.error().kind != RpcFailure::Kind::answered || answer.error().code != 3)
            return std::unexpected(to_failure(answer.error()));
        const Json& data = answer.error().data;
        const auto revert = data.is_string() ? vm::from_hex(data.get<std::string>()) : std::nullopt;
        return fail(Exit::refused, explain_revert(session, revert.value_or(vm::Bytes{})));
    }
    const auto bytes = answer->is_string() ? vm::from_hex(answer->get<std::string>()) : std::nullopt;
    auto values = bytes ? abi::decode(called->output_types, *bytes) : std::unexpected(abi::DecodeError::too_short);
    if (!values) {
        return fail(Exit::usage, "what stands at " + session.describe(address) + " is no " + std::string(contract) +
                                     ": it does not answer " + called->signature);
    }
    return std::move(*values);
}

Result<TokenTerms> find_token(Session& session, std::string_view name_or_address) {
    const auto address = session.resolve(name_or_address);
    if (!address) return std::unexpected(address.error());
    // A node that is not there or another chain's is told of as such, not as a token that is missing.
    if (const auto chain = session.chain_id(); !chain) return std::unexpected(chain.error());
    TokenTerms terms{.address = *address, .name = {}, .symbol = {}};
    const auto name = read_contract(session, *address, "RestrictedToken", "name");
    const auto symbol = name ? read_contract(session, *address, "RestrictedToken", "symbol") : name;
    const auto decimals = symbol ? read_contract(session, *address, "RestrictedToken", "decimals") : symbol;
    if (!decimals) {
        if (decimals.error().exit == Exit::unreachable) return std::unexpected(decimals.error());
        return fail(Exit::usage,
                    "there is no token at " + session.describe(*address) + "; `talea book list` shows the names");
    }
    terms.name.assign(name->front().bytes.begin(), name->front().bytes.end());
    terms.symbol.assign(symbol->front().bytes.begin(), symbol->front().bytes.end());
    terms.decimals = static_cast<unsigned>(decimals->front().word.low_u64());
    return terms;
}

Result<vm::u256> parse_token_amount(std::string_view text, const TokenTerms& token) {
    const auto amount = parse_amount(text, token.decimals);
    if (!amount) {
        return fail(Exit::usage, "the amount \"" + std::string(text) + "\" " + std::string(to_string(amount.error())) +
                                     (amount.error() == AmountError::too_many_decimals
                                          ? ": " + token.symbol + " has " + std::to_string(token.decimals)
                                          : ""));
    }
    return *amount;
}

std::string explain_revert(const Session& session, vm::BytesView revert_data) {
    const auto refusal = contracts::decode_refusal(revert_data);
    if (!refusal) return session.with_names(abi::describe_revert(known_interface(), revert_data));
    const contracts::RefusalNames names{
        .wallet = [&session](const vm::Address& address) { return session.describe(address); }};
    const std::string remedy = contracts::refusal_remedy(*refusal, names);
    return contracts::refusal_sentence(*refusal, names) + (remedy.empty() ? "" : "; " + remedy);
}

}  // namespace talea::wallet
