#pragma once
#include <span>
#include <string>
#include <string_view>

#include "contracts/abi/value.hpp"
#include "wallet/session/session.hpp"
#include "wallet/session/submit.hpp"

namespace talea::wallet {

/// Deploys the template with its constructor's arguments and names it in the address book where `book_name` is given.
[[nodiscard]] Result<std::optional<Outcome>> deploy(Session& session, std::string_view contract,
                                                    std::span<const abi::Value> arguments,
                                                    const std::string& book_name);

/// An address option: the address, or zero where the option was not given.
[[nodiscard]] Result<vm::Address> resolve_or_zero(const Session& session, const std::string& name_or_address);

/// keccak of a role's name, as the templates identify it ("ISSUER"); zero for "ADMIN", the administrator.
[[nodiscard]] vm::Hash role_id(std::string_view role);

/// The hash that stands for a document or reason on the chain: 0x and 64 digits as they are, else the keccak of the
/// text; zero for none.
[[nodiscard]] vm::Hash text_hash(std::string_view text);

}  // namespace talea::wallet
