#include "vm/native/validator_set.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "unit/vm/native/native_chain.hpp"
#include "vm/crypto/secp256k1.hpp"
#include "vm/native/gas.hpp"
#include "vm/native/slot_key.hpp"

using namespace talea;
using namespace talea::tests;
using vm::permissions_address;

namespace {

vm::PrivateKey key(std::uint64_t secret) {
    return {vm::to_hash(vm::u256{secret})};
}
vm::Address validator(std::uint64_t secret) {
    return vm::address_of(key(secret));
}

constexpr std::uint64_t expiry = NativeChain::genesis_time + 3'600;

vm::Bytes consent_of(const vm::PrivateKey& candidate, const vm::Hash& genesis_hash, std::uint64_t until = expiry) {
    const auto signature = vm::sign(candidate, vm::validator_consent(genesis_hash, vm::address_of(candidate), until));
    vm::Bytes bytes;
    vm::append(bytes, signature.r.to_be_bytes());
    vm::append(bytes, signature.s.to_be_bytes());
    bytes.push_back(signature.y_parity);
    return bytes;
}

/// Validators are what the registry says at the end; each answer is of one call by the administrator.
struct Set : NativeChain {
    Set() { block.genesis_hash.bytes.fill(0x6e); }

    Answer add(const vm::Address& candidate, const vm::Bytes& consent, std::uint64_t until = expiry,
               const vm::Address& by = admin) {
        vm::Bytes data = call_data("addValidator(address,uint64,bytes)", {word(candidate), until, 96});
        vm::AbiWriter{data}.bytes(consent);
        return call(by, permissions_address, data);
    }
    Answer add(std::uint64_t secret) { return add(validator(secret), consent_of(key(secret), block.genesis_hash)); }
    Answer remove(const vm::Address& who, const vm::Address& by = admin) {
        return call(by, permissions_address, "removeValidator(address)", {word(who)});
    }
    Answer replace(const vm::Address& who, std::uint64_t secret) {
        vm::Bytes data = call_data("replaceValidator(address,address,uint64,bytes)",
                                   {word(who), word(validator(secret)), expiry, 128});
        vm::AbiWriter{data}.bytes(consent_of(key(secret), block.genesis_hash));
        return call(admin, permissions_address, data);
    }
    std::vector<vm::Address> now() { return vm::read_validators(state); }
};

std::vector<vm::Address> ascending(std::vector<vm::Address> list) {
    std::ranges::sort(list);
    return list;
}

const vm::Address first = address(0x11);  // of NativeChain's genesis

}  // namespace

TEST_CASE("validators are added with their consent and removed, and stay ascending in any order of changes") {
    Set set;
    std::vector<vm::Address> expected{first};
    for (const std::uint64_t secret : std::initializer_list<std::uint64_t>{5, 1, 9, 3, 7}) {
        REQUIRE(set.add(secret).ok());
        expected.push_back(validator(secret));
        CHECK(set.now() == ascending(expected));
    }
    CHECK(set.state.logs().size() == 5);
    CHECK(set.state.logs()[0].topics ==
          std::vector<vm::Hash>{vm::to_hash(vm::signature_hash("ValidatorAdded(address,address)")),
                                vm::to_hash(word(validator(5))), vm::to_hash(word(NativeChain::admin))});
    CHECK(set.add(3).ok());
    CHECK_MESSAGE(set.state.logs().size() == 5, "adding one that is there says nothing");
    for (const std::uint64_t secret : std::initializer_list<std::uint64_t>{9, 5, 1}) {
        REQUIRE(set.remove(validator(secret)).ok());
        std::erase(expected, validator(secret));
        CHECK(set.now() == ascending(expected));
        CHECK(set.view(permissions_address, "isValidator(address)", {word(validator(secret))}) == 0);
    }
    CHECK(set.remove(validator(9)).ok());
    CHECK_MESSAGE(set.state.logs().size() == 8, "removing one that is not there says nothing");
    // What was written after positions that are free again is gone: the state has no slot that no validator has.
    for (std::uint64_t position = expected.size(); position < 7; ++position)
        CHECK(set.state.slot(permissions_address, vm::slot_key::validator(position)).current.is_zero());
}

TEST_CASE("a set goes from one validator to four and back to another one") {
    Set set;
    for (const std::uint64_t secret : std::initializer_list<std::uint64_t>{1, 2, 3}) REQUIRE(set.add(secret).ok());
    CHECK(set.now().size() == 4);
    REQUIRE(set.remove(first).ok());
    REQUIRE(set.remove(validator(1)).ok());
    REQUIRE(set.remove(validator(2)).ok());
    CHECK(set.now() == std::vector{validator(3)});
    CHECK(set.remove(validator(3)).is("LastValidator()"));
    REQUIRE(set.replace(validator(3), 4).ok());
    CHECK(set.now() == std::vector{validator(4)});
}

TEST_CASE("a validator is replaced in one step, which says who left and who came") {
    Set set;
    REQUIRE(set.add(1).ok());
    REQUIRE(set.replace(first, 2).ok());
    CHECK(set.now() == ascending({validator(1), validator(2)}));
    const auto logs = set.state.logs();
    REQUIRE(logs.size() == 3);
    CHECK(logs[1].topics[0] == vm::to_hash(vm::signature_hash("ValidatorRemoved(address,address)")));
    CHECK(logs[1].topics[1] == vm::to_hash(word(first)));
    CHECK(logs[2].topics[1] == vm::to_hash(word(validator(2))));
    CHECK(set.replace(first, 3).is("NotAValidator(address)", {word(first)}));
    CHECK(set.replace(validator(1), 2).is("AlreadyAValidator(address)", {word(validator(2))}));
}

TEST_CASE("only NETWORK changes the set") {
    Set set;
    const vm::Address carol = address(0xca01);
    const auto denied = [&](const Answer& answer) {
        return answer.is("NotAuthorized(address,uint256)", {word(carol), vm::role::network});
    };
    CHECK(denied(set.add(validator(1), consent_of(key(1), set.block.genesis_hash), expiry, carol)));
    CHECK(denied(set.remove(first, carol)));
    CHECK(set.now() == std::vector{first});
}

TEST_CASE("consent is the candidate's own, for this chain, this address and this time") {
    Set set;
    const auto consent = consent_of(key(1), set.block.genesis_hash);
    const auto bad = [&](const Answer& answer, const vm::Address& who) {
        return answer.is("BadConsent(address)", {word(who)});
    };
    CHECK(bad(set.add(validator(2), consent), validator(2)));
    CHECK(bad(set.add(validator(1), consent_of(key(1), vm::Hash{})), validator(1)));
    CHECK(bad(set.add(validator(1), consent, expiry + 1), validator(1)));
    CHECK(bad(set.add(validator(1), {}), validator(1)));
    for (const std::size_t size : {std::size_t{64}, std::size_t{66}}) {
        vm::Bytes other = consent;
        other.resize(size);
        CHECK(bad(set.add(validator(1), other), validator(1)));
    }
    // The other signature of the same key and digest: s above half the order, parity turned.
    vm::Bytes high = consent;
    const vm::u256 s = vm::secp256k1_order - vm::u256::from_be_bytes(vm::BytesView{consent}.subspan(32, 32));
    std::ranges::copy(s.to_be_bytes(), high.begin() + 32);
    high[64] ^= 1;
    CHECK(bad(set.add(validator(1), high), validator(1)));

    set.block.timestamp = {expiry};
    CHECK(set.add(validator(1), consent).is("ConsentExpired(uint64)", {expiry}));
    set.block.timestamp = {expiry - 1};
    CHECK(set.add(validator(1), consent).ok());
}

TEST_CASE("a set holds a hundred validators and no more") {
    Set set;
    for (std::uint64_t secret = 1; secret < vm::validators_max; ++secret) REQUIRE(set.add(secret).ok());
    CHECK(set.now().size() == vm::validators_max);
    CHECK(set.add(1'000).is("TooMany(uint256,uint256)", {101, 100}));
    CHECK(set.replace(first, 1'000).ok());
    CHECK(set.now().size() == vm::validators_max);
}

TEST_CASE("consent costs what a recovered signature costs, and each slot of the list what a slot costs") {
    Set set;
    const Answer answer = set.add(1);
    // Roles, counts, one validator; then both positions of the list (the new one sorts first) or the second alone, and
    // the count again.
    const bool moves = validator(1) < first;
    const vm::Gas cold_reads = 3 * 2'100;
    const vm::Gas writes = moves ? 2'900 + 2'100 + 20'000 : 2'100 + 20'000;
    const vm::Gas counted = 100 + 2'900;
    const vm::Gas event = 375 + 3 * 375;
    CHECK(answer.gas_used == 200 + 7 * 3 + vm::native_gas::signature + cold_reads + writes + counted + event);
}

TEST_CASE("a recovery writes a list over any other") {
    Set set;
    for (const std::uint64_t secret : std::initializer_list<std::uint64_t>{1, 2, 3}) REQUIRE(set.add(secret).ok());
    for (const auto& list : {std::vector{validator(9)}, ascending({validator(7), validator(8), validator(9)}),
                             ascending({validator(7), validator(9)})}) {
        vm::write_validators(set.state, list);
        CHECK(set.now() == list);
    }
    CHECK(set.state.slot(permissions_address, vm::slot_key::validator(2)).current.is_zero());
    CHECK(set.view(permissions_address, "adminCount()") == 1);
}
