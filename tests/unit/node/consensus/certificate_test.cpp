#include "node/consensus/certificate.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "unit/random.hpp"

namespace talea::tests {
namespace {

using node::Certificate;
using node::CertificateError;
using node::SealedBlock;

struct Validators {
    std::vector<vm::PrivateKey> keys;
    std::vector<vm::Address> addresses;  // ascending
};

Validators validators(Random& random, std::size_t count) {
    Validators made;
    for (std::size_t i = 0; i < count; ++i) {
        vm::PrivateKey key;
        key.secret.bytes[31] = static_cast<std::uint8_t>(1 + i);
        key.secret.bytes[7] = static_cast<std::uint8_t>(random.next());
        made.keys.push_back(key);
        made.addresses.push_back(vm::address_of(key));
    }
    std::ranges::sort(made.addresses);
    return made;
}

TEST_CASE("a quorum is two thirds, rounded up") {
    constexpr std::size_t table[] = {1, 2, 2, 3, 4, 4, 5, 6, 6, 7};  // notes on consensus, 1
    for (std::size_t n = 1; n <= 10; ++n) CHECK(node::quorum(n) == table[n - 1]);
}

TEST_CASE("a certificate with a quorum of seals holds, and none with fewer, doubled, foreign or other seals does") {
    Random random;
    const auto set = validators(random, 4);
    SealedBlock block{.genesis_hash = {{1}}, .instance = 0, .number = {9}, .round = 2, .hash = {{7}}};
    Certificate good{.instance = 0, .round = 2, .seals = {}, .validators = {}};
    for (std::size_t i = 0; i < 3; ++i) good.seals.push_back(node::make_seal(set.keys[i], block));
    const auto judge = [&](const Certificate& certificate, const SealedBlock& about) {
        return node::verify_certificate(certificate, about, set.addresses);
    };
    CHECK(judge(good, block).has_value());

    auto fewer = good;
    fewer.seals.pop_back();
    CHECK(judge(fewer, block).error() == CertificateError::too_few_seals);
    auto doubled = good;
    doubled.seals[2] = doubled.seals[0];
    CHECK(judge(doubled, block).error() == CertificateError::too_few_seals);
    auto other_round = good;
    other_round.round = 3;  // recovers to strangers
    CHECK_FALSE(judge(other_round, block).has_value());
    auto other_instance = good;
    other_instance.instance = 1;
    CHECK_FALSE(judge(other_instance, block).has_value());
    auto other_block = block;
    other_block.hash.bytes[0] ^= 1;
    CHECK_FALSE(judge(good, other_block).has_value());
    auto other_chain = block;
    other_chain.genesis_hash.bytes[0] ^= 1;
    CHECK_FALSE(judge(good, other_chain).has_value());
    auto foreign = good;
    foreign.seals[0] = node::make_seal(validators(random, 9).keys[8], block);
    CHECK(judge(foreign, block).error() == CertificateError::not_a_validator);
    auto high_s = good;
    const auto s = vm::secp256k1_order - vm::u256::from_be_bytes(vm::BytesView(high_s.seals[0]).subspan(32, 32));
    std::ranges::copy(s.to_be_bytes(), high_s.seals[0].begin() + 32);
    high_s.seals[0][64] ^= 1;
    CHECK(judge(high_s, block).error() == CertificateError::bad_seal);
}

TEST_CASE("decoding gives back what was encoded, and refuses anything else") {
    Random random;
    CAPTURE(random.seed);
    const auto set = validators(random, 3);
    for (int i = 0; i < 200; ++i) {
        Certificate certificate{.instance = random.below(3), .round = random.below(300), .seals = {}, .validators = {}};
        certificate.seals.resize(random.below(4));
        for (auto& seal : certificate.seals) std::ranges::copy(random.bytes(65), seal.begin());
        if (random.one_in(2)) certificate.validators = set.addresses;
        auto encoded = node::encode_certificate(certificate);
        REQUIRE(node::decode_certificate(encoded) == certificate);
        encoded.push_back(0);
        REQUIRE_FALSE(node::decode_certificate(encoded).has_value());
        encoded.resize(random.below(encoded.size() - 1));
        REQUIRE_FALSE(node::decode_certificate(encoded).has_value());
    }
}

}  // namespace
}  // namespace talea::tests
