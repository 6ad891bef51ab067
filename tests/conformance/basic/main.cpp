// Runs the public tests of encodings and tries. They are read from TALEA_CONFORMANCE_DIR/classic, where the pack of
// TALEA_SHARED/conformance has been unpacked to.
#include <cstdio>
#include <cstdlib>

#include "conformance/basic/report.hpp"

int main() {
    const char* unpacked = std::getenv("TALEA_CONFORMANCE_DIR");
    const char* shared = std::getenv("TALEA_SHARED");
    const std::filesystem::path classic = std::filesystem::path{unpacked == nullptr ? "" : unpacked} / "classic";
    const std::filesystem::path counts =
        std::filesystem::path{shared == nullptr ? "../shared" : shared} / "conformance" / "COUNTS.json";
    if (unpacked == nullptr || !std::filesystem::exists(classic) || !std::filesystem::exists(counts)) {
        std::printf(
            "skipped: conformance_basic: the public pack is not there (TALEA_CONFORMANCE_DIR: its suite classic, "
            "unpacked; TALEA_SHARED: conformance/COUNTS.json)\n0 passed, 0 failed, 1 skipped\n");
        return 0;
    }
    talea::conformance::Report report;
    talea::conformance::run_trie_tests(classic / "TrieTests", report);
    talea::conformance::run_rlp_tests(classic / "RLPTests", report);
    talea::conformance::run_basic_tests(classic / "BasicTests", report);
    talea::conformance::run_transaction_tests(classic / "TransactionTests", report);
    return report.finish(counts) ? 0 : 1;
}
