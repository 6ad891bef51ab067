#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "contracts/runner/compiler.hpp"
#include "contracts/runner/contract_book.hpp"
#include "contracts/runner/options.hpp"
#include "vm/base/numbers.hpp"

namespace talea::runner {

enum class TestStatus : std::uint8_t { passed, failed, skipped };
[[nodiscard]] std::string_view to_string(TestStatus status);

struct TestResult {
    std::string name;  ///< "test_Transfer", or with parameters "testFuzz_Transfer(address,uint256)"
    TestStatus status = TestStatus::passed;
    std::string reason;          ///< why it failed or was skipped
    bool is_fuzz = false;        ///< it has parameters
    vm::Gas gas = 0;             ///< of the call; of a fuzz test the mean
    vm::Gas gas_median = 0;      ///< of a fuzz test
    std::uint32_t runs = 0;      ///< of a fuzz test, those that vm.assume let through
    std::string counterexample;  ///< of a fuzz test that failed: its arguments, made small
    std::vector<std::string> console_lines;
    std::string trace;  ///< where one was asked for, or the test failed
};

struct ContractResult {
    std::string unit, name;
    std::vector<TestResult> tests;  ///< in the order of the ABI; a failing constructor or setUp stands alone
    double seconds = 0;
};

/// vm.assume may turn down so many runs of one test.
inline constexpr std::uint32_t rejected_runs_max = 65'536;

/// A contract with tests, ready to run.
struct TestContract {
    ContractEntry entry;
    ContractContents contents;
    abi::Interface abi;
};

/// Whether `abi` has functions that are tests: their names begin with "test".
[[nodiscard]] bool has_tests(const abi::Interface& abi);

/// Finds the contents of a library that a contract must be linked with; null where there is none.
using LibraryFinder = std::function<const ContractContents*(const LibraryReference&)>;

/// Deploys the contract, calls setUp, and runs each test on the state that setUp left. The same seed gives the same
/// result. Uses nothing that another thread may change.
[[nodiscard]] ContractResult run_contract(const TestContract& contract, const LibraryFinder& find_library,
                                          const ContractBook& book, const TestOptions& options);

}  // namespace talea::runner
