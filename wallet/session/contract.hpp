#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "contracts/abi/interface.hpp"
#include "wallet/session/session.hpp"

namespace talea::wallet {

/// The registries' addresses (vm/native/NATIVE.md).
inline constexpr vm::Address permissions_address = vm::low_address(0x7a01);
inline constexpr vm::Address identities_address = vm::low_address(0x7a02);
inline constexpr vm::Address policies_address = vm::low_address(0x7a03);

/// The interface of a template or registry that this program holds, by its name ("RestrictedToken", "IPolicies").
[[nodiscard]] const abi::Interface& interface_of(std::string_view contract);
/// All of them in one, to read calls, events and errors of whatever contract it was.
[[nodiscard]] const abi::Interface& known_interface();

/// Calls a function by its name; the contract must have one with so many arguments (checked: names are ours).
[[nodiscard]] vm::Bytes encode_call(std::string_view contract, std::string_view function,
                                    std::span<const abi::Value> arguments);

/// A view's results. The error of a revert is decoded; an address without code is named as such.
[[nodiscard]] Result<std::vector<abi::Value>> read_contract(Session& session, const vm::Address& address,
                                                            std::string_view contract, std::string_view function,
                                                            std::vector<abi::Value> arguments = {},
                                                            const std::string& block = "latest");

/// What a token calls itself.
struct TokenTerms {
    vm::Address address;
    std::string name, symbol;
    unsigned decimals = 0;
};
/// A token by name or address; what is there must answer as an ERC-20 does.
[[nodiscard]] Result<TokenTerms> find_token(Session& session, std::string_view name_or_address);
/// An amount as a person writes it, in the token's units.
[[nodiscard]] Result<vm::u256> parse_token_amount(std::string_view text, const TokenTerms& token);

/// Revert data in words: the sentence and remedy of the refusal table, else the decoded error.
[[nodiscard]] std::string explain_revert(const Session& session, vm::BytesView revert_data);

}  // namespace talea::wallet
