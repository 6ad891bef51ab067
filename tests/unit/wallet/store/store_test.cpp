#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "keystore/key_file.hpp"
#include "wallet/store/account_store.hpp"
#include "wallet/store/address_book.hpp"
#include "wallet/store/names.hpp"
#include "wallet/store/payment_references.hpp"

using namespace talea;
namespace fs = std::filesystem;

namespace {

struct TemporaryFolder {
    fs::path path;
    TemporaryFolder() {
        std::string name = (fs::temp_directory_path() / "talea-store-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~TemporaryFolder() { fs::remove_all(path); }
};

}  // namespace

TEST_CASE("a file is replaced as a whole, is its owner's alone, and leaves nothing beside it") {
    const TemporaryFolder folder;
    const fs::path file = folder.path / "deep" / "er" / "file";
    REQUIRE(wallet::write_file_durably(file, "one"));
    REQUIRE(wallet::write_file_durably(file, "two"));
    CHECK(*wallet::read_file(file) == "two");
    struct stat status{};
    REQUIRE(stat(file.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    CHECK(std::distance(fs::directory_iterator(file.parent_path()), {}) == 1);
}

TEST_CASE("creating a file refuses to replace one, and the error names it") {
    const TemporaryFolder folder;
    REQUIRE(wallet::create_file_durably(folder.path / "key", "one"));
    const auto again = wallet::create_file_durably(folder.path / "key", "two");
    REQUIRE(!again);
    CHECK(again.error().sentence.find("key") != std::string::npos);
    CHECK(*wallet::read_file(folder.path / "key") == "one");
}

TEST_CASE("the address book survives reopening and refuses a malformed entry by its name") {
    const TemporaryFolder folder;
    const fs::path path = folder.path / "book.json";
    auto book = wallet::AddressBook::open(path);
    REQUIRE(book);
    const vm::Address address = vm::low_address(0x1234);
    REQUIRE(book->put("bob", address));
    REQUIRE(book->put("carol", vm::low_address(7)));
    REQUIRE(book->remove("carol"));
    const auto reopened = wallet::AddressBook::open(path);
    REQUIRE(reopened);
    CHECK(reopened->find("bob") == address);
    CHECK(reopened->name_of(address) == "bob");
    CHECK(!reopened->find("carol"));
    std::ofstream(path) << R"({"dave": "0x12"})";
    CHECK(wallet::AddressBook::open(path).error().sentence.find("dave") != std::string::npos);
}

TEST_CASE("a reference finds the very transaction it was bound to, and only for its account") {
    const TemporaryFolder folder;
    wallet::PaymentReferences references(folder.path / "chain");
    const wallet::BoundPayment payment{
        .reference = "invoice 7/2026",
        .intent = {.from = vm::low_address(1), .to = vm::low_address(2), .value = "0", .data = {1, 2, 3}},
        .signed_tx = {9, 9},
        .tx_hash = {},
        .nonce = 4};
    REQUIRE(references.bind(payment));
    const auto found = wallet::PaymentReferences(folder.path / "chain").find(vm::low_address(1), "invoice 7/2026");
    REQUIRE(found);
    REQUIRE(found->has_value());
    CHECK((*found)->intent == payment.intent);
    CHECK((*found)->signed_tx == payment.signed_tx);
    CHECK((*found)->nonce == 4);
    CHECK(!references.find(vm::low_address(1), "invoice 8/2026")->has_value());
    CHECK(!references.find(vm::low_address(3), "invoice 7/2026")->has_value());
}

TEST_CASE("a damaged reference is an error, not an absent one: a payment could be made twice") {
    const TemporaryFolder folder;
    wallet::PaymentReferences references(folder.path);
    REQUIRE(references.bind({.reference = "r",
                             .intent = {.from = {}, .to = {}, .value = "0", .data = {}},
                             .signed_tx = {},
                             .tx_hash = {}}));
    for (const auto& entry : fs::directory_iterator(folder.path)) std::ofstream(entry.path()) << "{";
    CHECK(!references.find({}, "r"));
}

TEST_CASE("key files are listed by name, found by address, and never replaced") {
    const TemporaryFolder folder;
    wallet::AccountStore store(folder.path / "keys");
    CHECK(store.list().empty());
    const vm::PrivateKey key = keystore::random_key();
    const std::string file = keystore::encrypt_key(key, "p", {.n = 2, .r = 1, .p = 1});
    REQUIRE(store.add("bob", file));
    REQUIRE(store.add("alice", keystore::encrypt_key(keystore::random_key(), "p", {.n = 2, .r = 1, .p = 1})));
    CHECK(!store.add("bob", file));
    REQUIRE(store.list().size() == 2);
    CHECK(store.list()[0].name == "alice");
    CHECK(store.find(vm::address_of(key))->name == "bob");
    CHECK(!store.find("carol"));
}

TEST_CASE("a name is a word, and a mistyped one finds what was meant") {
    CHECK(wallet::is_valid_name("treasury-2"));
    for (const char* name : {"", "2alice", "-x", "a b", "a/b", "../x"}) CHECK(!wallet::is_valid_name(name));
    const std::vector<std::string> known{"alice", "bob", "transfer", "treasury"};
    CHECK(wallet::nearest("alcie", known) == "alice");
    CHECK(wallet::nearest("Trasfer", known) == "transfer");
    CHECK(wallet::nearest("xyz", known).empty());
}
