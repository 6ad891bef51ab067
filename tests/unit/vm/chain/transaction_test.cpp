#include "vm/chain/transaction.hpp"

#include <doctest/doctest.h>

#include <string>

#include "unit/vm/chain/random_chain.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/rlp/encode.hpp"

using namespace talea;
using vm::Bytes;
using vm::BytesView;
using vm::Transaction;
using vm::TxDecodeError;
using vm::TxType;
using vm::u256;

namespace {

/// The example that EIP-155 gives.
Transaction eip_155_example() {
    Transaction tx;
    tx.chain_id = 1;
    tx.nonce = 9;
    tx.max_fee_per_gas = tx.max_priority_fee_per_gas = u256{20'000'000'000};
    tx.gas_limit = 21'000;
    tx.to = *vm::address_from_hex("0x3535353535353535353535353535353535353535");
    tx.value = u256{1'000'000'000'000'000'000};
    return tx;
}

TxDecodeError error_of(const Bytes& encoded) {
    const auto decoded = vm::decode_transaction(encoded);
    REQUIRE_FALSE(decoded);
    return decoded.error();
}

/// A legacy transaction of nine strings, one of them replaced.
Bytes legacy_with(std::size_t field, const Bytes& replacement) {
    std::array<Bytes, 9> fields{Bytes{9}, {1}, {0x52, 0x08}, Bytes(20, 0x35), {1}, {}, {27}, {5}, {6}};
    fields[field] = replacement;
    Bytes out;
    vm::rlp::List list(out);
    for (const Bytes& string : fields) vm::rlp::encode(out, BytesView{string});
    list.close();
    return out;
}

}  // namespace

TEST_CASE("the example of EIP-155 is signed and encoded as the EIP says") {
    Transaction tx = eip_155_example();
    CHECK(to_hex(signing_hash(tx)) == "0xdaf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53");
    vm::PrivateKey key;
    key.secret.bytes.fill(0x46);
    sign_transaction(tx, key);
    CHECK(vm::to_hex(encode_transaction(tx)) ==
          "0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc"
          "2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a"
          "3b6d83");
}

TEST_CASE("transactions of every type decode to what was encoded and recover to their signer") {
    tests::Random random;
    CAPTURE(random.seed);
    for (int i = 0; i < 500; ++i) {
        const vm::PrivateKey key = tests::random_key(random);
        const Transaction tx = tests::random_transaction(random, key);
        const Bytes encoded = encode_transaction(tx);
        const auto decoded = vm::decode_transaction(encoded);
        REQUIRE(decoded);
        CHECK(*decoded == tx);
        const auto recovered = vm::recover(*decoded);
        REQUIRE(recovered);
        CHECK(recovered->sender == address_of(key));
        CHECK(recovered->hash == vm::keccak256(encoded));
        CHECK(recovered->hash == transaction_hash(tx));
        CHECK(recovered->size_bytes == encoded.size());
    }
}

TEST_CASE("whatever bytes decode to a transaction are the bytes it encodes to") {
    tests::Random random;
    CAPTURE(random.seed);
    const vm::PrivateKey key = tests::random_key(random);
    int accepted = 0;
    for (int i = 0; i < 20'000; ++i) {
        Bytes bytes = encode_transaction(tests::random_transaction(random, key));
        for (std::uint64_t flips = 1 + random.below(2); flips > 0; --flips)
            bytes[random.below(bytes.size())] ^= static_cast<std::uint8_t>(1U << random.below(8));
        if (random.one_in(8)) bytes.resize(random.below(bytes.size()));
        const auto decoded = vm::decode_transaction(bytes);
        if (!decoded) {
            CHECK_FALSE(to_string(decoded.error()).empty());
            continue;
        }
        ++accepted;
        CHECK(encode_transaction(*decoded) == bytes);
    }
    CHECK(accepted > 1000);
}

TEST_CASE("a signature with s above half the order has no sender") {
    Transaction tx = eip_155_example();
    sign_transaction(tx, {vm::Hash{u256{1}.to_be_bytes()}});
    REQUIRE(recover_sender(tx));
    tx.signature.s = vm::secp256k1_order - tx.signature.s;
    tx.signature.y_parity ^= 1;
    CHECK_FALSE(recover_sender(tx));
}

TEST_CASE("an authority is recovered from its tuple, unless s is high or the parity is none") {
    const vm::PrivateKey key{vm::Hash{u256{77}.to_be_bytes()}};
    vm::Authorization tuple{u256{1}, vm::low_address(5), 3, 0, {}, {}};
    const vm::Signature signature = sign(key, signing_hash(tuple));
    tuple.r = signature.r;
    tuple.s = signature.s;
    tuple.y_parity = signature.y_parity;
    CHECK(recover_authority(tuple) == address_of(key));
    vm::Authorization high = tuple;
    high.s = vm::secp256k1_order - tuple.s;
    high.y_parity ^= 1;
    CHECK_FALSE(recover_authority(high));
    vm::Authorization odd = tuple;
    odd.y_parity = 27;
    CHECK_FALSE(recover_authority(odd));
}

TEST_CASE("a legacy v is 27, 28 or at least 35, up to the largest chain id of 64 bits") {
    const auto with_v = [](const Bytes& v) { return vm::decode_transaction(legacy_with(6, v)); };
    CHECK_FALSE(with_v({27})->chain_id);
    CHECK(with_v({28})->signature.y_parity == 1);
    CHECK(with_v({35})->chain_id == 0);
    CHECK(with_v({38})->chain_id == 1);
    CHECK(with_v({38})->signature.y_parity == 1);
    CHECK(with_v({2, 0, 0, 0, 0, 0, 0, 0, 0x22})->chain_id == ~std::uint64_t{0});  // 35 + 2 (2^64 - 1) + 1
    for (const Bytes& v : {Bytes{}, Bytes{1}, Bytes{26}, Bytes{29}, Bytes{34}, Bytes{2, 0, 0, 0, 0, 0, 0, 0, 0x23}})
        CHECK(with_v(v).error() == TxDecodeError::wrong_signature_v);
}

TEST_CASE("each field that breaks a rule is named") {
    const Bytes wide(33, 1), nine(9, 1), zero_first{0, 1};
    CHECK(vm::decode_transaction(legacy_with(0, {9})));
    CHECK(error_of(legacy_with(0, zero_first)) == TxDecodeError::leading_zero_in_nonce);
    CHECK(error_of(legacy_with(0, nine)) == TxDecodeError::nonce_too_large);
    CHECK(error_of(legacy_with(1, zero_first)) == TxDecodeError::leading_zero_in_gas_price);
    CHECK(error_of(legacy_with(1, wide)) == TxDecodeError::gas_price_too_large);
    CHECK(error_of(legacy_with(2, zero_first)) == TxDecodeError::leading_zero_in_gas_limit);
    CHECK(error_of(legacy_with(2, nine)) == TxDecodeError::gas_limit_too_large);
    CHECK(error_of(legacy_with(3, Bytes(19, 1))) == TxDecodeError::to_too_short);
    CHECK(error_of(legacy_with(3, Bytes(21, 1))) == TxDecodeError::to_too_long);
    CHECK(error_of(legacy_with(4, zero_first)) == TxDecodeError::leading_zero_in_value);
    CHECK(error_of(legacy_with(4, wide)) == TxDecodeError::value_too_large);
    CHECK(error_of(legacy_with(6, zero_first)) == TxDecodeError::leading_zero_in_v);
    CHECK(error_of(legacy_with(7, zero_first)) == TxDecodeError::leading_zero_in_r);
    CHECK(error_of(legacy_with(7, wide)) == TxDecodeError::r_too_large);
    CHECK(error_of(legacy_with(8, zero_first)) == TxDecodeError::leading_zero_in_s);
    CHECK(error_of(legacy_with(8, wide)) == TxDecodeError::s_too_large);

    CHECK(error_of({}) == TxDecodeError::rlp);
    CHECK(error_of({0xc0}) == TxDecodeError::too_few_fields);
    CHECK(error_of({0x00, 0xc0}) == TxDecodeError::unknown_type);
    CHECK(error_of({0x05, 0xc0}) == TxDecodeError::unknown_type);
    CHECK(error_of({0x80}) == TxDecodeError::unknown_type);
    CHECK(error_of({0x02}) == TxDecodeError::rlp);
    CHECK(error_of({0x02, 0x80}) == TxDecodeError::rlp);
    CHECK(error_of({0x02, 0xc0, 0x80}) == TxDecodeError::rlp);
}

TEST_CASE("blob and set-code transactions cannot create, and other types can") {
    tests::Random random;
    CAPTURE(random.seed);
    const vm::PrivateKey key = tests::random_key(random);
    for (int i = 0; i < 50; ++i) {
        Transaction tx = tests::random_transaction(random, key);
        tx.to.reset();
        const Bytes encoded = encode_transaction(tx);
        switch (tx.type) {
            case TxType::blob:
                CHECK(error_of(encoded) == TxDecodeError::blob_creates);
                break;
            case TxType::set_code:
                CHECK(error_of(encoded) == TxDecodeError::set_code_creates);
                break;
            case TxType::legacy:
            case TxType::access_list:
            case TxType::dynamic_fee:
                CHECK(vm::decode_transaction(encoded));
                break;
        }
    }
}
