#include "contracts/runner/bench.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "contracts/runner/cheat_table.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::runner {
namespace {

using vm::Status;

/// Libraries a contract may need, each with its own in turn; a cycle cannot be deployed anyway.
constexpr std::size_t library_depth_max = 16;
constexpr vm::Address library_deployer = vm::low_address(0x11b5);

vm::u256 failed_slot() {
    vm::Hash slot;
    std::memcpy(slot.bytes.data(), "failed", 6);
    return vm::to_u256(slot);
}

vm::Message call_at(const vm::Address& to, vm::BytesView input) {
    vm::Message message;
    message.gas = test_gas;
    message.sender = default_sender;
    message.recipient = message.code_address = to;
    message.input = input;
    return message;
}

}  // namespace

Bench::Bench(const TestContract& contract, const ContractBook& book, const TestOptions& options)
    : contract_(contract), book_(book), options_(options), cheats_(chain_) {
    cheats_.contracts = &book;
    cheats_.state.random = Random(seed_of(options.seed, contract.entry.name, "random"));
}

Bench::Bench(const Bench& ready)
    : contract_(ready.contract_),
      book_(ready.book_),
      options_(ready.options_),
      chain_(ready.chain_),
      cheats_(chain_),
      ready_(ready.ready_),
      dictionary_(ready.dictionary_),
      set_up_lines_(ready.set_up_lines_),
      set_up_trace_(ready.set_up_trace_),
      made_contracts_(ready.made_contracts_) {
    cheats_.contracts = &book_;
    cheats_.labels = ready.cheats_.labels;
    start_ = chain_.state().snapshot();
}

std::optional<TestResult> Bench::deploy(const LibraryFinder& find_library) {
    auto code = linked(contract_.contents, find_library, 0);
    if (!code) return failure("constructor()", "a library that it is linked with has not been compiled");
    if (!contract_.abi.constructor_inputs().empty())
        return failure("constructor()", "the constructor of a test contract has no parameters");
    // Test contracts may be larger than a chain accepts, so the creation code runs as a call at its new place.
    auto& state = chain_.state();
    state.set_nonce(default_sender, state.nonce(default_sender) + 1);
    state.set_nonce(test_contract_address, 1);
    state.set_balance(test_contract_address, state.balance(default_sender));
    set_code(test_contract_address, *code);
    const Run run = watched(call_at(test_contract_address, {}), "constructor()");
    if (!run.passed()) return failure("constructor()", run);
    set_code(test_contract_address, run.output);
    note_made();
    chain_.commit();
    dictionary_.add_code(run.output);
    return std::nullopt;
}

std::optional<TestResult> Bench::set_up() {
    const abi::Function* function = contract_.abi.find_function("setUp", 0);
    if (function != nullptr) {
        Run run = watched(call_at(test_contract_address, function->selector.bytes), "setUp()");
        if (run.report.skipped) {
            TestResult result = failure("setUp()", *run.report.skipped);
            result.status = TestStatus::skipped;
            return result;
        }
        if (!run.passed()) return failure("setUp()", run);
        set_up_lines_ = std::move(run.report.console_lines);
        note_made();
        chain_.commit();
    }
    ready_ = cheats_.state;
    start_ = chain_.state().snapshot();
    for (const auto& [address, label] : cheats_.labels) dictionary_.add_address(address);
    for (const vm::Address& address : {test_contract_address, default_sender}) dictionary_.add_address(address);
    for (const vm::Address& address : made_contracts_) dictionary_.add_address(address);
    return std::nullopt;
}

/// Takes down what the last run made and did not undo.
void Bench::note_made() {
    for (const vm::Address& address : cheats_.created)
        if (!code_at(address).empty() && std::ranges::find(made_contracts_, address) == made_contracts_.end())
            made_contracts_.push_back(address);
}

void Bench::set_code(const vm::Address& at, const vm::Bytes& code) {
    chain_.state().set_code(at, std::make_shared<const vm::Bytes>(code), vm::keccak256(code));
}

vm::Bytes Bench::code_at(const vm::Address& address) {
    return *chain_.state().code(address);
}

/// The creation code with the addresses of its libraries, which are deployed for it.
std::optional<vm::Bytes> Bench::linked(const ContractContents& contents, const LibraryFinder& find_library,
                                       std::size_t depth) {
    vm::Bytes code = contents.creation_code;
    for (const LibraryReference& library : contents.libraries) {
        const ContractContents* found = depth < library_depth_max ? find_library(library) : nullptr;
        if (found == nullptr) return std::nullopt;
        const auto library_code = linked(*found, find_library, depth + 1);
        if (!library_code) return std::nullopt;
        vm::Message message = call_at({}, *library_code);
        message.kind = vm::CallKind::create;
        message.sender = library_deployer;
        // The Evm takes the nonce of an outermost creation as raised already.
        chain_.state().set_nonce(library_deployer, chain_.state().nonce(library_deployer) + 1);
        cheats_.begin_run(nullptr, nullptr);
        const vm::CallResult made = chain_.execute(message, cheats_);
        cheats_.end_run();
        if (made.status != Status::success) return std::nullopt;
        for (const CodeRange& place : library.places)
            std::ranges::copy(made.created.bytes, code.begin() + static_cast<std::ptrdiff_t>(place.start));
    }
    return code;
}

Run Bench::execute(const vm::Message& message, Trace* trace) {
    cheats_.begin_run(trace, trace != nullptr ? &book_ : nullptr);
    const vm::CallResult result = chain_.execute(message, cheats_);
    Run run{result.status, vm::to_bytes(result.output), message.gas - result.gas_left, {}, false};
    cheats_.end_run();
    run.report = std::move(cheats_.report);
    static const vm::u256 slot = failed_slot();
    run.failed_flag = !chain_.state().slot(cheat_code_address, slot).current.is_zero();
    return run;
}

/// A call of the constructor or setUp, whose effects stay. It is traced from the start where traces of it are wanted,
/// else once more, on the state before it, where it fails.
Run Bench::watched(const vm::Message& message, const char* name) {
    const auto before = chain_.state().snapshot();
    const CheatState cheats_before = cheats_.state;
    Run run = execute(message, nullptr);
    if (run.passed() && options_.verbosity < 3) return run;
    chain_.state().revert(before);
    cheats_.state = cheats_before;
    Trace trace = new_trace();
    run = execute(message, &trace);
    set_up_trace_ += std::string(name) + "\n" + trace.render();
    return run;
}

Run Bench::fresh(vm::BytesView input, Trace* trace) {
    // A state keeps every slot that it ever saw. Beginning anew from time to time keeps long fuzzing fast and small.
    static constexpr std::uint32_t runs_on_state_max = 4'096;
    if (++runs_on_state_ > runs_on_state_max) {
        chain_.reset();
        start_ = chain_.state().snapshot();
        runs_on_state_ = 0;
    }
    chain_.state().revert(start_);
    cheats_.state = ready_;
    return execute(call_at(test_contract_address, input), trace);
}

void Bench::begin_sequence() {
    chain_.reset();
    cheats_.state = ready_;
}

Run Bench::transact(const vm::Address& sender, const vm::Address& to, vm::BytesView input, Trace* trace) {
    const CheatState before = cheats_.state;
    cheats_.state.origin = sender;
    vm::Message message = call_at(to, input);
    message.sender = sender;
    Run run = execute(message, trace);
    if (run.status == Status::success)
        cheats_.state.origin = before.origin;
    else
        cheats_.state = before;
    chain_.next_transaction();
    return run;
}

Run Bench::ask(vm::BytesView input, Trace* trace) {
    const CheatState before = cheats_.state;
    const auto snapshot = chain_.state().snapshot();
    Tally* tally = std::exchange(cheats_.tally, nullptr);
    Run run = execute(call_at(test_contract_address, input), trace);
    chain_.state().revert(snapshot);
    cheats_.state = before;
    cheats_.tally = tally;
    return run;
}

std::string Bench::reason_of(const Run& run) const {
    if (run.report.failure) return *run.report.failure;
    if (run.status == Status::revert) {
        std::string reason = abi::describe_revert(book_.all(), run.output);
        // Of the cheat codes' own error the message says it all.
        const auto error = abi::decode_error(cheat_interface(), run.output);
        if (error && error->error == &cheat_interface().errors().front())
            reason.assign(error->values.front().bytes.begin(), error->values.front().bytes.end());
        return reason;
    }
    if (run.status != Status::success) return std::string(to_string(run.status));
    return "the test noted a failure";
}

TestResult Bench::failure(std::string name, std::string reason) const {
    TestResult result;
    result.name = std::move(name);
    result.status = TestStatus::failed;
    result.reason = std::move(reason);
    return result;
}

TestResult Bench::failure(std::string name, const Run& run) const {
    TestResult result = failure(std::move(name), reason_of(run));
    result.gas = run.gas_used;
    result.console_lines = run.report.console_lines;
    result.trace = set_up_trace_;
    return result;
}

std::uint64_t seed_of(std::uint64_t seed, const std::string& contract, std::string_view test) {
    const std::string text = contract + "." + std::string(test);
    const vm::Hash digest = vm::keccak256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    return seed ^ vm::to_u256(digest).low_u64();
}

std::string format_arguments(const abi::Function& function, std::span<const abi::Value> values,
                             const abi::AddressNamer& name_address) {
    std::string text;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0) text += ", ";
        if (!function.inputs[i].name.empty()) text += function.inputs[i].name + ": ";
        text += abi::format(function.input_types[i], values[i], name_address);
    }
    return text;
}

}  // namespace talea::runner
