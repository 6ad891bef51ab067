#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "contracts/runner/compiler.hpp"
#include "contracts/runner/contract_book.hpp"
#include "contracts/runner/options.hpp"
#include "vm/base/numbers.hpp"

namespace talea::runner {

class Crew;

enum class TestStatus : std::uint8_t { passed, failed, skipped };
[[nodiscard]] std::string_view to_string(TestStatus status);

struct TestResult {
    std::string name;  ///< "test_Transfer", or with parameters "testFuzz_Transfer(address,uint256)"
    TestStatus status = TestStatus::passed;
    std::string reason;                 ///< why it failed or was skipped
    bool is_fuzz = false;               ///< it has parameters
    bool is_invariant = false;          ///< it was asked between the calls of the contract's campaign
    vm::Gas gas = 0;                    ///< of the call; of a fuzz test the mean
    vm::Gas gas_median = 0;             ///< of a fuzz test
    std::uint32_t runs = 0;             ///< of a fuzz test, those that vm.assume let through
    std::string counterexample;         ///< of a fuzz test that failed: its arguments, made small
    std::vector<std::string> sequence;  ///< of a campaign that failed: its calls, as few as still fail
    std::string origin;                 ///< where the sequence is from: how long it was, its seed, where it is kept
    std::vector<std::string> console_lines;
    std::string trace;  ///< where one was asked for, or the test failed
};

/// What became of the random calls between which a contract's invariants were asked.
struct CampaignSummary {
    struct Function {
        std::string name;             ///< "Handler.deposit"
        std::uint64_t calls = 0;      ///< without those that vm.assume rejected
        std::uint64_t reverts = 0;    ///< of these
        std::uint64_t discarded = 0;  ///< by vm.assume
    };
    std::uint64_t runs = 0, calls = 0, reverts = 0;
    double seconds = 0;
    std::vector<Function> functions;
    /// Marks (events `Reached(string)`), and the errors that calls of targets and handlers met; with how often. Those
    /// that the test contract's `mustReach()` names are there with 0, too.
    std::vector<std::pair<std::string, std::uint64_t>> reached, refused;
};

struct ContractResult {
    std::string unit, name;
    std::vector<TestResult> tests;  ///< in the order of the ABI; a failing constructor or setUp stands alone
    std::optional<CampaignSummary> campaign;
    double seconds = 0;
};

/// vm.assume may turn down so many runs of one test, and calls of one run of a campaign.
inline constexpr std::uint32_t rejected_runs_max = 65'536;

/// A contract with tests, ready to run.
struct TestContract {
    ContractEntry entry;
    ContractContents contents;
    abi::Interface abi;
};

/// Whether `function` is a test: its name begins with "test", and of an invariant with "invariant" or "statefulFuzz".
[[nodiscard]] bool is_test(const abi::Function& function);
[[nodiscard]] bool is_invariant(const abi::Function& function);
/// Whether `abi` has either.
[[nodiscard]] bool has_tests(const abi::Interface& abi);

/// Finds the contents of a library that a contract must be linked with; null where there is none.
using LibraryFinder = std::function<const ContractContents*(const LibraryReference&)>;

/// Deploys the contract, calls setUp, runs each test on the state that setUp left, then the campaign of its invariants,
/// in which `crew` helps. The same seed gives the same result, whoever helps. Uses nothing that another thread may
/// change.
[[nodiscard]] ContractResult run_contract(const TestContract& contract, const LibraryFinder& find_library,
                                          const ContractBook& book, const TestOptions& options, Crew& crew);

}  // namespace talea::runner
