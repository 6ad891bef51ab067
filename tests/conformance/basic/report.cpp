#include "conformance/basic/report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "vm/base/hex.hpp"

namespace talea::conformance {
namespace {

/// The cases that COUNTS.json lists for a folder of the suite, "-" being no fork.
std::size_t listed(const Json& counts, const std::string& folder, const std::string& fork) {
    const Json& by_fork = counts.at("suites").at("classic");
    if (!by_fork.contains(fork) || !by_fork.at(fork).contains(folder)) return 0;
    return by_fork.at(fork).at(folder).at("cases").get<std::size_t>();
}

}  // namespace

void Report::expect(std::string_view folder, std::string_view fork, const std::string& name, bool holds,
                    const std::string& otherwise) {
    Count& count = counts_[{std::string{folder}, std::string{fork}}];
    ++(holds ? count.passed : count.failed);
    if (!holds)
        std::printf("failed: %s %s %s%s%s\n", std::string{folder}.c_str(), std::string{fork}.c_str(), name.c_str(),
                    otherwise.empty() ? "" : ": ", otherwise.c_str());
}

void Report::leave_out(std::string_view folder, std::string_view fork, const std::string& what, std::size_t cases,
                       std::string_view reason) {
    counts_[{std::string{folder}, std::string{fork}}].left_out += cases;
    ++left_out_groups_;
    std::printf("skipped: %s/%s: %zu cases, %s\n", std::string{folder}.c_str(), what.c_str(), cases,
                std::string{reason}.c_str());
}

bool Report::finish(const std::filesystem::path& counts_file) {
    const Json counts = read_json(counts_file);
    std::size_t passed = 0, failed = 0;
    for (const auto& [where, count] : counts_) {
        const auto& [folder, fork] = where;
        const std::size_t seen = count.passed + count.failed + count.left_out, due = listed(counts, folder, fork);
        std::printf("%-18s %-10s %5zu passed %3zu failed %5zu left out, %5zu listed%s\n", folder.c_str(), fork.c_str(),
                    count.passed, count.failed, count.left_out, due, seen == due ? "" : "  <- cases are missing");
        passed += count.passed;
        failed += count.failed + (seen == due ? 0 : 1);
    }
    std::printf("%zu passed, %zu failed, %zu skipped\n", passed, failed, left_out_groups_);
    return failed == 0 && passed > 0;
}

Json read_json(const std::filesystem::path& file) {
    std::ifstream stream(file);
    Json json = Json::parse(stream, nullptr, false);
    if (json.is_discarded()) {
        std::fprintf(stderr, "%s is not there or no JSON\n", file.c_str());
        std::exit(2);
    }
    return json;
}

std::vector<std::filesystem::path> json_files(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.path().extension() == ".json") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

vm::Bytes bytes_of(std::string_view text) {
    return {text.begin(), text.end()};
}

vm::Bytes text_or_hex(std::string_view text) {
    if (text.starts_with("0x"))
        if (const auto bytes = vm::from_hex(text)) return *bytes;
    return bytes_of(text);
}

vm::u256 exact_number(const Json& number) {
    if (number.is_number_unsigned()) return vm::u256{number.get<std::uint64_t>()};
    int exponent = 0;
    const double mantissa = std::frexp(number.get<double>(), &exponent);  // 53 bits after the point
    return vm::u256{static_cast<std::uint64_t>(std::ldexp(mantissa, 53))} << static_cast<unsigned>(exponent - 53);
}

}  // namespace talea::conformance
