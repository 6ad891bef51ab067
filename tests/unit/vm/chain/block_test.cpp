#include "vm/chain/block.hpp"

#include <doctest/doctest.h>

#include "unit/vm/chain/random_chain.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/digest.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/rlp/encode.hpp"

using namespace talea;
using vm::Bytes;

namespace {

vm::Block random_block(tests::Random& random, const vm::PrivateKey& key) {
    vm::Block block;
    block.header = tests::random_header(random, static_cast<unsigned>(random.below(5)));
    for (std::uint64_t i = random.below(4); i > 0; --i)
        block.transactions.push_back(tests::random_transaction(random, key));
    if (random.one_in(4)) block.ommers.push_back(tests::random_header(random, 0));
    if (random.one_in(2)) {
        block.withdrawals.emplace();
        for (std::uint64_t i = random.below(3); i > 0; --i)
            block.withdrawals->push_back({random.next(), random.next(), random.address(), random.next()});
    }
    return block;
}

}  // namespace

TEST_CASE("headers of every fork decode to what was encoded") {
    tests::Random random;
    CAPTURE(random.seed);
    for (unsigned i = 0; i < 500; ++i) {
        const vm::Header header = tests::random_header(random, i % 5);
        const auto decoded = vm::decode_header(encode_header(header));
        REQUIRE(decoded);
        CHECK(*decoded == header);
        CHECK(header_hash(header) == vm::keccak256(encode_header(header)));
    }
}

TEST_CASE("blocks decode to what was encoded") {
    tests::Random random;
    CAPTURE(random.seed);
    const vm::PrivateKey key = tests::random_key(random);
    for (int i = 0; i < 200; ++i) {
        const vm::Block block = random_block(random, key);
        const auto decoded = vm::decode_block(encode_block(block));
        REQUIRE(decoded);
        CHECK(decoded->header == block.header);
        CHECK(decoded->transactions == block.transactions);
        CHECK(decoded->ommers == block.ommers);
        CHECK(decoded->withdrawals == block.withdrawals);
    }
}

TEST_CASE("whatever bytes decode to a block are the bytes it encodes to") {
    tests::Random random;
    CAPTURE(random.seed);
    const vm::PrivateKey key = tests::random_key(random);
    for (int i = 0; i < 10'000; ++i) {
        Bytes bytes = encode_block(random_block(random, key));
        bytes[random.below(bytes.size())] ^= static_cast<std::uint8_t>(1U << random.below(8));
        if (random.one_in(8)) bytes.resize(random.below(bytes.size()));
        const auto decoded = vm::decode_block(bytes);
        if (decoded) CHECK(encode_block(*decoded) == bytes);
    }
}

TEST_CASE("a legacy transaction inside a string is none, and the failure says which transaction it is") {
    tests::Random random;
    CAPTURE(random.seed);
    const vm::PrivateKey key = tests::random_key(random);
    vm::Transaction legacy = tests::random_transaction(random, key);
    while (legacy.type != vm::TxType::legacy) legacy = tests::random_transaction(random, key);
    Bytes out;
    vm::rlp::List block(out);
    vm::append(out, encode_header(tests::random_header(random, 4)));
    {
        vm::rlp::List transactions(out);
        encode_in_body(out, legacy);
        vm::rlp::encode(out, vm::BytesView{encode_transaction(legacy)});
    }
    vm::rlp::encode_list_header(out, 0);
    block.close();
    const auto decoded = vm::decode_block(out);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().what == vm::BlockDecodeError::transaction);
    CHECK(decoded.error().transaction == vm::TxDecodeError::unknown_type);
    CHECK(decoded.error().transaction_index == 1);
}

TEST_CASE("the constants of empty lists are what their definitions say") {
    CHECK(vm::keccak256(Bytes{0xc0}) == vm::empty_ommers_hash);
    CHECK(vm::sha256({}) == vm::empty_requests_hash);
}
