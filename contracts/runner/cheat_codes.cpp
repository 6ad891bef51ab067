#include "contracts/runner/cheat_codes.hpp"

#include <algorithm>
#include <utility>

#include "contracts/runner/cheat_refused.hpp"
#include "contracts/runner/cheat_table.hpp"
#include "contracts/runner/console.hpp"
#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::runner {
namespace {

using vm::Address;
using vm::BytesView;
using vm::CallKind;
using vm::CallResult;
using vm::Message;
using vm::Status;

/// Answers of the runner itself, not of code on the chain.
bool is_runners(const Message& message) {
    return !creates(message.kind) && (message.recipient == cheat_code_address || message.recipient == console_address);
}

/// What a call that reverted as expected returns: enough zeros for whatever Solidity decodes from it.
constexpr std::array<std::uint8_t, 8192> zeros{};
const Address created_stand_in = vm::low_address(1);

/// The text of Error(string) and of the cheat codes' own error.
std::optional<vm::Bytes> message_of(BytesView revert_data) {
    const auto decoded = abi::decode_error(cheat_interface(), revert_data);
    if (!decoded || decoded->error->input_types.size() != 1) return std::nullopt;
    if (decoded->error->input_types.front().kind != abi::Kind::string) return std::nullopt;
    return decoded->values.front().bytes;
}

bool matches(const ExpectedRevert& expected, BytesView actual) {
    switch (expected.match) {
        case ExpectedRevert::Match::anything:
            return true;
        case ExpectedRevert::Match::selector:
            return actual.size() >= 4 && vm::equal(actual.first(4), expected.data);
        case ExpectedRevert::Match::exact:
            return vm::equal(actual, expected.data) || message_of(actual) == expected.data;
    }
    return false;
}

bool matches(const ExpectedEvent& expected, const vm::Log& log) {
    const vm::Log& shown = *expected.shown;
    if (expected.emitter && log.address != *expected.emitter) return false;
    if (log.topics.size() != shown.topics.size()) return false;
    if (expected.data && log.data != shown.data) return false;
    for (std::size_t i = 0; i < shown.topics.size(); ++i) {
        // The signature of an event that has one is always compared.
        const bool compared = (i == 0 && !expected.anonymous) || expected.topics[i];
        if (compared && log.topics[i] != shown.topics[i]) return false;
    }
    return true;
}

/// The selector, and of the errors that stand for many refusals what tells them apart: the code of a registry's, the
/// number of a panic, the text of Error(string).
vm::Bytes refusal_key(BytesView data) {
    static const abi::Selector registry_refused = abi::selector_of("Refused(uint16,address,uint8,uint256)");
    const auto selector = abi::selector_in(data);
    if (!selector) return {};
    std::size_t size = 4;
    if (*selector == registry_refused || *selector == abi::standard_panic().selector) size = 36;
    if (*selector == abi::standard_error().selector) size = data.size();
    return vm::to_bytes(data.first(std::min(size, data.size())));
}

vm::Hash reached_topic() {
    static constexpr std::string_view text = "Reached(string)";
    return vm::keccak256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

}  // namespace

vm::Bytes cheat_code_error(std::string_view sentence) {
    static const abi::ErrorDefinition& error = cheat_interface().errors().front();
    vm::Bytes data(error.selector.bytes.begin(), error.selector.bytes.end());
    abi::encode_to(data, error.input_types, std::vector{abi::text(sentence)});
    return data;
}

CheatCodes::CheatCodes(TestChain& chain) : chain_(chain) {
    state.block = chain.block;
    state.origin = chain.tx.origin;
}

void CheatCodes::begin_run(Trace* trace, const ContractBook* book) {
    trace_ = trace;
    book_ = book;
    report = {};
    frames_.clear();
    saved_.clear();
    counted_.clear();
    created.clear();
    chain_.block = state.block;
    chain_.tx.origin = state.origin;
    chain_.tx.gas_price = state.gas_price;
}

void CheatCodes::end_run() {
    state.block = chain_.block;
    state.origin = chain_.tx.origin;
    state.gas_price = chain_.tx.gas_price;
    if (const auto& expected = state.expected_revert; expected && expected->seen < expected->count)
        fail("a call was expected to revert, but none followed vm.expectRevert");
    for (const ExpectedEvent& expected : state.expected_events)
        if (!expected.shown || expected.seen < expected.count)
            fail(expected.shown ? "an event was expected, but no call followed it: " + describe(*expected.shown)
                                : "vm.expectEmit was not followed by the event to expect");
    judge_expected_calls();
    state.expected_revert.reset();
    state.expected_events.clear();
    state.expected_calls.clear();
    state.expected_creates.clear();
    trace_ = nullptr;
}

void CheatCodes::fail(std::string sentence) {
    if (!report.failure) report.failure = std::move(sentence);
}

std::string CheatCodes::describe(BytesView revert_data) const {
    return abi::describe_revert(book_ != nullptr ? book_->all() : cheat_interface(), revert_data);
}

std::string CheatCodes::describe(const vm::Log& log) const {
    const auto event = book_ != nullptr ? abi::decode_event(book_->all(), log.topics, log.data) : std::nullopt;
    if (event) return abi::describe_event(*event, [](const Address& address) { return vm::to_hex(address); });
    std::string text = "an event";
    for (const vm::Hash& topic : log.topics) text += " " + vm::to_hex(topic);
    return text;
}

std::string CheatCodes::unknown_cheat_code(BytesView call_data) const {
    const auto selector = abi::selector_in(call_data);
    if (const auto refused = selector ? find_refused(*selector) : std::nullopt)
        return "the cheat code vm." + std::string(refused->signature) +
               " is not supported by talea test: " + std::string(refused->why);
    const abi::Function* function = selector && book_ != nullptr ? book_->all().find_function(*selector) : nullptr;
    const std::string name = function != nullptr ? "vm." + function->signature
                             : selector          ? "with selector " + vm::to_hex(selector->bytes)
                                                 : "without a selector";
    return "the cheat code " + name + " is not supported by talea test";
}

std::optional<CallResult> CheatCodes::on_call(Message& message) {
    if (is_runners(message)) {
        if (trace_ != nullptr) trace_->begin(message, chain_.state());
        const CallResult result = answer(message);
        if (trace_ != nullptr) trace_->end(result, chain_.state());
        return result;
    }
    if (frames_.size() <= message.depth) frames_.resize(message.depth + 1U);
    Frame& frame = frames_[message.depth];
    frame = {chain_.state().snapshot(), std::nullopt};
    apply_prank(message, frame);
    if (!creates(message.kind)) note_call(message);
    auto result = state.mocks.empty() ? std::nullopt : mocked(message);
    if (trace_ != nullptr) trace_->begin(message, chain_.state());
    return result;
}

bool CallPattern::matches(const Message& message) const {
    return message.code_address == callee && message.input.size() >= data.size() &&
           vm::equal(message.input.first(data.size()), data) && (!value || *value == message.value);
}

/// The mock that says most of the call: one with its value before others, then the one with most data.
std::optional<CallResult> CheatCodes::mocked(Message& message) {
    if (creates(message.kind)) return std::nullopt;
    Mock* best = nullptr;
    for (Mock& mock : state.mocks) {
        if (!mock.of.matches(message)) continue;
        const auto weight = [](const Mock& of) { return std::pair(of.of.value.has_value(), of.of.data.size()); };
        if (best == nullptr || weight(mock) >= weight(*best)) best = &mock;
    }
    if (best == nullptr) return std::nullopt;
    if (best->code_of) {
        message.code_address = *best->code_of;
        return std::nullopt;
    }
    CallResult result;
    result.gas_left = message.gas;
    if (best->reverts) result.status = Status::revert;
    output_ = best->answers[std::min(best->given++, best->answers.size() - 1)];
    result.output = output_;
    return result;
}

void CheatCodes::note_call(const Message& message) {
    const auto gas = static_cast<std::uint64_t>(message.gas);
    for (ExpectedCall& expected : state.expected_calls)
        if (expected.of.matches(message) && expected.gas.value_or(gas) == gas && expected.min_gas.value_or(0) <= gas)
            ++expected.seen;
}

void CheatCodes::note_creation(const Message& message, const CallResult& result) {
    created.push_back(result.created);
    for (ExpectedCreate& expected : state.expected_creates)
        if (expected.kind == message.kind && expected.deployer == message.sender &&
            vm::equal(expected.code, *chain_.state().code(result.created)))
            expected.seen = true;
}

void CheatCodes::judge_expected_calls() {
    for (const ExpectedCall& expected : state.expected_calls) {
        if (expected.count ? expected.seen == *expected.count : expected.seen > 0) continue;
        std::string wanted = vm::to_hex(expected.of.data);
        if (book_ != nullptr && expected.of.data.size() >= 4)
            wanted = abi::describe_call(book_->all(), expected.of.data);
        const std::string often = expected.count ? std::to_string(*expected.count) : "at least 1";
        fail("expected " + often + " calls of " + vm::to_hex(expected.of.callee) + " with " + wanted + ", saw " +
             std::to_string(expected.seen));
    }
    for (const ExpectedCreate& expected : state.expected_creates)
        if (!expected.seen) fail("a contract was expected to be made by " + vm::to_hex(expected.deployer));
}

void CheatCodes::apply_prank(Message& message, Frame& frame) {
    auto& prank = state.next_prank ? state.next_prank : state.standing_prank;
    // In a DELEGATECALL the sender is the caller's own.
    const Address& caller = message.kind == CallKind::delegatecall ? message.recipient : message.sender;
    if (!prank || prank->depth != message.depth || prank->caller != caller) return;
    if (message.kind == CallKind::callcode) return;
    if (message.kind == CallKind::delegatecall) {
        if (!prank->delegated) return;
        message.recipient = prank->sender;
    }
    message.sender = prank->sender;
    if (prank->origin) frame.origin = std::exchange(chain_.tx.origin, *prank->origin);
    state.next_prank.reset();
}

CallResult CheatCodes::answer(const Message& message) {
    CallResult result;
    result.gas_left = message.gas;
    if (message.recipient == console_address) {
        report.console_lines.push_back(console_line(message.input));
        return result;
    }
    if (!run_cheat_code(*this, message, output_)) result.status = Status::revert;
    result.output = output_;
    return result;
}

void CheatCodes::on_call_end(const Message& message, CallResult& result) {
    if (is_runners(message)) return;
    if (frames_.size() > message.depth) {
        if (auto& origin = frames_[message.depth].origin) chain_.tx.origin = *std::exchange(origin, std::nullopt);
    }
    if (result.status != Status::success) {
        // What was saved inside of a call that was undone is gone.
        std::erase_if(saved_, [&](const SavedState& saved) { return saved.at > chain_.state().snapshot(); });
        if (state.expected_revert && !state.expected_revert->reverted_by)
            state.expected_revert->reverted_by = message.recipient;
        if (tally != nullptr) count_refusal(message, result);
    } else if (creates(message.kind)) {
        note_creation(message, result);
    }
    if (trace_ != nullptr) trace_->end(result, chain_.state());
    judge_revert(message, result);
    judge_events(message, result);
}

/// What a target, or a handler's call, was refused by; not what the system caught inside.
void CheatCodes::count_refusal(const Message& message, const CallResult& result) {
    if (message.depth > 1 || report.rejected || report.skipped) return;
    vm::Bytes key = result.status == Status::revert ? refusal_key(result.output) : vm::Bytes{};
    if (message.depth == 0 && !counted_.empty() && key == counted_) return;
    counted_ = key;
    ++tally->refusals[{result.status, std::move(key)}];
}

void CheatCodes::complain(CallResult& result, std::string sentence) {
    output_ = cheat_code_error(sentence);
    fail(std::move(sentence));
    result.status = Status::revert;
    result.output = output_;
}

void CheatCodes::judge_revert(const Message& message, CallResult& result) {
    if (!state.expected_revert || state.expected_revert->depth != message.depth) return;
    ExpectedRevert& expected = *state.expected_revert;
    const auto reverted_by = std::exchange(expected.reverted_by, std::nullopt);
    const bool reverted = result.status != Status::success;
    const bool as_expected =
        reverted && matches(expected, result.output) && (!expected.reverter || reverted_by == expected.reverter);
    if (expected.count == 0) {
        if (as_expected) complain(result, "a call reverted that was expected not to: " + describe(result.output));
        state.expected_revert.reset();
        return;
    }
    if (!as_expected) {
        std::string sentence = "a call did not revert as expected";
        if (reverted) {
            sentence = "a call reverted otherwise than expected: " + describe(result.output);
            if (expected.match != ExpectedRevert::Match::anything) sentence += " instead of " + describe(expected.data);
            if (matches(expected, result.output) && reverted_by) sentence += ", by " + vm::to_hex(*reverted_by);
        }
        state.expected_revert.reset();
        complain(result, std::move(sentence));
        return;
    }
    result.status = Status::success;
    result.output = zeros;
    if (creates(message.kind)) {
        result.output = {};
        result.created = created_stand_in;
    }
    if (++expected.seen == expected.count) state.expected_revert.reset();
}

void CheatCodes::judge_events(const Message& message, CallResult& result) {
    if (state.expected_events.empty() || result.status != Status::success) return;
    for (const ExpectedEvent& expected : state.expected_events) {
        if (expected.depth != message.depth || !expected.shown) continue;
        if (expected.seen == expected.count) continue;
        std::string sentence = expected.count == 0 ? "an event was emitted that was expected not to be: "
                                                   : "an expected event was not emitted: ";
        sentence += describe(*expected.shown);
        state.expected_events.clear();
        complain(result, std::move(sentence));
        return;
    }
    std::erase_if(state.expected_events,
                  [&](const ExpectedEvent& expected) { return expected.depth == message.depth && expected.shown; });
}

void CheatCodes::on_log(const vm::Log& log) {
    if (trace_ != nullptr) trace_->log(log);
    if (tally != nullptr) count_mark(log);
    if (state.recorded_logs) state.recorded_logs->push_back(log);
    for (ExpectedEvent& expected : state.expected_events) {
        if (expected.shown) continue;
        expected.shown = log;
        return;
    }
    // In order, with others allowed between them.
    for (ExpectedEvent& expected : state.expected_events) {
        if (expected.count > 0 && expected.seen == expected.count) continue;
        if (matches(expected, log)) {
            ++expected.seen;
            return;
        }
        if (expected.count > 0) return;
    }
}

/// A mark of a call that reverts later counts too: the handler was there.
void CheatCodes::count_mark(const vm::Log& log) {
    static const vm::Hash reached = reached_topic();
    static const std::vector<abi::Type> types = {*abi::parse_type("string")};
    if (log.topics.size() != 1 || log.topics[0] != reached) return;
    const auto text = abi::decode(types, log.data);
    if (text) ++tally->marks[std::string(text->front().bytes.begin(), text->front().bytes.end())];
}

vm::u256 CheatCodes::save_state() {
    saved_.push_back({++saved_count_, chain_.state().snapshot(), chain_.block});
    return saved_count_;
}

bool CheatCodes::forget_state(const vm::u256& id) {
    return std::erase_if(saved_, [&](const SavedState& saved) { return vm::u256{saved.id} == id; }) > 0;
}

bool CheatCodes::restore_state(const vm::u256& id, std::uint16_t depth) {
    const auto found = std::ranges::find_if(saved_, [&](const SavedState& saved) { return vm::u256{saved.id} == id; });
    // Undoing more than the calling frame did would take its callers' ground away.
    if (found == saved_.end() || depth == 0 || found->at < frames_[depth - 1U].start) return false;
    chain_.state().revert(found->at);
    chain_.block = found->block;
    saved_.erase(found + 1, saved_.end());
    return true;
}

}  // namespace talea::runner
