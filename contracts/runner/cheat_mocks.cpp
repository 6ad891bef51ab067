#include <fmt/format.h>

#include "contracts/runner/cheat_call.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::runner {
namespace {

vm::Bytes selector_of_word(const vm::u256& word) {
    const auto bytes = word.to_be_bytes();
    return {bytes.begin(), bytes.begin() + 4};
}

/// The callee, then optionally a value, then data or a selector; the arguments from `next` on follow.
CallPattern pattern_of(const CheatCall& call, bool valued, std::size_t& next) {
    CallPattern pattern;
    pattern.callee = call.address(next++);
    if (valued) pattern.value = call.word(next++);
    const bool selector = call.types[next].kind == abi::Kind::fixed_bytes;
    pattern.data = selector ? selector_of_word(call.word(next)) : call.args[next].bytes;
    ++next;
    return pattern;
}

/// Solidity asks for code before it calls, so a callee without any gets an instruction.
void add_mock(CheatCall& call, Mock mock) {
    if (call.state().code(mock.of.callee)->empty()) {
        const vm::Bytes stop = {0x00};
        call.state().set_code(mock.of.callee, std::make_shared<const vm::Bytes>(stop), vm::keccak256(stop));
    }
    auto& mocks = call.cheats.state.mocks;
    std::erase_if(mocks, [&](const Mock& other) {
        return other.of.callee == mock.of.callee && other.of.data == mock.of.data && other.of.value == mock.of.value;
    });
    mocks.push_back(std::move(mock));
}

CheatCode mock_code(const char* name, bool valued, const char* data, bool reverts) {
    return {fmt::format("{}(address,{}{},bytes)", name, valued ? "uint256," : "", data), "",
            [valued, reverts](CheatCall& call) {
                std::size_t next = 0;
                Mock mock;
                mock.of = pattern_of(call, valued, next);
                mock.answers = {call.args[next].bytes};
                mock.reverts = reverts;
                add_mock(call, std::move(mock));
            }};
}

CheatCode mock_in_turn(bool valued) {
    return {fmt::format("mockCalls(address,{}bytes,bytes[])", valued ? "uint256," : ""), "", [valued](CheatCall& call) {
                std::size_t next = 0;
                Mock mock;
                mock.of = pattern_of(call, valued, next);
                for (const abi::Value& answer : call.args[next].items) mock.answers.push_back(answer.bytes);
                if (mock.answers.empty()) {
                    call.error = "vm.mockCalls needs an answer at least";
                    return;
                }
                add_mock(call, std::move(mock));
            }};
}

enum class Gas : std::uint8_t { any, exact, least };

CheatCode expect_code(const char* name, bool valued, Gas gas, bool counted) {
    return {fmt::format("{}(address,{}{}bytes{})", name, valued ? "uint256," : "", gas != Gas::any ? "uint64," : "",
                        counted ? ",uint64" : ""),
            "", [valued, gas, counted](CheatCall& call) {
                ExpectedCall expected;
                std::size_t next = 0;
                expected.of.callee = call.address(next++);
                if (valued) expected.of.value = call.word(next++);
                if (gas == Gas::exact) expected.gas = call.word(next++).low_u64();
                if (gas == Gas::least) expected.min_gas = call.word(next++).low_u64();
                expected.of.data = call.args[next++].bytes;
                if (counted) expected.count = call.word(next).low_u64();
                call.cheats.state.expected_calls.push_back(std::move(expected));
            }};
}

CheatCode expect_create(const char* name, vm::CallKind kind) {
    return {fmt::format("{}(bytes,address)", name), "", [kind](CheatCall& call) {
                call.cheats.state.expected_creates.push_back({call.args[0].bytes, call.address(1), kind, false});
            }};
}

}  // namespace

std::vector<CheatCode> mock_codes() {
    std::vector<CheatCode> codes = {
        {"clearMockedCalls()", "", [](CheatCall& call) { call.cheats.state.mocks.clear(); }},
        {"mockFunction(address,address,bytes)", "",
         [](CheatCall& call) {
             Mock mock;
             mock.of = {call.address(0), call.args[2].bytes, std::nullopt};
             mock.code_of = call.address(1);
             add_mock(call, std::move(mock));
         }},
        expect_create("expectCreate", vm::CallKind::create),
        expect_create("expectCreate2", vm::CallKind::create2),
    };
    for (const bool valued : {false, true}) {
        codes.push_back(mock_in_turn(valued));
        for (const char* data : {"bytes", "bytes4"}) {
            codes.push_back(mock_code("mockCall", valued, data, false));
            codes.push_back(mock_code("mockCallRevert", valued, data, true));
        }
        for (const bool counted : {false, true}) codes.push_back(expect_code("expectCall", valued, Gas::any, counted));
    }
    for (const bool counted : {false, true}) {
        codes.push_back(expect_code("expectCall", true, Gas::exact, counted));
        codes.push_back(expect_code("expectCallMinGas", true, Gas::least, counted));
    }
    return codes;
}

}  // namespace talea::runner
