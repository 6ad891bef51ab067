#include "contracts/runner/cheat_codes.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "contracts/runner/cheat_refused.hpp"
#include "contracts/runner/cheat_table.hpp"
#include "vm/base/hex.hpp"

using namespace talea;
using vm::Status;

namespace {

/// A run in which the outermost call does nothing, so that the calls a test makes by hand are its calls.
struct Bench {
    runner::TestChain chain;
    runner::CheatCodes cheats{chain};

    Bench() { cheats.begin_run(nullptr, nullptr); }

    vm::Message message(const vm::Address& to, vm::BytesView input) const {
        vm::Message made;
        made.depth = 1;
        made.gas = 1'000'000;
        made.sender = runner::test_contract_address;
        made.recipient = made.code_address = to;
        made.input = input;
        return made;
    }
    vm::CallResult cheat(std::string_view signature, const std::vector<abi::Value>& values) {
        const auto parsed = abi::parse_signature(signature).value();
        const abi::Selector selector = abi::selector_of(parsed.canonical());
        vm::Bytes data(selector.bytes.begin(), selector.bytes.end());
        abi::encode_to(data, parsed.inputs, values);
        vm::Message made = message(runner::cheat_code_address, data);
        return cheats.on_call(made).value();
    }
    /// What a call of `made` looks like to the callee.
    vm::Message begun(vm::Message made) {
        CHECK_FALSE(cheats.on_call(made).has_value());
        return made;
    }
};

const vm::Address alice = vm::low_address(0xa11c), target = vm::low_address(0x7a6e);

}  // namespace

TEST_CASE("every row of the table has a selector of its own, and its interface describes it") {
    CHECK(runner::cheat_interface().functions().size() > 100);
    CHECK(runner::cheat_interface().find_function("prank", 1) != nullptr);
    CHECK(abi::describe_revert(runner::cheat_interface(), runner::cheat_code_error("why")) ==
          "CheatcodeError(\"why\")");
}

TEST_CASE("every cheat code of the public interface is answered, or refused for a reason") {
    const char* shared = std::getenv("TALEA_SHARED");
    std::ifstream file(std::string(shared != nullptr ? shared : "../shared") + "/workbench/vm.json");
    if (!file) {
        MESSAGE("skipped: TALEA_SHARED does not hold the table of cheat codes");
        return;
    }
    const nlohmann::json table = nlohmann::json::parse(file);
    CHECK(table.size() > 500);
    for (const auto& row : table) {
        const auto signature = row["signature"].get<std::string>();
        CAPTURE(signature);
        const abi::Selector selector = abi::selector_of(signature);
        CHECK(vm::to_hex(selector.bytes) == row["selector"].get<std::string>());
        const bool answered = runner::cheat_interface().find_function(selector) != nullptr;
        CHECK(answered != runner::find_refused(selector).has_value());
    }
}

TEST_CASE("a mock answers the calls that its pattern describes, the one that says most of them first") {
    Bench bench;
    const vm::Bytes selector = {1, 2, 3, 4}, call_data = {1, 2, 3, 4, 5}, short_answer = {7}, long_answer = {8};
    (void)bench.cheat("mockCall(address,bytes,bytes)",
                      {abi::address(target), abi::bytes(selector), abi::bytes(short_answer)});
    (void)bench.cheat("mockCallRevert(address,bytes,bytes)",
                      {abi::address(target), abi::bytes(call_data), abi::bytes(long_answer)});
    CHECK_FALSE(bench.chain.state().code(target)->empty());
    vm::Message plain = bench.message(target, selector);
    const auto answered = bench.cheats.on_call(plain);
    REQUIRE(answered.has_value());
    CHECK(answered->status == Status::success);
    CHECK(vm::equal(answered->output, short_answer));
    vm::Message longer = bench.message(target, call_data);
    CHECK(bench.cheats.on_call(longer)->status == Status::revert);
    vm::Message other = bench.message(target, vm::BytesView(selector).first(3));
    CHECK_FALSE(bench.cheats.on_call(other).has_value());
    (void)bench.cheat("clearMockedCalls()", {});
    CHECK_FALSE(bench.cheats.on_call(plain).has_value());
}

TEST_CASE("the addresses are those that tests have written down") {
    CHECK(runner::test_contract_address == vm::address_from_hex("0x7FA9385bE102ac3EAc297483Dd6233D62b3e1496").value());
}

TEST_CASE("a prank changes the sender of the next call of the same contract at the same depth, once") {
    Bench bench;
    CHECK(bench.cheat("prank(address)", {abi::address(alice)}).status == Status::success);
    vm::Message deeper = bench.message(target, {});
    deeper.depth = 2;
    CHECK(bench.begun(deeper).sender == runner::test_contract_address);
    vm::Message other = bench.message(target, {});
    other.sender = target;
    CHECK(bench.begun(other).sender == target);
    vm::Message delegated = bench.message(target, {});
    delegated.kind = vm::CallKind::delegatecall;
    CHECK(bench.begun(delegated).sender == runner::test_contract_address);
    CHECK(bench.begun(bench.message(target, {})).sender == alice);
    CHECK(bench.begun(bench.message(target, {})).sender == runner::test_contract_address);
}

TEST_CASE("a standing prank lasts, and a single one goes before it") {
    Bench bench;
    (void)bench.cheat("startPrank(address)", {abi::address(alice)});
    (void)bench.cheat("prank(address)", {abi::address(target)});
    CHECK(bench.begun(bench.message(target, {})).sender == target);
    CHECK(bench.begun(bench.message(target, {})).sender == alice);
    CHECK(bench.begun(bench.message(target, {})).sender == alice);
    (void)bench.cheat("stopPrank()", {});
    CHECK(bench.begun(bench.message(target, {})).sender == runner::test_contract_address);
}

TEST_CASE("a call that reverts as expected succeeds, any other fails the run for good") {
    Bench bench;
    const vm::Bytes data = {1, 2, 3, 4, 5};
    (void)bench.cheat("expectRevert(bytes)", {abi::bytes(data)});
    const vm::Message call = bench.begun(bench.message(target, {}));
    vm::CallResult result{Status::revert, 10, data, {}};
    SUBCASE("as expected") {
        bench.cheats.on_call_end(call, result);
        CHECK(result.status == Status::success);
        CHECK(result.output.size() >= 32);
    }
    SUBCASE("with other data") {
        const vm::Bytes other = {1, 2, 3, 4, 6};
        result.output = other;
        bench.cheats.on_call_end(call, result);
        CHECK(result.status == Status::revert);
        CHECK(bench.cheats.report.failure.has_value());
    }
    SUBCASE("not at all") {
        result = {Status::success, 10, {}, {}};
        bench.cheats.on_call_end(call, result);
        CHECK(result.status == Status::revert);
        CHECK(bench.cheats.report.failure.has_value());
    }
    SUBCASE("a deeper call's revert is not judged") {
        vm::Message deeper = bench.message(alice, {});
        deeper.depth = 2;
        (void)bench.begun(deeper);
        vm::CallResult inner{Status::revert, 10, {}, {}};
        bench.cheats.on_call_end(deeper, inner);
        CHECK(inner.status == Status::revert);
        CHECK_FALSE(bench.cheats.report.failure.has_value());
        bench.cheats.on_call_end(call, result);
        CHECK(result.status == Status::success);
    }
}

TEST_CASE("arguments that do not decode and numbers beyond their range revert, and leave everything as it was") {
    Bench bench;
    const abi::Selector warp = abi::selector_of("warp(uint256)");
    vm::Message cut = bench.message(runner::cheat_code_address, warp.bytes);
    CHECK(bench.cheats.on_call(cut)->status == Status::revert);
    CHECK(bench.cheat("warp(uint256)", {abi::number(vm::u256::max())}).status == Status::revert);
    CHECK(bench.chain.block.timestamp == vm::Timestamp{1});
    CHECK(bench.cheat("addr(uint256)", {abi::number({})}).status == Status::revert);
    CHECK_FALSE(bench.cheats.report.failure.has_value());
}

TEST_CASE("a saved state that belongs to an undone call is gone") {
    Bench bench;
    const vm::Message call = bench.begun(bench.message(target, {}));
    vm::Message inner = bench.message(alice, {});
    inner.depth = 2;
    const auto before = bench.chain.state().snapshot();
    (void)bench.begun(inner);
    bench.chain.state().set_balance(alice, vm::u256{1});
    const vm::u256 id = bench.cheats.save_state();
    bench.chain.state().revert(before);
    vm::CallResult reverted{Status::revert, 0, {}, {}};
    bench.cheats.on_call_end(inner, reverted);
    CHECK_FALSE(bench.cheats.restore_state(id, 2));
    (void)call;
}
