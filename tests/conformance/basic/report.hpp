#pragma once
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "vm/base/bytes.hpp"
#include "vm/base/u256.hpp"

/// The public tests of encodings and tries (suite `classic`): what is common to their runners.
namespace talea::conformance {

using Json = nlohmann::json;

/// Counts cases by folder and fork, as COUNTS.json does, and prints those that fail.
class Report {
  public:
    void expect(std::string_view folder, std::string_view fork, const std::string& name, bool holds,
                const std::string& otherwise = {});
    /// Cases of what the product has no use for.
    void leave_out(std::string_view folder, std::string_view fork, const std::string& what, std::size_t cases,
                   std::string_view reason);
    /// Prints the counts, held against those of `counts_file`, and the closing line. False if anything failed, a case
    /// is missing, or none ran.
    [[nodiscard]] bool finish(const std::filesystem::path& counts_file);

  private:
    struct Count {
        std::size_t passed = 0, failed = 0, left_out = 0;
    };
    std::map<std::pair<std::string, std::string>, Count> counts_;
    std::size_t left_out_groups_ = 0;
};

/// The file as JSON; a file that is none ends the program.
[[nodiscard]] Json read_json(const std::filesystem::path& file);
/// All .json files below `folder`, sorted.
[[nodiscard]] std::vector<std::filesystem::path> json_files(const std::filesystem::path& folder);
/// The bytes of a text.
[[nodiscard]] vm::Bytes bytes_of(std::string_view text);
/// The bytes of a text that is hex where it begins with 0x.
[[nodiscard]] vm::Bytes text_or_hex(std::string_view text);
/// A number in JSON of any size that a double holds exactly.
[[nodiscard]] vm::u256 exact_number(const Json& number);

void run_trie_tests(const std::filesystem::path& folder, Report& report);
void run_rlp_tests(const std::filesystem::path& folder, Report& report);
void run_basic_tests(const std::filesystem::path& folder, Report& report);
void run_transaction_tests(const std::filesystem::path& folder, Report& report);

}  // namespace talea::conformance
