#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "contracts/runner/contract_book.hpp"
#include "contracts/runner/fuzz.hpp"
#include "contracts/runner/test_chain.hpp"
#include "contracts/runner/trace.hpp"
#include "vm/interpreter/inspector.hpp"

namespace talea::runner {

/// Who calls pretend to come from (prank, startPrank): those that `caller` makes at `depth`.
struct Prank {
    vm::Address sender;
    std::optional<vm::Address> origin;
    vm::Address caller;
    std::uint16_t depth = 0;
    bool delegated = false;  ///< a DELEGATECALL, too, works on the sender's account
};

/// Which calls are meant (mockCall, expectCall): those of `callee` whose data begins so.
struct CallPattern {
    vm::Address callee;
    vm::Bytes data;
    std::optional<vm::u256> value;

    [[nodiscard]] bool matches(const vm::Message& message) const;
};

/// What calls are answered with instead (mockCall, mockCallRevert, mockCalls), or whose code runs (mockFunction).
struct Mock {
    CallPattern of;
    std::vector<vm::Bytes> answers;  ///< in turn; the last one stays
    bool reverts = false;
    std::optional<vm::Address> code_of;
    std::size_t given = 0;
};

/// A call that must happen before the run ends (expectCall, expectCallMinGas).
struct ExpectedCall {
    CallPattern of;
    std::optional<std::uint64_t> gas, min_gas;
    std::optional<std::uint64_t> count;  ///< exactly so often; without: at least once
    std::uint64_t seen = 0;
};

/// A contract that must be made before the run ends (expectCreate, expectCreate2).
struct ExpectedCreate {
    vm::Bytes code;
    vm::Address deployer;
    vm::CallKind kind = vm::CallKind::create;
    bool seen = false;
};

/// What the next calls at `depth` must revert with (expectRevert, expectPartialRevert).
struct ExpectedRevert {
    enum class Match : std::uint8_t { anything, selector, exact };
    Match match = Match::anything;
    vm::Bytes data;                       ///< of Error(string) the text alone does too
    std::optional<vm::Address> reverter;  ///< the contract that began the revert
    std::uint64_t count = 1;              ///< so many calls; 0: the next one must not revert so
    std::uint16_t depth = 0;
    std::uint64_t seen = 0;
    std::optional<vm::Address> reverted_by;  ///< in the call that runs
};

/// An event that the next call at `depth` must emit (expectEmit): the test shows it by emitting it first.
struct ExpectedEvent {
    bool anonymous = false;  ///< its first topic is one like the others
    std::array<bool, 4> topics = {true, true, true, true};
    bool data = true;
    std::optional<vm::Address> emitter;
    std::uint64_t count = 1;
    std::uint16_t depth = 0;
    std::optional<vm::Log> shown;
    std::uint64_t seen = 0;
};

/// What the cheat codes of one call keep for later ones. Copied around runs, so that each begins as setUp ended.
struct CheatState {
    std::optional<Prank> next_prank;      ///< for one call
    std::optional<Prank> standing_prank;  ///< until stopPrank
    std::optional<ExpectedRevert> expected_revert;
    std::vector<ExpectedEvent> expected_events;
    std::vector<Mock> mocks;
    std::vector<ExpectedCall> expected_calls;
    std::vector<ExpectedCreate> expected_creates;
    std::optional<std::vector<vm::Log>> recorded_logs;  ///< from recordLogs on
    std::map<vm::Address, vm::Hash> keys;               ///< of wallets made or remembered
    Random random{0};                                   ///< of randomUint and its like; Bench seeds it
    vm::BlockContext block;
    vm::Address origin;
    vm::u256 gas_price;
};

/// What a run told its runner.
struct RunReport {
    bool rejected = false;               ///< vm.assume did not hold
    std::optional<std::string> skipped;  ///< vm.skip, with its reason
    std::optional<std::string> failure;  ///< the run fails whatever the test made of it
    std::vector<std::string> console_lines;
};

/// What many calls met: the marks they emitted as `Reached(string)`, and what refused them.
struct Tally {
    std::map<std::string, std::uint64_t, std::less<>> marks;
    /// By how the call ended and the part of its revert data that tells one refusal from another.
    std::map<std::pair<vm::Status, vm::Bytes>, std::uint64_t> refusals;
};

/// The cheat codes (see cheat_table.cpp) and the console, for calls that an Evm makes on a TestChain.
class CheatCodes final : public vm::Inspector {
  public:
    explicit CheatCodes(TestChain& chain);

    /// What later runs begin with: set before `begin_run`, read after `end_run`.
    CheatState state;
    RunReport report;
    Labels labels;
    std::vector<vm::Address> created;  ///< contracts that this run made, those of calls that were undone too
    Tally* tally = nullptr;            ///< counts where it is set

    /// Before the outermost call of a run. With a trace every call is recorded in it; with a book, complaints name what
    /// they speak of.
    void begin_run(Trace* trace, const ContractBook* book);
    /// After it: what is still expected becomes a failure of the run.
    void end_run();

    std::optional<vm::CallResult> on_call(vm::Message& message) override;
    void on_call_end(const vm::Message& message, vm::CallResult& result) override;
    void on_log(const vm::Log& log) override;

    // For the cheat codes' own functions.
    [[nodiscard]] TestChain& chain() { return chain_; }
    /// All contracts of the compilation; null where nobody set it.
    const ContractBook* contracts = nullptr;
    /// Forgets the saved state with that id, or all of them; false where there is none.
    bool forget_state(const vm::u256& id);
    void forget_states() { saved_.clear(); }
    /// Fails the run for good, even where the test catches reverts.
    void fail(std::string sentence);
    /// Names a cheat code that the table does not have, as well as the compiled interfaces tell.
    [[nodiscard]] std::string unknown_cheat_code(vm::BytesView call_data) const;
    [[nodiscard]] vm::u256 save_state();
    /// Nothing where there is no such state, or it is none of the running call's.
    [[nodiscard]] bool restore_state(const vm::u256& id, std::uint16_t depth);

  private:
    struct Frame {
        vm::State::Snapshot start = 0;
        std::optional<vm::Address> origin;  // to put back at its end
    };
    struct SavedState {
        std::uint64_t id = 0;
        vm::State::Snapshot at = 0;
        vm::BlockContext block;
    };

    TestChain& chain_;
    Trace* trace_ = nullptr;
    const ContractBook* book_ = nullptr;
    std::vector<Frame> frames_;  // by depth
    std::vector<SavedState> saved_;
    std::uint64_t saved_count_ = 0;
    vm::Bytes output_;
    vm::Bytes counted_;  // the refusal counted last in this run, which a caller may pass on

    [[nodiscard]] vm::CallResult answer(const vm::Message& message);
    [[nodiscard]] std::optional<vm::CallResult> mocked(vm::Message& message);
    void note_call(const vm::Message& message);
    void note_creation(const vm::Message& message, const vm::CallResult& result);
    void judge_expected_calls();
    void apply_prank(vm::Message& message, Frame& frame);
    void judge_revert(const vm::Message& message, vm::CallResult& result);
    void judge_events(const vm::Message& message, vm::CallResult& result);
    void count_refusal(const vm::Message& message, const vm::CallResult& result);
    void count_mark(const vm::Log& log);
    void complain(vm::CallResult& result, std::string sentence);
    [[nodiscard]] std::string describe(vm::BytesView revert_data) const;
    [[nodiscard]] std::string describe(const vm::Log& log) const;
};

/// Revert data of CheatcodeError(string), which other test runners use as well.
[[nodiscard]] vm::Bytes cheat_code_error(std::string_view sentence);

}  // namespace talea::runner
