#include "conformance/runner/classic.hpp"

#include <cmath>
#include <fstream>

#include "vm/base/hex.hpp"

namespace talea::conformance {

namespace fs = std::filesystem;

namespace {

/// The last folder on the path that names a kind; empty where none does.
std::string kind_of(const fs::path& file) {
    std::string kind;
    for (const fs::path& part : file.parent_path())
        for (const char* known :
             {"TrieTests", "RLPTests", "BasicTests", "TransactionTests", "ABITests", "KeyStoreTests"})
            if (part == known) kind = known;
    return kind;
}

}  // namespace

bool run_classic_file(const fs::path& file, Recorder& recorder) {
    const std::string kind = kind_of(file), name = file.filename().string();
    if (kind.empty()) return false;
    std::ifstream stream(file);
    const Json tests = Json::parse(stream, nullptr, false);
    if (tests.is_discarded()) {
        recorder.add("(the file)", no_fork, 0, failed("it is no JSON"));
    } else if (kind == "ABITests") {
        recorder.leave_to_others(tests.size(), "unit_contracts", "ABITests");
    } else if (kind == "KeyStoreTests") {
        recorder.leave_to_others(tests.size(), "unit_wallet", "KeyStoreTests");
    } else {
        try {
            if (kind == "TrieTests") run_trie_tests(tests, name, recorder);
            if (kind == "RLPTests") run_rlp_tests(tests, recorder);
            if (kind == "BasicTests") run_basic_tests(tests, name, recorder);
            if (kind == "TransactionTests") run_transaction_tests(tests, recorder);
        } catch (const Json::exception& error) {
            recorder.add("(the file)", no_fork, 0, failed(error.what()));
        }
    }
    return true;
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
