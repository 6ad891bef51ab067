#include <algorithm>

#include "unit/vm/execution/test_chain.hpp"
#include "vm/native/abi_writer.hpp"
#include "vm/native/selector.hpp"
#include "vm/native/validator_set.hpp"

using namespace talea::tests;

namespace {

constexpr std::uint64_t expiry = 2'000'000'000;

Bytes call_data(std::uint32_t selector, std::initializer_list<u256> words) {
    Bytes data;
    for (int shift = 24; shift >= 0; shift -= 8) data.push_back(static_cast<std::uint8_t>(selector >> shift));
    AbiWriter out{data};
    for (const u256& each : words) out.word(each);
    return data;
}

void append_consent(Bytes& data, const Person& candidate, const Hash& genesis_hash) {
    const auto signature = sign(candidate.key, validator_consent(genesis_hash, candidate.address, expiry));
    Bytes encoded;
    append(encoded, signature.r.to_be_bytes());
    append(encoded, signature.s.to_be_bytes());
    encoded.push_back(signature.y_parity);
    AbiWriter{data}.bytes(encoded);
}

/// The administrator's transactions to Permissions, on any chain.
struct Changes {
    TestChain& chain;
    std::uint64_t nonce = 0;

    RecoveredTransaction send(Bytes data) {
        return chain.signed_by(admin, chain.plain(nonce++, permissions_address, std::move(data)));
    }
    RecoveredTransaction add(const Person& candidate) {
        Bytes data = call_data(selector("addValidator(address,uint64,bytes)"),
                               {to_u256(candidate.address), expiry, std::uint64_t{96}});
        append_consent(data, candidate, chain.parameters.genesis_hash);
        return send(std::move(data));
    }
    RecoveredTransaction remove(const Person& who) {
        return send(call_data(selector("removeValidator(address)"), {to_u256(who.address)}));
    }
    RecoveredTransaction replace(const Person& who, const Person& by) {
        Bytes data = call_data(selector("replaceValidator(address,address,uint64,bytes)"),
                               {to_u256(who.address), to_u256(by.address), expiry, std::uint64_t{128}});
        append_consent(data, by, chain.parameters.genesis_hash);
        return send(std::move(data));
    }
};

std::vector<Address> ascending(const std::vector<Person>& people) {
    std::vector<Address> list;
    for (const Person& each : people) list.push_back(each.address);
    std::ranges::sort(list);
    return list;
}

}  // namespace

TEST_CASE("the validators that a block leaves are those of the next, from one to four and back to another") {
    TestChain chain(PermissionMode::enforced);
    Changes changes{chain};
    const auto seal = [&](const std::vector<RecoveredTransaction>& transactions, const std::vector<Person>& expected) {
        const ExecutedBlock executed = chain.seal(transactions);
        for (const Receipt& receipt : executed.receipts) CHECK(receipt.succeeded);
        CHECK(executed.next_validators == ascending(expected));
        CHECK(read_validators(chain.state) == executed.next_validators);
        CHECK(equal(chain.head.extra_data, view(validators_hash(executed.next_validators))));
    };
    seal({changes.add(alice)}, {validator, alice});
    seal({changes.add(bob), changes.add(carol)}, {validator, alice, bob, carol});
    seal({}, {validator, alice, bob, carol});
    // The proposer of this very block leaves, and comes back in the same block as another.
    seal({changes.remove(validator)}, {alice, bob, carol});
    seal({changes.replace(alice, validator)}, {validator, bob, carol});
    seal({changes.remove(validator), changes.remove(bob)}, {carol});
    // What a block does in between is no matter.
    seal({changes.add(alice), changes.remove(carol), changes.replace(alice, bob)}, {bob});
    const ExecutedBlock last = chain.seal({changes.remove(bob)});
    CHECK_FALSE(last.receipts[0].succeeded);
    CHECK(last.next_validators == ascending({bob}));
}

TEST_CASE("a block whose extra data names another set than it leaves is invalid") {
    TestChain chain;
    Changes changes{chain};
    auto built = chain.build({changes.add(alice)});
    built.block.header.extra_data = to_bytes(view(validators_hash(ascending({validator}))));
    const auto executed = execute_block(chain.second_evm, chain.parameters, chain.parent(), built.block);
    REQUIRE_FALSE(executed.has_value());
    CHECK(executed.error().what == BlockError::next_validators);
}

TEST_CASE("a block after a recovery checkpoint begins by writing the checkpoint's validators") {
    TestChain chain;
    Changes changes{chain};
    const std::vector<Address> named = ascending({alice, bob});
    ParentBlock parent = chain.parent();
    parent.recovered = named;
    // Its first transaction finds them there: the lost one is gone, so removing it changes nothing.
    const auto remove = changes.remove(validator), add = changes.add(carol);
    BlockBuilder builder(chain.evm, chain.parameters, parent, {chain.head.timestamp, alice.address});
    REQUIRE(builder.add(remove).has_value());
    REQUIRE(builder.add(add).has_value());
    BlockBuilder::Built built = std::move(builder).finish();
    built.block.header.state_root = chain.root_after(built.executed.changes);
    CHECK(built.executed.next_validators == ascending({alice, bob, carol}));
    CHECK(built.executed.receipts[0].logs.empty());

    const auto executed = execute_block(chain.second_evm, chain.parameters, parent, built.block);
    REQUIRE(executed.has_value());
    CHECK(chain.root_after(executed->changes) == built.block.header.state_root);
    CHECK(executed->next_validators == built.executed.next_validators);
    // Who does not know of the checkpoint finds another block.
    CHECK_FALSE(execute_block(chain.second_evm, chain.parameters, chain.parent(), built.block).has_value());

    BlockReplay replay(chain.evm, chain.parameters, chain.state, built.block.header, named);
    CHECK(read_validators(replay.state()) == named);
    REQUIRE(replay.run(remove).has_value());
    REQUIRE(replay.run(add).has_value());
}
