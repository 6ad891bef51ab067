#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "conformance/runner/tally.hpp"
#include "vm/base/bytes.hpp"
#include "vm/base/u256.hpp"

/// The tests of encodings, tries and transactions in ethereum/tests, known by the folder that they stand in.
namespace talea::conformance {

using Json = nlohmann::json;

/// Runs `file` if a folder on its path is TrieTests, RLPTests, BasicTests or TransactionTests, or names it where it is
/// ABITests or KeyStoreTests, which other programs run; false for any other file, of which nothing is recorded.
bool run_classic_file(const std::filesystem::path& file, Recorder& recorder);

/// The kinds; `tests` is the content of the file `name`.
void run_trie_tests(const Json& tests, const std::string& name, Recorder& recorder);
void run_rlp_tests(const Json& tests, Recorder& recorder);
void run_basic_tests(const Json& tests, const std::string& name, Recorder& recorder);
void run_transaction_tests(const Json& tests, Recorder& recorder);

/// What has no fork.
inline constexpr const char* no_fork = "-";

/// The bytes of a text.
[[nodiscard]] vm::Bytes bytes_of(std::string_view text);
/// The bytes of a text that is hex where it begins with 0x.
[[nodiscard]] vm::Bytes text_or_hex(std::string_view text);
/// A number in JSON of any size that a double holds exactly.
[[nodiscard]] vm::u256 exact_number(const Json& number);

}  // namespace talea::conformance
