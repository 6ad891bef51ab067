#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "contracts/abi/value.hpp"
#include "wallet/session/session.hpp"

/// A policy's rules as a person writes them, one a line: what `policy set` takes and `policy show` prints.
namespace talea::wallet {

/// What a rule may say, for help.
extern const char* const rule_words_help;

/// An IPolicies.Rule; its words say what is not understood.
[[nodiscard]] Result<abi::Value> parse_rule(const Session& session, const std::string& words);
/// A list of them, at most 16.
[[nodiscard]] Result<abi::Value> parse_rules(const Session& session, const std::vector<std::string>& lines);

/// The rules of a file, one a line; '#' begins a comment.
[[nodiscard]] Result<std::vector<std::string>> read_rules_file(const std::string& path);

/// The reverse of `parse_rule`; what this program does not know of a rule is shown in hex.
[[nodiscard]] std::string write_rule(const abi::Value& rule);
/// What the rule asks, as a sentence without its full stop.
[[nodiscard]] std::string explain_rule(const Session& session, const abi::Value& rule);

/// "transfer" … "return"; 0 where there is none of that name.
[[nodiscard]] unsigned operation_number(std::string_view name);

}  // namespace talea::wallet
