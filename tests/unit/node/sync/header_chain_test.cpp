#include "node/sync/header_chain.hpp"

#include <doctest/doctest.h>

#include "unit/node/sync/certified_chain.hpp"

namespace talea::tests {
namespace {

using node::HeaderChain;
using node::HeaderChainError;

std::expected<node::CertifiedBlock, HeaderChainError> extend(HeaderChain& chain,
                                                             const node::wire::CertifiedHeader& item) {
    return chain.extend(item.header, item.certificate);
}

TEST_CASE("headers prove a chain across changes of the validators, from genesis and from any head in between") {
    const CertifiedChain made(120, 25);
    for (const std::uint64_t from : {0U, 24U, 25U, 60U}) {
        HeaderChain chain(made.genesis_hash(), made.at(from).head);
        for (auto number = from + 1; number <= 120; ++number) {
            const auto block = extend(chain, made.at(number).proof);
            REQUIRE(block.has_value());
            REQUIRE(block->hash == made.at(number).head.hash);
        }
        CHECK(chain.head().hash == made.at(120).head.hash);
    }
}

TEST_CASE("a header that does not follow, or that no quorum of the right set sealed in one round, changes nothing") {
    const CertifiedChain made(60, 25);
    HeaderChain chain(made.genesis_hash(), made.at(24).head);
    const auto refused = [&](const node::wire::CertifiedHeader& item) {
        const auto result = extend(chain, item);
        REQUIRE_FALSE(result.has_value());
        REQUIRE(chain.head().hash == made.at(24).head.hash);
        return result.error();
    };
    const auto& next = made.at(25);
    const auto proof = [&](const node::Certificate& certificate) {
        return node::wire::CertifiedHeader{next.proof.header, node::encode_certificate(certificate)};
    };
    CHECK(refused(made.at(26).proof) == HeaderChainError::wrong_number);
    CHECK(refused(made.at(24).proof) == HeaderChainError::wrong_number);
    CHECK(refused({vm::Bytes{0xc0}, next.proof.certificate}) == HeaderChainError::malformed_header);
    CHECK(refused({next.proof.header, {}}) == HeaderChainError::malformed_certificate);
    // A quorum less one; one signer twice; seals of two rounds; the set of another height.
    CHECK(refused(proof(made.certify(next.head.header, made.set(25), 2))) == HeaderChainError::not_certified);
    auto twice = made.certify(next.head.header, made.set(25), 2);
    twice.seals.push_back(twice.seals[0]);
    CHECK(refused(proof(twice)) == HeaderChainError::not_certified);
    auto rounds = made.certify(next.head.header, made.set(25), 2, 0);
    rounds.seals.push_back(made.certify(next.head.header, made.set(25), 3, 1).seals[2]);
    CHECK(refused(proof(rounds)) == HeaderChainError::not_certified);
    CHECK(refused(proof(made.certify(next.head.header, made.set(26), 4))) == HeaderChainError::not_certified);
    auto other_set = made.certify(next.head.header, made.set(26), 4);
    other_set.validators = CertifiedChain::addresses(made.set(26));
    CHECK(refused(proof(other_set)) == HeaderChainError::wrong_validators);
    auto instance = made.certify(next.head.header, made.set(25), 4);
    instance.instance = 1;
    CHECK(refused(proof(instance)) == HeaderChainError::wrong_instance);
    // A header of our own making, though a quorum of liars sealed it.
    auto older = next.head.header;
    older.timestamp.seconds = made.at(24).head.header.timestamp.seconds - 1;
    CHECK(refused({vm::encode_header(older), node::encode_certificate(made.certify(older, made.set(25), 4))}) ==
          HeaderChainError::wrong_timestamp);
    auto orphan = next.head.header;
    orphan.parent_hash = made.at(23).head.hash;
    CHECK(refused({vm::encode_header(orphan), node::encode_certificate(made.certify(orphan, made.set(25), 4))}) ==
          HeaderChainError::wrong_parent);
    CHECK(extend(chain, next.proof).has_value());
}

TEST_CASE("after a checkpoint its validators seal, in its instance, and the old ones no more") {
    const CertifiedChain made(10, 1'000);
    const std::vector survivors{key(1), key(7)};
    const node::Checkpoint checkpoint{{5}, made.at(5).head.hash, 1, CertifiedChain::addresses(survivors), {}};
    HeaderChain chain(made.genesis_hash(), made.at(5).head, {checkpoint});
    CHECK(extend(chain, made.at(6).proof).error() == HeaderChainError::wrong_instance);
    auto header = made.at(6).head.header;
    header.extra_data = vm::to_bytes(vm::view(vm::validators_hash(checkpoint.validators)));
    node::Certificate certificate{.instance = 1, .round = 0, .seals = {}, .validators = checkpoint.validators};
    const node::SealedBlock sealed{made.genesis_hash(), 1, {6}, 0, vm::header_hash(header)};
    for (const auto& key : survivors) certificate.seals.push_back(node::make_seal(key, sealed));
    CHECK(extend(chain, {vm::encode_header(header), node::encode_certificate(certificate)}).has_value());
    CHECK(chain.head().validators == checkpoint.validators);
}

}  // namespace
}  // namespace talea::tests
