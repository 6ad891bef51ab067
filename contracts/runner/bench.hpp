#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "contracts/runner/cheat_codes.hpp"
#include "contracts/runner/fuzz.hpp"
#include "contracts/runner/suite.hpp"
#include "contracts/runner/test_chain.hpp"

namespace talea::runner {

/// What became of one call.
struct Run {
    vm::Status status = vm::Status::success;
    vm::Bytes output;
    vm::Gas gas_used = 0;
    RunReport report;
    bool failed_flag = false;  ///< older test libraries note failures in a slot

    [[nodiscard]] bool passed() const { return status == vm::Status::success && !report.failure && !failed_flag; }
};

/// A chain on which one contract with tests is deployed and set up, so that any number of calls begin there.
///
/// Life: construct, `deploy`, `set_up`; then either tests by `fresh`, or sequences: `begin_sequence`, then `transact`
/// and `ask`. One thread; a copy is for another one.
class Bench {
  public:
    Bench(const TestContract& contract, const ContractBook& book, const TestOptions& options);
    /// On the ground that `ready` stands on, which has been set up and changes its ground no more.
    Bench(const Bench& ready);
    Bench& operator=(const Bench&) = delete;

    /// Nothing where it went well.
    [[nodiscard]] std::optional<TestResult> deploy(const LibraryFinder& find_library);
    [[nodiscard]] std::optional<TestResult> set_up();

    /// A call of the test contract on the state that setUp left; undone before the next one.
    [[nodiscard]] Run fresh(vm::BytesView input, Trace* trace = nullptr);

    /// Back to the state that setUp left.
    void begin_sequence();
    /// A transaction by `sender`; what it did stays, cheat codes included, unless it fails.
    [[nodiscard]] Run transact(const vm::Address& sender, const vm::Address& to, vm::BytesView input,
                               Trace* trace = nullptr);
    /// A call of the test contract in between, which leaves nothing behind.
    [[nodiscard]] Run ask(vm::BytesView input, Trace* trace = nullptr);

    /// What calls met from now on is counted there; null: nowhere.
    void count_in(Tally* tally) { cheats_.tally = tally; }

    /// Why `run`, which did not pass, failed.
    [[nodiscard]] std::string reason_of(const Run& run) const;
    [[nodiscard]] Trace new_trace() const { return {book_, cheats_.labels}; }

    [[nodiscard]] const TestContract& contract() const { return contract_; }
    [[nodiscard]] const ContractBook& book() const { return book_; }
    [[nodiscard]] const TestOptions& options() const { return options_; }
    [[nodiscard]] const Labels& labels() const { return cheats_.labels; }
    [[nodiscard]] const Dictionary& dictionary() const { return dictionary_; }
    [[nodiscard]] const std::vector<std::string>& set_up_lines() const { return set_up_lines_; }
    [[nodiscard]] const std::string& set_up_trace() const { return set_up_trace_; }
    /// Contracts that the constructor and setUp made and that stand, in the order they were made.
    [[nodiscard]] const std::vector<vm::Address>& made_contracts() const { return made_contracts_; }
    [[nodiscard]] vm::Bytes code_at(const vm::Address& address);

  private:
    const TestContract& contract_;
    const ContractBook& book_;
    const TestOptions& options_;
    TestChain chain_;
    CheatCodes cheats_;
    CheatState ready_;
    vm::State::Snapshot start_ = 0;
    Dictionary dictionary_;
    std::vector<std::string> set_up_lines_;
    std::string set_up_trace_;
    std::vector<vm::Address> made_contracts_;
    std::uint32_t runs_on_state_ = 0;

    void set_code(const vm::Address& at, const vm::Bytes& code);
    void note_made();
    [[nodiscard]] std::optional<vm::Bytes> linked(const ContractContents& contents, const LibraryFinder& find_library,
                                                  std::size_t depth);
    [[nodiscard]] Run execute(const vm::Message& message, Trace* trace);
    [[nodiscard]] Run watched(const vm::Message& message, const char* name);
    [[nodiscard]] TestResult failure(std::string name, std::string reason) const;
    [[nodiscard]] TestResult failure(std::string name, const Run& run) const;
};

/// A seed for each test of its own: adding one changes no other.
[[nodiscard]] std::uint64_t seed_of(std::uint64_t seed, const std::string& contract, std::string_view test);

/// "amount: 5, to: 0x…", as far as the parameters have names.
[[nodiscard]] std::string format_arguments(const abi::Function& function, std::span<const abi::Value> values,
                                           const abi::AddressNamer& name_address);

}  // namespace talea::runner
