#include "conformance/runner/statetest_command.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace talea;
using Json = nlohmann::json;

namespace {

/// A state test as fuzzers write them: the transaction is not signed and no root is known. `code` runs at 0xf1 with
/// 69,000 gas: a limit of 90,000 less the 21,000 of a transaction.
std::string test_file(const std::string& code, const std::string& fork) {
    const std::string zero = "0x" + std::string(64, '0');
    return R"({"made up": {"env": {"currentCoinbase": "0xb94f5374fce5edbc8e2a8697c15331677e6ebf0b",
        "currentGasLimit": "0x2fefd8", "currentNumber": "0x1", "currentTimestamp": "0x3e8"},
      "pre": {"0x00000000000000000000000000000000000000f1": {"nonce": "0x0", "balance": "0x0", "storage": {}, "code": ")" +
           code + R"("},
        "0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b": {"nonce": "0x0", "balance": "0xffffffffff", "storage": {}, "code": "0x"}},
      "transaction": {"gasPrice": "0x10", "nonce": "0x0", "to": "0x00000000000000000000000000000000000000f1", "data": ["0x"],
        "gasLimit": ["0x15f90"], "value": ["0x0"], "sender": "0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b"},
      "post": {")" +
           fork + R"(": [{"hash": ")" + zero + R"(", "logs": ")" + zero +
           R"(", "indexes": {"data": 0, "gas": 0, "value": 0}}]}}})";
}

struct Ran {
    std::vector<std::string> results, trace;
};
Ran run(const std::string& code, conformance::StateTestCommand command, const std::string& fork = "Osaka") {
    const auto file = std::filesystem::temp_directory_path() /
                      ("talea-statetest-" + std::to_string(std::hash<std::string>{}(code)) + ".json");
    std::ofstream(file) << test_file(code, fork);
    vm::Evm evm;
    conformance::FixtureReader reader;
    std::stringstream results, trace;
    std::string error;
    CHECK(run_state_test_file(command, evm, reader, file.string(), results, trace, error));
    CHECK(error.empty());
    std::filesystem::remove(file);
    Ran ran;
    for (std::string line; std::getline(results, line);) ran.results.push_back(line);
    for (std::string line; std::getline(trace, line);) ran.trace.push_back(line);
    return ran;
}

conformance::StateTestCommand traced() {
    conformance::StateTestCommand command;
    command.trace = true;
    return command;
}

}  // namespace

TEST_CASE("a trace says what each instruction met and cost, line by line, as EIP-3155 has it") {
    // SSTORE(0, 42), MSTORE(0, 1), RETURN(0, 32)
    conformance::StateTestCommand command = traced();
    command.return_data = false;
    const Ran ran = run("0x602a600055600160005260206000f3", command);
    REQUIRE(ran.trace.size() == 11);
    CHECK(ran.trace[0] == R"({"pc":0,"op":96,"gas":"0x10d88","gasCost":"0x3","memSize":0,"stack":[],)"
                          R"("depth":1,"refund":0,"opName":"PUSH1"})");
    CHECK(ran.trace[1] == R"({"pc":2,"op":96,"gas":"0x10d85","gasCost":"0x3","memSize":0,"stack":["0x2a"],)"
                          R"("depth":1,"refund":0,"opName":"PUSH1"})");
    // A cold slot becomes other than zero: 2,100 and 20,000 (EIP-2929, EIP-2200).
    CHECK(ran.trace[2] == R"({"pc":4,"op":85,"gas":"0x10d82","gasCost":"0x5654","memSize":0,"stack":["0x2a","0x0"],)"
                          R"("depth":1,"refund":0,"opName":"SSTORE"})");
    CHECK(ran.trace[5] == R"({"pc":9,"op":82,"gas":"0xb728","gasCost":"0x6","memSize":0,"stack":["0x1","0x0"],)"
                          R"("depth":1,"refund":0,"opName":"MSTORE"})");
    CHECK(ran.trace[8] == R"({"pc":14,"op":243,"gas":"0xb71c","gasCost":"0x0","memSize":32,"stack":["0x20","0x0"],)"
                          R"("depth":1,"refund":0,"opName":"RETURN"})");
    CHECK(ran.trace[9] == R"({"output":")" + std::string(63, '0') + R"(1","gasUsed":"0x566c"})");
    const Json summary = Json::parse(ran.results.at(0));
    CHECK(summary.at("name") == "made up");
    CHECK(summary.at("fork") == "Osaka");
    CHECK(summary.at("pass") == false);        // the file's root is zero
    CHECK(summary.at("gasUsed") == "0xa874");  // 21,000 and 22,124
    CHECK(summary.at("error").get<std::string>().find("state root") == 0);
    CHECK(Json::parse(ran.trace[10]).at("stateRoot") == summary.at("stateRoot"));
}

TEST_CASE("a trace counts the gas given to a call as the call's cost, and that given to a creation not") {
    // DELEGATECALL of 0x1f4 with 0xffff gas, of which 63/64 of what is left are given: memory 3, cold account 2,600.
    const Ran call = run("0x600060016001600260026101f461fffff4", traced());
    // 69,000 - 7 * 3 = 68,979; less 2,603 are 66,376, of which 65,339 may be given.
    const Json step = Json::parse(call.trace.at(7));
    CHECK(step.at("opName") == "DELEGATECALL");
    CHECK(step.at("gas") == "0x10d73");
    CHECK(step.at("gasCost") == "0x10966");  // 2,603 + 65,339
    const Json after = Json::parse(call.trace.at(8));
    CHECK(after.at("op") == 0);           // the end of the code is a STOP
    CHECK(after.at("gas") == "0x10348");  // the callee has no code and gives all back
    CHECK(after.at("memSize") == 32);

    const Ran create = run("0x600060006000f0", traced());
    CHECK(Json::parse(create.trace.at(3)).at("gasCost") == "0x7d00");
}

TEST_CASE("a trace of a called contract is deeper, and its return data is seen by the caller") {
    // STATICCALL of the identity precompile with one byte 0x00, then RETURNDATASIZE
    const Ran ran = run("0x60006000600160006004617530fa3d", traced());
    const Json after = Json::parse(ran.trace.at(7));
    CHECK(after.at("opName") == "RETURNDATASIZE");
    CHECK(after.at("returnData") == "0x00");
    CHECK(Json::parse(ran.trace.at(6)).at("returnData") == "0x");
    // CREATE with the init code 0x00, a STOP: the line between is one frame deeper.
    const Ran create = run("0x600160006000f0", traced());
    CHECK(Json::parse(create.trace.at(4)).at("depth") == 2);
    CHECK(Json::parse(create.trace.at(5)).at("depth") == 1);
}

TEST_CASE("the line of an instruction that ends its frame without success says why") {
    const auto last = [](const std::string& code) {
        const Ran ran = run(code, traced());
        const Json end = Json::parse(ran.trace.at(ran.trace.size() - 2));
        Json step = Json::parse(ran.trace.at(ran.trace.size() - 3));
        CHECK(end.at("error") == step.at("error"));
        step["gasUsed"] = end.at("gasUsed");
        return step;
    };
    const Json underflow = last("0x600101");
    CHECK(underflow.at("error") == "stack underflow");
    CHECK(underflow.at("gasCost") == "0x3");
    CHECK(underflow.at("gasUsed") == "0x10d88");
    const Json reverting = last("0x60006000fd");
    CHECK(reverting.at("opName") == "REVERT");
    CHECK(reverting.at("error") == "execution reverted");
    CHECK(reverting.at("gasUsed") == "0x6");
    CHECK(last("0x0c").at("opName") == "opcode 0xc not defined");
    CHECK(last("0x600056").at("error") == "jump to what is no jump destination");
    // MSTORE far away: its memory is not to be paid for.
    CHECK(last("0x600163ffffffff52").at("error") == "out of gas");
}

TEST_CASE("without a trace the same results come, and only the roots where fuzzers look for them") {
    const std::string code = "0x602a600055600160005260206000f3";
    const Ran plain = run(code, {});
    CHECK(plain.results == run(code, traced()).results);
    REQUIRE(plain.trace.size() == 1);
    CHECK(plain.trace[0].starts_with(R"({"stateRoot": "0x)"));
}

TEST_CASE("a fork that is not known is said to be so, and others than the one asked for are not run") {
    const Ran ran = run("0x00", traced(), "Byzantium");
    CHECK(ran.trace.empty());
    CHECK(Json::parse(ran.results.at(0)).at("pass") == false);
    conformance::StateTestCommand prague;
    prague.fork = "Prague";
    CHECK(run("0x00", prague).results.empty());
}
