#include "node/ops/export_file.hpp"

#include <doctest/doctest.h>

#include <sstream>

#include "node/sync/chain_export.hpp"
#include "unit/node/genesis.hpp"
#include "unit/node/keys.hpp"
#include "vm/base/hex.hpp"

namespace talea::tests {
namespace {

const vm::PrivateKey validator = key(1);

vm::Transaction make_transaction() {
    vm::Transaction tx;
    tx.type = vm::TxType::dynamic_fee;
    tx.chain_id = 77;
    tx.gas_limit = 21'000;
    tx.to = vm::low_address(0xb0b);
    vm::sign_transaction(tx, validator);
    return tx;
}

/// What reading all of `text` ends with; empty where nothing is wrong.
std::string fault_of(const std::string& text) {
    std::istringstream file(text);
    node::ExportReader reader(file);
    const auto begun = reader.begin();
    if (!begun) return begun.error();
    while (true) {
        const auto block = reader.next();
        if (!block) return block.error();
        if (!*block) return {};
    }
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("an export is read as it was written: genesis, checkpoints, blocks") {
    const vm::Genesis genesis = resolve(open_chain(validator));
    node::Checkpoint checkpoint;
    checkpoint.number = {1};
    checkpoint.instance = 1;
    checkpoint.validators = {vm::address_of(validator)};
    vm::Header header;
    header.number = {1};
    header.extra_data = vm::Bytes(32, 7);
    const vm::Bytes certificate{1, 2, 3};
    const std::vector transactions{make_transaction(), make_transaction()};
    std::istringstream file(node::export_genesis(genesis) + node::export_checkpoint(checkpoint) +
                            node::export_block(header, certificate, transactions) +
                            node::export_block(header, certificate, {}));
    node::ExportReader reader(file);
    const auto begun = reader.begin();
    REQUIRE_MESSAGE(begun.has_value(), (begun ? "" : begun.error()));
    CHECK(begun->genesis == genesis);
    REQUIRE(begun->checkpoints.size() == 1);
    CHECK(begun->checkpoints[0] == checkpoint);
    const auto first = reader.next();
    REQUIRE((first && *first));
    CHECK((*first)->header == vm::encode_header(header));
    CHECK((*first)->certificate == certificate);
    CHECK((*first)->transactions == transactions);
    const auto second = reader.next();
    REQUIRE((second && *second));
    CHECK((*second)->transactions.empty());
    const auto end = reader.next();
    REQUIRE(end.has_value());
    CHECK_FALSE(end->has_value());
}

TEST_CASE("an export with a line that is none of its kinds is refused by that line") {
    const std::string genesis = node::export_genesis(resolve(open_chain(validator)));
    const std::string block = R"({"header": "0x00", "certificate": "0x", "transactions": []})";
    CHECK(fault_of(genesis + block + "\n").empty());
    CHECK(fault_of(genesis).empty());
    CHECK(contains(fault_of(""), "is empty"));
    CHECK(contains(fault_of(block + "\n"), "line 1"));
    CHECK(contains(fault_of("{\"genesis\": {}}\n"), "line 1"));
    CHECK(contains(fault_of("not json\n"), "line 1"));
    for (const std::string_view line : {"not json", "[]", "{}", R"({"checkpoint": "0x"})", R"({"checkpoint": 7})",
                                        R"({"header": "0x00", "certificate": "0x"})",
                                        R"({"header": "0x00", "certificate": "0x", "transactions": {}})",
                                        R"({"header": "0x00", "certificate": "0x", "transactions": [], "more": 1})",
                                        R"({"header": "0x0", "certificate": "0x", "transactions": []})",
                                        R"({"header": "00", "certificate": 1, "transactions": []})",
                                        R"({"header": "0x00", "certificate": "0x", "transactions": [7]})",
                                        R"({"header": "0x00", "certificate": "0x", "transactions": ["0x00"]})"}) {
        CAPTURE(line);
        CHECK(contains(fault_of(genesis + std::string(line) + "\n"), "line 2"));
        CHECK(contains(fault_of(genesis + block + "\n" + std::string(line) + "\n"), "line 3"));
    }
}

TEST_CASE("an export whose genesis disagrees with its registries is refused") {
    vm::Genesis genesis = resolve(open_chain(validator));
    genesis.talea.upgrade_notice_blocks += 1;
    CHECK(contains(fault_of(node::export_genesis(genesis)), "line 1"));
}

}  // namespace talea::tests
