#include "vm/native/identities.hpp"

#include <doctest/doctest.h>

#include "unit/vm/native/native_chain.hpp"
#include "vm/native/slot_key.hpp"

using namespace talea;
using namespace talea::tests;
using vm::identities_address;

namespace {

const vm::Address registrar = address(0x501);
const vm::Address other_registrar = address(0x502);
const vm::Address alice = address(0xa1), alice2 = address(0xa2), bob = address(0xb1), stranger = address(0xff);
constexpr vm::u256 alice_id{0xa11ce}, bob_id{0xb0b};
constexpr std::uint64_t expiry = NativeChain::genesis_time + 1'000'000;

vm::NativeGenesis with_registrars() {
    vm::NativeGenesis genesis = NativeChain::plain_genesis();
    genesis.registrars = {registrar, other_registrar};
    return genesis;
}

struct Chain : NativeChain {
    Chain() : NativeChain(with_registrars()) {
        REQUIRE(register_identity(registrar, alice_id, 840, 3, expiry, {alice}).ok());
        REQUIRE(register_identity(other_registrar, bob_id, 276, 1, expiry, {bob}).ok());
        next_transaction();
    }
    Answer by(const vm::Address& sender, std::string_view signature, std::initializer_list<vm::u256> words) {
        return call(sender, identities_address, signature, words);
    }
};

constexpr const char* not_authorized = "NotAuthorized(address,uint256)";

}  // namespace

TEST_CASE("an identity reads back as it was registered") {
    Chain chain;
    const Answer read = chain.by(stranger, "identity(bytes32)", {alice_id});
    CHECK(read.word(0) == 1);
    CHECK(read.word(1) == 1);
    CHECK(read.word(2) == 840);
    CHECK(read.word(3) == 3);
    CHECK(read.word(4) == expiry);
    CHECK(read.word(5) == word(registrar));
    CHECK(read.word(6) == 0xf11e);
    CHECK(chain.view(identities_address, "identityOf(address)", {word(alice)}) == alice_id);
    CHECK(chain.view(identities_address, "identityOf(address)", {word(stranger)}) == 0);
    CHECK(chain.view(identities_address, "idAt(uint64)", {2}) == bob_id);
    CHECK(chain.view(identities_address, "idAt(uint64)", {3}) == 0);
    CHECK(chain.view(identities_address, "identityCount()") == 2);
    CHECK(chain.view(identities_address, "identity(bytes32)", {0x404}) == 0);
    CHECK(chain.view(identities_address, "recoveryDelay()") == 86'400);
}

TEST_CASE("registration announces the identity, its attributes and each wallet") {
    NativeChain chain{with_registrars()};
    REQUIRE(chain.register_identity(registrar, alice_id, 840, 3, expiry, {alice, alice2}).ok());
    const auto logs = chain.state.logs();
    REQUIRE(logs.size() == 4);
    CHECK(logs[0].topics[0] == vm::to_hash(vm::signature_hash("IdentityRegistered(bytes32,address,uint64)")));
    CHECK(logs[1].topics[0] ==
          vm::to_hash(vm::signature_hash("IdentityChanged(bytes32,uint8,uint16,uint64,uint64,bytes32)")));
    CHECK(logs[3].topics == std::vector<vm::Hash>{vm::to_hash(vm::signature_hash("WalletLinked(bytes32,address)")),
                                                  vm::to_hash(alice_id), vm::to_hash(word(alice2))});
}

TEST_CASE("registration is refused where it is not the registrar's to make or says what cannot be") {
    Chain chain;
    CHECK(chain.register_identity(stranger, 9, 840, 0, expiry, {}).is(not_authorized, {word(stranger), 0}));
    CHECK(chain.register_identity(registrar, alice_id, 840, 0, expiry, {}).is("IdentityExists(bytes32)", {alice_id}));
    CHECK(chain.register_identity(registrar, 0, 840, 0, expiry, {}).is("UnknownIdentity(bytes32)", {0}));
    CHECK(chain.register_identity(registrar, 9, 1000, 0, expiry, {}).is("BadCountry(uint16)", {1000}));
    CHECK(chain.register_identity(registrar, 9, 999, 0, expiry, {vm::Address{}}).is("ZeroAddress()"));
    CHECK(chain.register_identity(registrar, 9, 999, 0, expiry, {bob})
              .is("WalletLinkedElsewhere(address,bytes32)", {word(bob), bob_id}));
    std::vector<vm::Address> wallets;
    for (std::uint16_t i = 0; i < 17; ++i) wallets.push_back(address(static_cast<std::uint16_t>(0x900 + i)));
    CHECK(chain.register_identity(registrar, 9, 999, 0, expiry, wallets).is("TooMany(uint256,uint256)", {17, 16}));
    wallets.pop_back();
    CHECK(chain.register_identity(registrar, 9, 999, 0, expiry, wallets).ok());
    vm::Bytes cut = call_data("register(bytes32,uint16,uint64,uint64,bytes32,address[])", {8, 1, 0, 0, 0, 192, 2});
    vm::AbiWriter{cut}.word(1);
    CHECK_MESSAGE(chain.call(registrar, identities_address, cut).is("BadCall()"), "two wallets announced, one given");
}

TEST_CASE("a registrar writes its own identities only") {
    Chain chain;
    CHECK(chain.by(other_registrar, "setCountry(bytes32,uint16)", {alice_id, 276})
              .is(not_authorized, {word(other_registrar), 0}));
    CHECK(chain.by(registrar, "setCountry(bytes32,uint16)", {alice_id, 276}).ok());
    CHECK(chain.by(registrar, "setCategories(bytes32,uint64)", {alice_id, 8}).ok());
    CHECK(chain.by(registrar, "setExpiry(bytes32,uint64)", {alice_id, 5}).ok());
    CHECK(chain.by(registrar, "setFileHash(bytes32,bytes32)", {alice_id, 6}).ok());
    CHECK(chain.by(registrar, "setCountry(bytes32,uint16)", {0x404, 1}).is("UnknownIdentity(bytes32)", {0x404}));
    const Answer read = chain.by(stranger, "identity(bytes32)", {alice_id});
    CHECK(read.word(2) == 276);
    CHECK(read.word(3) == 8);
    CHECK(read.word(4) == 5);
    CHECK(read.word(6) == 6);
    CHECK(chain.by(NativeChain::admin, "removeRegistrar(address)", {word(registrar)}).ok());
    CHECK(chain.by(registrar, "setExpiry(bytes32,uint64)", {alice_id, 7}).is(not_authorized, {word(registrar), 0}));
}

TEST_CASE("closed is for ever, suspended is not") {
    Chain chain;
    const auto set = [&](std::uint64_t state) {
        return chain.by(registrar, "setState(bytes32,uint8)", {alice_id, state});
    };
    CHECK(set(2).ok());
    CHECK(set(1).ok());
    CHECK(set(0).is("BadCall()"));
    CHECK(set(4).is("BadCall()"));
    CHECK(set(3).ok());
    CHECK(set(1).is("IdentityClosed(bytes32)", {alice_id}));
}

TEST_CASE("registrars come and go by REGISTRAR_ADMIN") {
    Chain chain;
    CHECK(chain.by(stranger, "addRegistrar(address)", {word(stranger)})
              .is(not_authorized, {word(stranger), vm::role::registrar_admin}));
    CHECK(chain.by(NativeChain::admin, "addRegistrar(address)", {word(stranger)}).ok());
    Answer read = chain.by(stranger, "registrar(address)", {word(stranger)});
    CHECK(read.word(0) == 1);
    CHECK(read.word(1) == 3);
    CHECK(chain.by(NativeChain::admin, "removeRegistrar(address)", {word(stranger)}).ok());
    CHECK(chain.by(NativeChain::admin, "addRegistrar(address)", {word(stranger)}).ok());
    read = chain.by(stranger, "registrar(address)", {word(stranger)});
    CHECK_MESSAGE(read.word(1) == 3, "an index stays with its registrar");
}

TEST_CASE("an identity goes to another registrar by both") {
    Chain chain;
    CHECK(
        chain.by(other_registrar, "acceptTransfer(bytes32)", {alice_id}).is("NoTransferOffered(bytes32)", {alice_id}));
    CHECK(chain.by(other_registrar, "offerTransfer(bytes32,address)", {alice_id, word(other_registrar)})
              .is(not_authorized, {word(other_registrar), 0}));
    CHECK(chain.by(registrar, "offerTransfer(bytes32,address)", {alice_id, word(stranger)})
              .is("UnknownRegistrar(address)", {word(stranger)}));
    CHECK(chain.by(registrar, "offerTransfer(bytes32,address)", {alice_id, word(other_registrar)}).ok());
    CHECK(chain.by(registrar, "acceptTransfer(bytes32)", {alice_id}).is(not_authorized, {word(registrar), 0}));
    CHECK(chain.by(other_registrar, "acceptTransfer(bytes32)", {alice_id}).ok());
    CHECK(chain.by(registrar, "setExpiry(bytes32,uint64)", {alice_id, 7}).is(not_authorized, {word(registrar), 0}));
    CHECK(chain.by(other_registrar, "setExpiry(bytes32,uint64)", {alice_id, 7}).ok());
}

TEST_CASE("an identity whose registrar was removed is offered on by REGISTRAR_ADMIN") {
    Chain chain;
    const auto offer = [&] {
        return chain.by(NativeChain::admin, "offerTransfer(bytes32,address)", {alice_id, word(other_registrar)});
    };
    CHECK(offer().is(not_authorized, {word(NativeChain::admin), 0}));
    CHECK(chain.by(NativeChain::admin, "removeRegistrar(address)", {word(registrar)}).ok());
    CHECK(offer().ok());
    CHECK(chain.by(other_registrar, "acceptTransfer(bytes32)", {alice_id}).ok());
}

TEST_CASE("a link is undone by the registrar, once the wallet was used never") {
    Chain chain;
    CHECK(chain.by(registrar, "linkWallet(bytes32,address)", {alice_id, word(alice2)}).ok());
    CHECK(chain.by(other_registrar, "unlinkWallet(address)", {word(alice2)})
              .is(not_authorized, {word(other_registrar), 0}));
    CHECK(
        chain.by(registrar, "unlinkWallet(address)", {word(stranger)}).is("UnknownWallet(address)", {word(stranger)}));
    CHECK(chain.by(registrar, "unlinkWallet(address)", {word(alice2)}).ok());
    CHECK(chain.view(identities_address, "identityOf(address)", {word(alice2)}) == 0);

    vm::WalletRecord used{.identity = 1, .used = true};
    chain.state.set_storage(identities_address, vm::slot_key::wallet(alice), used.word());
    CHECK(chain.by(registrar, "unlinkWallet(address)", {word(alice)}).is("WalletInUse(address)", {word(alice)}));
}

TEST_CASE("a recovery blocks the lost wallet at once and takes effect after the delay") {
    Chain chain;
    CHECK(chain.by(stranger, "recover(address,address)", {word(alice), word(alice2)})
              .is(not_authorized, {word(stranger), 0}));
    CHECK(chain.by(registrar, "recover(address,address)", {word(alice), word(bob)})
              .is("WalletLinkedElsewhere(address,bytes32)", {word(bob), bob_id}));
    CHECK(chain.by(registrar, "recover(address,address)", {word(alice), word(alice)})
              .is("WalletRetired(address)", {word(alice)}));
    CHECK(chain.by(registrar, "recover(address,address)", {word(alice), 0}).is("ZeroAddress()"));
    REQUIRE(chain.by(registrar, "recover(address,address)", {word(alice), word(alice2)}).ok());

    Answer wallet = chain.by(stranger, "walletOf(address)", {word(alice)});
    CHECK(wallet.word(0) == alice_id);
    CHECK(wallet.word(2) == NativeChain::genesis_time + 86'400);
    CHECK(wallet.word(3) == word(alice2));
    CHECK_MESSAGE(chain.view(identities_address, "identityOf(address)", {word(alice2)}) == alice_id,
                  "the replacement is linked");
    CHECK(chain.by(registrar, "unlinkWallet(address)", {word(alice2)}).is("WalletInUse(address)", {word(alice2)}));
    CHECK(chain.by(registrar, "unlinkWallet(address)", {word(alice)}).is("WalletRetired(address)", {word(alice)}));
    CHECK(chain.by(registrar, "recover(address,address)", {word(alice2), word(alice)})
              .is("WalletRetired(address)", {word(alice)}));

    chain.block.timestamp.seconds += 86'399;
    CHECK(chain.view(identities_address, "current(address)", {word(alice)}) == word(alice));
    chain.block.timestamp.seconds += 1;
    CHECK(chain.view(identities_address, "current(address)", {word(alice)}) == word(alice2));
    CHECK(chain.by(alice, "cancelRecovery(address)", {word(alice)}).is("RecoveryInEffect(address)", {word(alice)}));

    SUBCASE("and so on from the replacement") {
        REQUIRE(chain.by(registrar, "recover(address,address)", {word(alice2), word(address(0xa3))}).ok());
        CHECK(chain.view(identities_address, "current(address)", {word(alice)}) == word(alice2));
        chain.block.timestamp.seconds += 86'400;
        CHECK(chain.view(identities_address, "current(address)", {word(alice)}) == word(address(0xa3)));
    }
}

TEST_CASE("a recovery is cancelled by the lost wallet, its registrar or REGISTRAR_ADMIN") {
    for (const vm::Address& who : {alice, registrar, NativeChain::admin}) {
        Chain chain;
        CHECK(chain.by(who, "cancelRecovery(address)", {word(alice)}).is("NoRecovery(address)", {word(alice)}));
        REQUIRE(chain.by(registrar, "recover(address,address)", {word(alice), word(alice2)}).ok());
        CHECK(chain.by(alice2, "cancelRecovery(address)", {word(alice)}).is(not_authorized, {word(alice2), 0}));
        CHECK(chain.by(who, "cancelRecovery(address)", {word(alice)}).ok());
        chain.block.timestamp.seconds += 100'000;
        CHECK(chain.view(identities_address, "current(address)", {word(alice)}) == word(alice));
        CHECK_MESSAGE(chain.by(registrar, "unlinkWallet(address)", {word(alice2)}).ok(),
                      "the replacement is free again");
    }
}
