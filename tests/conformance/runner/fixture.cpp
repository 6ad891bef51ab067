#include "conformance/runner/fixture.hpp"

#include <simdjson.h>

#include "vm/base/hex.hpp"

namespace talea::conformance {

namespace dom = simdjson::dom;
using namespace talea::vm;

namespace {

/// A value that a fixture must have and does not, or has in another form. Thrown and caught in this file alone: the
/// fixtures are nested deeply, and one that is broken is not run at all.
struct Malformed {
    std::string what;
};

dom::element member(dom::element object, std::string_view key) {
    dom::element found;
    if (object[key].get(found) != simdjson::SUCCESS) throw Malformed{"no " + std::string(key)};
    return found;
}

std::optional<dom::element> optional_member(dom::element object, std::string_view key) {
    dom::element found;
    if (object[key].get(found) != simdjson::SUCCESS) return std::nullopt;
    return found;
}

std::string_view text(dom::element element) {
    std::string_view out;
    if (element.get(out) != simdjson::SUCCESS) throw Malformed{"a value that is no string"};
    return out;
}

dom::object object(dom::element element) {
    dom::object out;
    if (element.get(out) != simdjson::SUCCESS) throw Malformed{"a value that is no object"};
    return out;
}

dom::array array(dom::element element) {
    dom::array out;
    if (element.get(out) != simdjson::SUCCESS) throw Malformed{"a value that is no list"};
    return out;
}

template <class T>
T known(std::optional<T> value, std::string_view source) {
    if (!value) throw Malformed{"not a value of its kind: " + std::string(source.substr(0, 80))};
    return *std::move(value);
}

u256 number(std::string_view source) {
    return source == "0x" ? u256{} : known(u256_from_hex(source), source);
}
u256 number(dom::element element) {
    return number(text(element));
}
std::uint64_t u64(dom::element element) {
    const u256 value = number(element);
    if (!value.fits_u64()) throw Malformed{"a number above 64 bits"};
    return value.low_u64();
}
Hash hash(dom::element element) {
    return to_hash(number(element));
}
Address address(std::string_view source) {
    return known(address_from_hex(source), source);
}
Bytes bytes(dom::element element) {
    return known(from_hex(text(element)), text(element));
}

MapState accounts(dom::element element) {
    MapState state;
    for (const auto& [key, account] : object(element)) {
        std::map<u256, u256> storage;
        for (const auto& [slot, value] : object(member(account, "storage"))) storage[number(slot)] = number(value);
        state.put(address(key), u64(member(account, "nonce")), number(member(account, "balance")),
                  bytes(member(account, "code")), storage);
    }
    return state;
}

/// The `i`th of a list that a state test's transaction has.
dom::element chosen(dom::element transaction, std::string_view list, dom::element indexes, std::string_view index) {
    std::int64_t i = 0;
    if (member(indexes, index).get(i) != simdjson::SUCCESS) throw Malformed{"an index that is no number"};
    dom::element out;
    if (array(member(transaction, list)).at(static_cast<std::size_t>(i)).get(out) != simdjson::SUCCESS)
        throw Malformed{"an index beyond its list"};
    return out;
}

AccessList access_list(dom::element element) {
    AccessList out;
    if (element.is_null()) return out;
    for (const dom::element entry : array(element)) {
        AccessListEntry& added = out.emplace_back(address(text(member(entry, "address"))));
        for (const dom::element key : array(member(entry, "storageKeys"))) added.storage_keys.push_back(number(key));
    }
    return out;
}

Authorization authorization(dom::element element) {
    Authorization out;
    out.chain_id = number(member(element, "chainId"));
    out.address = address(text(member(element, "address")));
    out.nonce = u64(member(element, "nonce"));
    const auto parity = optional_member(element, "yParity");
    out.y_parity = static_cast<std::uint8_t>(u64(parity ? *parity : member(element, "v")));
    out.r = number(member(element, "r"));
    out.s = number(member(element, "s"));
    return out;
}

/// The transaction that a post entry picks, as its fields say; its sender is named or has the key that is.
RecoveredTransaction unsigned_transaction(dom::element json, dom::element post, std::uint64_t chain_id) {
    const dom::element indexes = member(post, "indexes");
    RecoveredTransaction out;
    Transaction& tx = out.tx;
    tx.chain_id = chain_id;
    tx.nonce = u64(member(json, "nonce"));
    if (const std::string_view to = text(member(json, "to")); !to.empty()) tx.to = address(to);
    tx.data = bytes(chosen(json, "data", indexes, "data"));
    tx.gas_limit = u64(chosen(json, "gasLimit", indexes, "gas"));
    tx.value = number(chosen(json, "value", indexes, "value"));
    if (const auto price = optional_member(json, "gasPrice"))
        tx.max_fee_per_gas = tx.max_priority_fee_per_gas = number(*price);
    if (optional_member(json, "accessLists")) {
        tx.type = TxType::access_list;
        tx.access_list = access_list(chosen(json, "accessLists", indexes, "data"));
    }
    if (const auto fee = optional_member(json, "maxFeePerGas")) {
        tx.type = TxType::dynamic_fee;
        tx.max_fee_per_gas = number(*fee);
        tx.max_priority_fee_per_gas = number(member(json, "maxPriorityFeePerGas"));
    }
    if (const auto fee = optional_member(json, "maxFeePerBlobGas")) {
        tx.type = TxType::blob;
        tx.max_fee_per_blob_gas = number(*fee);
        for (const dom::element blob : array(member(json, "blobVersionedHashes"))) tx.blob_hashes.push_back(hash(blob));
    }
    if (const auto list = optional_member(json, "authorizationList")) {
        tx.type = TxType::set_code;
        for (const dom::element tuple : array(*list)) tx.authorizations.push_back(authorization(tuple));
    }
    if (const auto sender = optional_member(json, "sender"))
        out.sender = address(text(*sender));
    else
        out.sender = address_of(PrivateKey{hash(member(json, "secretKey"))});
    return out;
}

std::vector<StatePost> posts(dom::element test, std::uint64_t chain_id, bool with_states) {
    std::vector<StatePost> out;
    for (const auto& [fork, list] : object(member(test, "post"))) {
        const bool runs = fork_of_suite(fork).has_value();
        std::size_t index = 0;
        for (const dom::element entry : array(list)) {
            StatePost post;
            post.index = index++;
            post.fork = fork;
            if (runs) {
                if (const auto encoded = optional_member(entry, "txbytes"))
                    post.tx_bytes = bytes(*encoded);
                else
                    post.unsigned_tx = unsigned_transaction(member(test, "transaction"), entry, chain_id);
                post.state_root = hash(member(entry, "hash"));
                post.logs_hash = hash(member(entry, "logs"));
                if (const auto exception = optional_member(entry, "expectException")) post.exception = text(*exception);
                if (with_states)
                    if (const auto state = optional_member(entry, "state")) post.state = accounts(*state);
            }
            out.push_back(std::move(post));
        }
    }
    return out;
}

std::map<std::string, BlobSchedule> blob_schedule(dom::element config) {
    std::map<std::string, BlobSchedule> out;
    if (const auto schedule = optional_member(config, "blobSchedule"))
        for (const auto& [fork, entry] : object(*schedule))
            out[std::string(fork)] = {u64(member(entry, "target")), u64(member(entry, "max")),
                                      u64(member(entry, "baseFeeUpdateFraction"))};
    return out;
}

/// What geth's state tests have where the file has none.
constexpr u256 default_base_fee{10};

StateTest state_test(std::string_view name, dom::element element, bool with_states) {
    StateTest test;
    test.name = name;
    const dom::element env = member(element, "env");
    test.block.beneficiary = address(text(member(env, "currentCoinbase")));
    test.block.number = {u64(member(env, "currentNumber"))};
    test.block.timestamp = {u64(member(env, "currentTimestamp"))};
    test.block.gas_limit = u64(member(env, "currentGasLimit"));
    const auto base_fee = optional_member(env, "currentBaseFee");
    test.block.base_fee = base_fee ? number(*base_fee) : default_base_fee;
    if (const auto random = optional_member(env, "currentRandom")) test.block.prev_randao = hash(*random);
    if (const auto excess = optional_member(env, "currentExcessBlobGas")) test.excess_blob_gas = u64(*excess);
    if (const auto config = optional_member(element, "config")) {
        test.block.chain_id = u64(member(*config, "chainid"));
        test.blob_schedule = blob_schedule(*config);
    }
    test.pre = accounts(member(element, "pre"));
    test.posts = posts(element, test.block.chain_id, with_states);
    return test;
}

BlockTest block_test(std::string_view name, dom::element element) {
    BlockTest test;
    test.name = name;
    test.network = text(member(element, "network"));
    if (const auto config = optional_member(element, "config")) {
        test.exact_reasons = true;  // the classic suites have none
        test.chain_id = u64(member(*config, "chainid"));
        test.blob_schedule = blob_schedule(*config);
    }
    test.genesis_rlp = bytes(member(element, "genesisRLP"));
    test.pre = accounts(member(element, "pre"));
    for (const dom::element block : array(member(element, "blocks"))) {
        TestBlock& added = test.blocks.emplace_back();
        added.rlp = bytes(member(block, "rlp"));
        if (const auto exception = optional_member(block, "expectException")) added.exception = text(*exception);
    }
    test.head = hash(member(element, "lastblockhash"));
    if (const auto state = optional_member(element, "postState"))
        test.post_root = accounts(*state).root();
    else if (const auto root = optional_member(element, "postStateHash"))
        test.post_root = hash(*root);
    return test;
}

/// Whether the rules of all blocks of the network are known.
bool knows(std::string_view network) {
    const auto [before, after] = forks_of_network(network);
    return fork_of_suite(before) && fork_of_suite(after);
}

}  // namespace

std::optional<Fork> fork_of_suite(std::string_view name) {
    if (name == "Shanghai") return Fork::shanghai;
    if (name == "Cancun") return Fork::cancun;
    if (name == "Prague") return Fork::prague;
    if (name == "Osaka" || name.starts_with("BPO")) return Fork::osaka;
    return std::nullopt;
}

NetworkForks forks_of_network(std::string_view network) {
    constexpr std::string_view suffix = "AtTime15k";
    const auto to = network.find("To");
    if (!network.ends_with(suffix) || to == std::string_view::npos) return {network, network};
    return {network.substr(0, to), network.substr(to + 2, network.size() - to - 2 - suffix.size())};
}

struct FixtureReader::Impl {
    dom::parser parser;
};

FixtureReader::FixtureReader() : impl_(std::make_unique<Impl>()) {}
FixtureReader::~FixtureReader() = default;

Fixture FixtureReader::read(const std::string& path, std::string_view filter, bool with_states) {
    Fixture fixture;
    dom::element root;
    if (const auto error = impl_->parser.load(path).get(root); error != simdjson::SUCCESS) {
        fixture.error = simdjson::error_message(error);
        return fixture;
    }
    dom::object tests;
    if (root.get(tests) != simdjson::SUCCESS) {
        fixture.others = 1;
        return fixture;
    }
    try {
        for (const auto& [name, test] : tests) {
            if (name.find(filter) == std::string_view::npos) continue;
            if (const auto network = optional_member(test, "network"); network && optional_member(test, "blocks")) {
                if (knows(text(*network)))
                    fixture.block_tests.push_back(block_test(name, test));
                else
                    fixture.block_tests.emplace_back().network = text(*network);
            } else if (optional_member(test, "post") && optional_member(test, "transaction")) {
                fixture.state_tests.push_back(state_test(name, test, with_states));
            } else {
                ++(optional_member(test, "engineNewPayloads") ? fixture.engine_tests : fixture.others);
            }
        }
    } catch (const Malformed& malformed) {
        fixture.error = malformed.what;
    }
    return fixture;
}

}  // namespace talea::conformance
