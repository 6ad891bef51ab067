#include "conformance/basic/report.hpp"
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

constexpr std::string_view folder_name = "BasicTests";

vm::PrivateKey key_of(const Json& test) {
    return {*vm::hash_from_hex(test.at("key").get<std::string>())};
}

void run_hex_prefix(const Json& tests, Report& report) {
    for (const auto& [name, test] : tests.items()) {
        const auto nibbles = test.at("seq").get<Bytes>();
        const Bytes expected = *vm::from_hex(test.at("out").get<std::string>());
        report.expect(folder_name, "-", "hexencodetest " + name,
                      vm::hex_prefix(nibbles, test.at("term").get<bool>()) == expected);
    }
}

void run_key_addresses(const Json& tests, Report& report) {
    for (const Json& test : tests) {
        const vm::PrivateKey key = key_of(test);
        const vm::Address address = *vm::address_from_hex(test.at("addr").get<std::string>());
        const auto seed = test.at("seed").get<std::string>();
        // Its signatures "of the empty string" are of no digest that we found (keccak and sha256 of nothing, of its
        // RLP, of their digests; zeros), so keys and addresses are what is checked.
        report.expect(folder_name, "-", "keyaddrtest " + seed,
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

void run_transactions(const Json& tests, Report& report) {
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
        report.expect(folder_name, "-", "txtest nonce " + std::to_string(tx.nonce) + (to.empty() ? " creating" : ""),
                      decoded && *decoded == tx && encode_transaction(tx) == encoded &&
                          without_signature(encoded) == hex("unsigned") &&
                          vm::recover_address(signing_hash(tx), tx.signature) == address_of(key_of(test)));
    }
}

void run_genesis(const Json& test, Report& report) {
    const Bytes encoded = *vm::from_hex(test.at("genesis_rlp_hex").get<std::string>());
    const auto block = vm::decode_block(encoded);
    report.expect(folder_name, "-", "genesishashestest rlp", block && encode_block(*block) == encoded);
    if (!block) return;
    report.expect(folder_name, "-", "genesishashestest state root",
                  block->header.state_root == *vm::hash_from_hex(test.at("genesis_state_root").get<std::string>()));
    report.expect(folder_name, "-", "genesishashestest hash",
                  header_hash(block->header) == *vm::hash_from_hex(test.at("genesis_hash").get<std::string>()));
}

}  // namespace

void run_basic_tests(const std::filesystem::path& folder, Report& report) {
    run_hex_prefix(read_json(folder / "hexencodetest.json"), report);
    run_key_addresses(read_json(folder / "keyaddrtest.json"), report);
    run_transactions(read_json(folder / "txtest.json"), report);
    run_genesis(read_json(folder / "genesishashestest.json"), report);

    std::size_t difficulties = 0;
    for (const auto& file : json_files(folder))
        if (file.filename().string().starts_with("difficulty")) difficulties += read_json(file).size();
    report.leave_out(folder_name, "-", "difficulty*.json", difficulties,
                     "the difficulty of proof of work, which no chain after Paris has");
    report.leave_out(folder_name, "-", "crypto.json", read_json(folder / "crypto.json").size(),
                     "the cipher of devp2p's handshake, which Talea's network does not use");
    report.leave_out(folder_name, "-", "blockgenesistest.json", read_json(folder / "blockgenesistest.json").size(),
                     "headers of a format older than any chain");
}

}  // namespace talea::conformance
