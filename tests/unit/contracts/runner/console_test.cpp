#include "contracts/runner/console.hpp"

#include <doctest/doctest.h>

#include "contracts/abi/interface.hpp"

using namespace talea;

namespace {

std::string line(std::string_view signature, const std::vector<abi::Value>& values) {
    const auto parsed = abi::parse_signature(signature).value();
    const abi::Selector selector = abi::selector_of(parsed.canonical());
    vm::Bytes data(selector.bytes.begin(), selector.bytes.end());
    abi::encode_to(data, parsed.inputs, values);
    return runner::console_line(data);
}

}  // namespace

TEST_CASE("arguments stand with spaces between them, or where the first text wants them") {
    CHECK(line("log(string)", {abi::text("100% sure")}) == "100% sure");
    CHECK(line("log(uint256,bool)", {abi::number(7), abi::boolean(true)}) == "7 true");
    CHECK(line("log(string,uint256)", {abi::text("paid"), abi::number(7)}) == "paid 7");
    CHECK(line("log(string,uint256,string)", {abi::text("%d of %s: 5%%"), abi::number(7), abi::text("it")}) ==
          "7 of it: 5%");
    CHECK(line("log(string,uint256)", {abi::text("%x"), abi::number(255)}) == "0xff");
    CHECK(line("log(string,bool)", {abi::text("%s %s"), abi::boolean(false)}) == "false %s");
    CHECK(line("log(bytes3)", {abi::number(vm::u256{0x010203} << 232)}) == "0x010203");
}

TEST_CASE("what is no call of the console library is shown in hex") {
    CHECK(runner::console_line({}) == "0x");
    CHECK(runner::console_line(vm::Bytes{1, 2, 3, 4, 5}) == "0x0102030405");
}

TEST_CASE("texts cannot steer the terminal") {
    CHECK(line("log(string)", {abi::text("\x1b[2J")}) == "\\x1b[2J");
}
