#include "bench/evm/program.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

#include "vm/base/hex.hpp"

namespace talea::bench {
namespace {

using nlohmann::json;
using namespace vm;

u256 quantity(const json& value) {
    if (value.is_number()) return u256{value.get<std::uint64_t>()};
    return u256_from_hex(value.get<std::string>()).value();
}
Bytes bytes(const json& value) {
    return from_hex(value.get<std::string>()).value();
}
Address address(const std::string& text) {
    return address_from_hex(text).value();
}
std::map<u256, u256> slots(const json& object) {
    std::map<u256, u256> out;
    for (const auto& [key, value] : object.items()) out[u256_from_hex(key).value()] = quantity(value);
    return out;
}

Program parse(const json& file) {
    Program program;
    program.name = file.at("name");
    program.repeat = file.at("repeat");
    program.to = address(file.at("to"));
    program.sender = address(file.at("sender"));
    program.value = quantity(file.at("value"));
    program.calldata = bytes(file.at("calldata"));
    program.gas_limit = file.at("gas_limit");
    const json& block = file.at("block");
    program.block.fork = Fork::osaka;
    program.block.number = {block.at("number")};
    program.block.timestamp = {block.at("timestamp")};
    program.block.gas_limit = block.at("gas_limit");
    program.block.base_fee = quantity(block.at("base_fee"));
    program.block.chain_id = block.at("chain_id");
    program.block.beneficiary = address(block.at("coinbase"));
    program.block.prev_randao = hash_from_hex(block.at("prev_randao").get<std::string>()).value();
    for (const auto& [name, account] : file.at("accounts").items()) {
        const Address at = address(name);
        const json& code = at == program.to ? file.at("code") : account.contains("code") ? account["code"] : json("0x");
        program.state.put(at, account.at("nonce"), quantity(account.at("balance")), bytes(code),
                          account.contains("storage") ? slots(account["storage"]) : std::map<u256, u256>{});
    }
    if (!program.state.accounts.contains(program.to)) program.state.put(program.to, 1, Wei{}, bytes(file.at("code")));

    const json& expected = file.at("expected");
    program.expected.succeeds = expected.at("status") == "success";
    program.expected.gas_used = expected.at("gas_used");
    program.expected.gas_refund = expected.at("gas_refund");
    program.expected.logs = expected.at("logs");
    if (expected.contains("output")) {
        program.expected.output = bytes(expected["output"]);
    } else {
        program.expected.output_size = expected.at("output_size");
        program.expected.output_sha256 = hash_from_hex(expected.at("output_sha256").get<std::string>()).value();
    }
    for (const auto& [name, changed] : expected.at("post_storage").items())
        program.expected.post_storage[address(name)] = slots(changed);
    return program;
}

}  // namespace

std::optional<Program> read_program(const std::string& file, ReadError& error) {
    try {
        std::ifstream in(file);
        return parse(json::parse(in));
    } catch (const std::exception& thrown) {
        error.what = file + ": " + thrown.what();
        return std::nullopt;
    }
}

}  // namespace talea::bench
