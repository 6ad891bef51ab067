#pragma once
#include <string>
#include <vector>

#include "contracts/abi/type.hpp"
#include "vm/base/bytes.hpp"
#include "wallet/session/session.hpp"

namespace talea::wallet {

/// A function as a person names it: "transfer(address,uint256)", optionally with "(bool)" behind it for what it
/// returns.
struct CallWords {
    abi::Signature inputs;
    std::vector<abi::Type> outputs;
};
[[nodiscard]] Result<CallWords> parse_call_words(const std::string& text);

/// Selector and arguments, these as a person writes them; names stand for addresses.
[[nodiscard]] Result<vm::Bytes> encode_call_words(const Session& session, const CallWords& called,
                                                  const std::vector<std::string>& arguments);

}  // namespace talea::wallet
