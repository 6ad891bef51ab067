#include "vm/interpreter/loops.hpp"

#include <doctest/doctest.h>

#include "unit/random.hpp"
#include "unit/vm/interpreter/runner.hpp"
#include "vm/base/hex.hpp"

using namespace talea;
using namespace talea::vm;
using tests::Assembler;
using tests::Random;

namespace {

constexpr std::uint8_t op_jumpdest = 0x5b;

/// Random code of basic blocks that jump to each other, with stack heights that mostly hold.
Bytes random_program(Random& random) {
    const std::size_t blocks = 1 + random.below(8);
    Assembler code;
    std::vector<std::size_t> starts;
    std::vector<std::pair<std::size_t, std::size_t>> patches;  // place of a PUSH2, block
    const auto push_label = [&] {
        patches.emplace_back(code.size() + 1, random.below(blocks));
        code.push(u256{0}, 2);
    };
    for (int i = 0; i < 6; ++i) code.push(u256{random.below(300)});
    for (std::size_t block = 0; block < blocks; ++block) {
        starts.push_back(code.size());
        code.op(op_jumpdest);
        for (std::size_t n = random.below(14); n > 0; --n) {
            switch (random.below(18)) {
                case 0:
                case 1:
                case 2:
                    code.push(random.one_in(3) ? random.word() : u256{random.below(70)});
                    break;
                case 3:
                    code.op(static_cast<std::uint8_t>(0x80 + random.below(8)));
                    break;
                case 4:
                    code.op(static_cast<std::uint8_t>(0x90 + random.below(6)));
                    break;
                case 5:
                case 6:
                    code.op(static_cast<std::uint8_t>(1 + random.below(11)));
                    break;
                case 7:
                case 8:
                    code.op(static_cast<std::uint8_t>(0x10 + random.below(15)));
                    break;
                case 9:
                    code.op(0x50);
                    break;
                case 10:
                    code.push(u256{random.below(200)}).op(static_cast<std::uint8_t>(0x51 + random.below(3)));
                    break;
                case 11:
                    code.push(u256{random.below(3)}).op(static_cast<std::uint8_t>(0x54 + random.below(2)));
                    break;
                case 12:
                    code.push(u256{random.below(80)}).push(u256{random.below(80)}).op(0x20);
                    break;
                case 13:
                    code.op(static_cast<std::uint8_t>(0x58 + random.below(7)));
                    break;
                case 14:
                    code.op(static_cast<std::uint8_t>(0x30 + random.below(27)));
                    break;
                case 15:
                    code.push(u256{random.below(64)}).push(u256{random.below(64)});
                    code.op(static_cast<std::uint8_t>(0xa0 + random.below(5)));
                    break;
                case 16: {
                    const std::uint8_t calls[] = {0xf0, 0xf1, 0xf2, 0xf4, 0xf5, 0xfa};
                    const std::uint8_t chosen = calls[random.below(6)];
                    if (chosen == 0xf0 || chosen == 0xf5) {
                        code.push(u256{1}).push(u256{random.below(40)}).push(u256{random.below(64)});
                        code.push(u256{random.below(2)}).op(chosen);
                        break;
                    }
                    for (int i = 0; i < 4; ++i) code.push(u256{random.below(70)});
                    if (chosen == 0xf1 || chosen == 0xf2) code.push(u256{random.one_in(3) ? 1u : 0u});
                    code.push(u256{random.one_in(4) ? random.below(6) : 0xc0de + random.below(3)});
                    random.one_in(2) ? code.op(0x5a) : code.push(u256{random.below(5000)});
                    code.op(chosen);
                    break;
                }
                case 17:
                    if (random.one_in(6)) code.raw(random.bytes(1 + random.below(4)));
                    break;
                default:
                    break;
            }
        }
        switch (random.below(9)) {
            case 0:
            case 1:
                push_label();
                code.op(0x56);
                break;
            case 2:
            case 3:
            case 4:
                push_label();
                code.op(0x57);
                break;
            case 5: {
                const std::uint8_t ends[] = {0x00, 0xf3, 0xfd, 0xfe, 0xff};
                code.op(ends[random.below(5)]);
                break;
            }
            case 6:
                code.op(0x15);  // the test of a loop: ISZERO, PUSH2, JUMPI
                push_label();
                code.op(0x57);
                break;
            default:
                break;
        }
    }
    Bytes bytes = code.bytes();
    for (const auto& [place, block] : patches) {
        const std::size_t target = random.one_in(40) ? random.below(bytes.size()) : starts[block];
        bytes[place] = static_cast<std::uint8_t>(target >> 8);
        bytes[place + 1] = static_cast<std::uint8_t>(target);
    }
    return bytes;
}

struct Pair {
    tests::Runner fast, exact;
    Bytes input;
    Pair() { exact.exact = true; }
    void put(const Address& address, BytesView code) {
        fast.world.put(address, 1, u256{100}, code);
        exact.world.put(address, 1, u256{100}, code);
    }
    /// True where both agree; `out` is what came of it.
    bool agree(Gas gas, tests::Outcome& out) {
        const Message message = tests::Runner::message(gas, input);
        out = fast.run(message);
        return same(out, exact.run(message));
    }
};

}  // namespace

TEST_CASE("the fast loop and the exact loop agree on random programs, whatever the gas") {
    Random random;
    CAPTURE(random.seed);
    std::map<Status, int> seen;
    Pair pair;  // one for all rounds: what it keeps between executions is part of the claim
    for (int round = 0; round < 3000; ++round) {
        CAPTURE(round);
        pair.input = random.bytes(random.below(80));
        pair.fast.block.fork = pair.exact.block.fork = static_cast<Fork>(random.below(4));
        std::string codes;
        for (std::uint16_t i = 0; i < 3; ++i) {
            const Bytes code = random.one_in(20) ? random.bytes(random.below(60)) : random_program(random);
            pair.put(low_address(static_cast<std::uint16_t>(0xc0de + i)), code);
            codes += to_hex(code) + " ";
        }
        CAPTURE(codes);
        tests::Outcome outcome{};
        const Gas gas = static_cast<Gas>(random.below(random.one_in(4) ? 400'000 : 60'000));
        CAPTURE(gas);
        REQUIRE(pair.agree(gas, outcome));
        ++seen[outcome.status];
        const Gas used = gas - outcome.gas_left;
        for (int i = 0; i < 6; ++i) {
            const Gas less = i == 0   ? used
                             : i == 1 ? used - 1
                                      : static_cast<Gas>(random.below(1 + static_cast<std::uint64_t>(used)));
            CAPTURE(less);
            REQUIRE(pair.agree(less, outcome));
        }
    }
    for (const Status status : {Status::success, Status::revert, Status::out_of_gas, Status::stack_underflow,
                                Status::bad_jump, Status::undefined_instruction}) {
        CAPTURE(to_string(status));
        CHECK(seen[status] >= 30);
    }
}

TEST_CASE("1024 nested calls run and the next one fails lightly") {
    // Calls itself with all gas and returns the answer plus one; where the call fails the answer is 0.
    tests::Runner runner;
    Assembler counter;
    counter.push(u256{32}).push(u256{0}).push(u256{0}).push(u256{0}).push(u256{0});
    counter.op(0x30).op(0x5a).op(0xf1).op(0x50);
    counter.push(u256{0}).op(0x51).push(u256{1}).op(0x01).return_top();
    const auto outcome = runner.run(counter.bytes(), 1'000'000'000'000'000);
    REQUIRE(outcome.status == Status::success);
    CHECK(u256::from_be_bytes(outcome.output) == u256{1025});
    CHECK(outcome.calls.size() == 2 * 1026);
    CHECK(outcome.calls[1026] ==
          "call depth of 1024 exceeded gas " + outcome.calls[1025].substr(outcome.calls[1025].rfind(' ') + 1));
}
