#include "conformance/runner/classic.hpp"
#include "vm/base/hex.hpp"
#include "vm/chain/block.hpp"
#include "vm/chain/transaction.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/rlp/decode.hpp"
#include "vm/rlp/encode.hpp"
#include "vm/trie/node.hpp"

namespace talea::conformance {
namespace {

using vm::Bytes;
using vm::u256;

void expect(Recorder& recorder, const std::string& name, bool holds) {
    recorder.add(name, no_fork, 0, holds ? Outcome{} : failed("the value"));
}

vm::PrivateKey key_of(const Json& test) {
    return {*vm::hash_from_hex(test.at("key").get<std::string>())};
}

void run_hex_prefix(const Json& tests, Recorder& recorder) {
    for (const auto& [name, test] : tests.items()) {
        const auto nibbles = test.at("seq").get<Bytes>();
        const Bytes expected = *vm::from_hex(test.at("out").get<std::string>());
        expect(recorder, "hexencodetest " + name, vm::hex_prefix(nibbles, test.at("term").get<bool>()) == expected);
    }
}

void run_key_addresses(const Json& tests, Recorder& recorder) {
    for (const Json& test : tests) {
        const vm::PrivateKey key = key_of(test);
        const vm::Address address = *vm::address_from_hex(test.at("addr").get<std::string>());
        const auto seed = test.at("seed").get<std::string>();
        // Its signatures "of the empty string" are of no digest that we found (keccak and sha256 of nothing, of its
        // RLP, of their digests; zeros), so keys and addresses are what is checked.
        expect(recorder, "keyaddrtest " + seed,
               vm::keccak256(bytes_of(seed)) == key.secret && address_of(key) == address);
    }
}

/// The fields of a signed legacy transaction with nothing where the signature is.
Bytes without_signature(const Bytes& encoded) {
    Bytes out;
    vm::rlp::List list(out);
    auto fields = *vm::rlp::Reader{encoded}.list();
    for (int i = 0; i < 6; ++i) vm::append(out, fields.item()->encoded);
    for (int i = 0; i < 3; ++i) vm::rlp::encode(out, vm::BytesView{});
    list.close();
    return out;
}

void run_transactions(const Json& tests, Recorder& recorder) {
    for (const Json& test : tests) {
        const auto hex = [&](const char* field) { return *vm::from_hex(test.at(field).get<std::string>()); };
        const Bytes encoded = hex("signed"), to = hex("to");
        vm::Transaction tx;
        tx.nonce = test.at("nonce").get<std::uint64_t>();
        tx.max_fee_per_gas = tx.max_priority_fee_per_gas = exact_number(test.at("gasprice"));
        tx.gas_limit = test.at("startgas").get<std::uint64_t>();
        if (!to.empty()) tx.to = *vm::address_from_hex(test.at("to").get<std::string>());
        tx.value = exact_number(test.at("value"));
        tx.data = hex("data");
        const auto decoded = vm::decode_transaction(encoded);
        if (decoded) tx.signature = decoded->signature;
        // One of the signatures has a high s, so it is the curve that is asked for the signer and not EIP-2.
        expect(recorder, "txtest nonce " + std::to_string(tx.nonce) + (to.empty() ? " creating" : ""),
               decoded && *decoded == tx && encode_transaction(tx) == encoded &&
                   without_signature(encoded) == hex("unsigned") &&
                   vm::recover_address(signing_hash(tx), tx.signature) == address_of(key_of(test)));
    }
}

void run_genesis(const Json& test, Recorder& recorder) {
    const Bytes encoded = *vm::from_hex(test.at("genesis_rlp_hex").get<std::string>());
    const auto block = vm::decode_block(encoded);
    expect(recorder, "genesishashestest rlp", block && encode_block(*block) == encoded);
    if (!block) return;
    expect(recorder, "genesishashestest state root",
           block->header.state_root == *vm::hash_from_hex(test.at("genesis_state_root").get<std::string>()));
    expect(recorder, "genesishashestest hash",
           header_hash(block->header) == *vm::hash_from_hex(test.at("genesis_hash").get<std::string>()));
}

}  // namespace

void run_basic_tests(const Json& tests, const std::string& name, Recorder& recorder) {
    const auto leave_out = [&](const char* what, const char* why) { recorder.leave_out(tests.size(), what, why); };
    if (name == "hexencodetest.json") return run_hex_prefix(tests, recorder);
    if (name == "keyaddrtest.json") return run_key_addresses(tests, recorder);
    if (name == "txtest.json") return run_transactions(tests, recorder);
    if (name == "genesishashestest.json") return run_genesis(tests, recorder);
    if (name.starts_with("difficulty"))
        leave_out("BasicTests/difficulty*.json", "the difficulty of proof of work: no rule of the machine after Paris");
    else if (name == "crypto.json")
        leave_out("BasicTests/crypto.json", "ciphers of devp2p's handshake, which Talea's network does not have");
    else if (name == "blockgenesistest.json")
        leave_out("BasicTests/blockgenesistest.json", "headers of a format from before the first public chain");
    else
        leave_out("BasicTests, other files", "a kind that is not known here");
}

}  // namespace talea::conformance
