#include "vm/chain/receipt.hpp"

#include <doctest/doctest.h>

#include "unit/vm/chain/random_chain.hpp"
#include "vm/base/hex.hpp"

using namespace talea;

namespace {

vm::Receipt random_receipt(tests::Random& random) {
    vm::Receipt receipt;
    receipt.type = static_cast<vm::TxType>(random.below(5));
    receipt.succeeded = random.one_in(2);
    receipt.cumulative_gas_used = random.word().low_u64();
    for (std::uint64_t i = random.below(4); i > 0; --i) {
        vm::Log& log = receipt.logs.emplace_back();
        log.address = random.address();
        for (std::uint64_t k = random.below(5); k > 0; --k) log.topics.push_back(tests::random_hash(random));
        log.data = random.bytes(random.below(80));
        receipt.bloom.add(log);
    }
    return receipt;
}

}  // namespace

TEST_CASE("receipts of every type decode to what was encoded") {
    tests::Random random;
    CAPTURE(random.seed);
    for (int i = 0; i < 500; ++i) {
        const vm::Receipt receipt = random_receipt(random);
        const auto decoded = vm::decode_receipt(encode_receipt(receipt));
        REQUIRE(decoded);
        CHECK(*decoded == receipt);
    }
}

TEST_CASE("whatever bytes decode to a receipt are the bytes it encodes to") {
    tests::Random random;
    CAPTURE(random.seed);
    for (int i = 0; i < 20'000; ++i) {
        vm::Bytes bytes = encode_receipt(random_receipt(random));
        bytes[random.below(bytes.size())] ^= static_cast<std::uint8_t>(1U << random.below(8));
        if (random.one_in(8)) bytes.resize(random.below(bytes.size()));
        const auto decoded = vm::decode_receipt(bytes);
        if (decoded) CHECK(encode_receipt(*decoded) == bytes);
    }
}

TEST_CASE("a bloom may contain what was added, and a merged one what either had") {
    tests::Random random;
    CAPTURE(random.seed);
    vm::Bloom first, second;
    const vm::Address a = random.address(), b = random.address(), c = random.address();
    first.add(vm::view(a));
    second.add(vm::view(b));
    CHECK(first.may_contain(vm::view(a)));
    CHECK_FALSE(first.may_contain(vm::view(b)));
    first.merge(second);
    CHECK(first.may_contain(vm::view(b)));
    CHECK_FALSE(first.may_contain(vm::view(c)));
}

TEST_CASE("a bloom sets the bits that the keccak's first three pairs of bytes choose") {
    // keccak(0x00) is bc36 789e 7a1e ...: modulo 2048 the bits 1078, 158 and 542.
    vm::Bloom bloom, expected;
    bloom.add(vm::Bytes{0});
    for (const std::size_t bit : {1078U, 158U, 542U})
        expected.bytes[255 - bit / 8] |= static_cast<std::uint8_t>(1U << (bit % 8));
    CHECK(bloom == expected);
}

TEST_CASE("the hash of no logs is the keccak of an empty list") {
    CHECK(to_hex(vm::logs_hash({})) == "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347");
}
