#include <fmt/format.h>

#include "keystore/key_file.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"
#include "wallet/commands/program.hpp"
#include "wallet/session/signing.hpp"
#include "wallet/session/terminal.hpp"
#include "wallet/store/names.hpp"

namespace talea::wallet {
namespace {

Result<void> check_new_name(Session& session, const std::string& name) {
    if (!is_valid_name(name)) {
        return fail(
            Exit::usage,
            "\"" + name + "\" cannot be a name: up to 64 letters, digits, '-', '_' and '.', a letter first, can");
    }
    if (session.accounts().find(name))
        return fail(Exit::usage, "there is an account \"" + name + "\" already; choose another name");
    return {};
}

Result<void> store(Session& session, const std::string& name, const std::string& key_file, std::string_view done) {
    const auto account = session.accounts().add(name, key_file);
    if (!account) return fail(Exit::usage, account.error().sentence);
    const std::string address = vm::to_checksum_hex(account->address);
    say(fmt::format("{} {} in {}", done, name, account->path.string()));
    print(session.settings().json ? Json{{"name", name}, {"address", address}, {"file", account->path.string()}}.dump()
                                  : address);
    return {};
}

/// What geth calls light: 4 MiB and some hundredths of a second.
constexpr keystore::ScryptCost light_cost{.n = 4096, .r = 8, .p = 6};

Result<void> create(Session& session, const std::string& name, bool light) {
    if (auto fine = check_new_name(session, name); !fine) return fine;
    const auto password = read_password(session.settings(), "new password: ", true);
    if (!password) return std::unexpected(password.error());
    return store(session, name,
                 keystore::encrypt_key(keystore::random_key(), *password, light ? light_cost : keystore::ScryptCost{}),
                 "made account");
}

/// A key file, which keeps its password, or 32 bytes of private key in hex.
Result<void> import_key(Session& session, const std::string& name, const std::string& path) {
    if (auto fine = check_new_name(session, name); !fine) return fine;
    auto content = read_file(path);
    if (!content) return fail(Exit::usage, content.error().sentence);
    content->erase(content->find_last_not_of(" \r\n\t") + 1);
    if (const auto secret = vm::hash_from_hex(*content)) {
        const vm::PrivateKey key{*secret};
        if (!is_valid(key)) return fail(Exit::usage, path + " holds 32 bytes that are no private key");
        const auto password = read_password(session.settings(), "new password: ", true);
        if (!password) return std::unexpected(password.error());
        return store(session, name, keystore::encrypt_key(key, *password), "imported");
    }
    const auto password = read_password(session.settings(), "password of the key file: ");
    if (!password) return std::unexpected(password.error());
    const auto key = keystore::decrypt_key(*content, *password);
    if (!key) return fail(Exit::usage, "cannot import " + path + ": " + std::string(to_string(key.error())));
    return store(session, name, keystore::encrypt_key(*key, *password), "imported");
}

Result<void> export_key(Session& session, const std::string& name, const std::string& path, bool plain) {
    const auto account = session.accounts().find(name);
    if (!account) return fail(Exit::usage, "there is no account \"" + name + "\"; `talea account list` shows them");
    std::string content;
    if (plain) {
        const auto key = unlock(session, account->address);
        if (!key) return std::unexpected(key.error());
        content = vm::to_hex(key->secret) + "\n";
    } else {
        auto file = read_file(account->path);
        if (!file) return fail(Exit::usage, file.error().sentence);
        content = std::move(*file);
    }
    if (const auto written = create_file_durably(path, content); !written)
        return fail(Exit::usage, written.error().sentence);
    session.note("file", path);
    say((plain ? "wrote the private key, unprotected, of " : "wrote the key file of ") + name + " to " + path);
    return {};
}

Result<void> list(Session& session) {
    Json all = Json::array();
    for (const auto& account : session.accounts().list()) {
        const std::string address = vm::to_checksum_hex(account.address);
        all.push_back({{"name", account.name}, {"address", address}});
        if (!session.settings().json) print(fmt::format("{:<20} {}", account.name, address));
    }
    if (session.settings().json) print(Json::object({{"accounts", all}}).dump());
    if (all.empty()) say("no accounts yet; make one with `talea account new NAME`");
    return {};
}

}  // namespace

void add_account_commands(Program& program) {
    CLI::App& group = program.group("account", "Keys: make, list, import, export");
    static std::string name, file;
    static bool plain = false, light = false;

    CLI::App& make =
        program.add(group, "new", "Make a key, kept under a password", "talea account new alice",
                    "The key file is Web3 Secret Storage version 3, as Ethereum's tools read and write it.");
    make.add_option("name", name, "What you call it")->required();
    make.add_flag("--light", light, "Make guessing the password cheaper, and opening the key fast: for test networks");
    program.run(make, [](Session& session) { return create(session, name, light); });

    CLI::App& shown = program.add(group, "list", "Show names and addresses", "talea account list");
    program.run(shown, list);

    CLI::App& imported = program.add(group, "import", "Take over a key file, or a private key in hex",
                                     "talea account import bob key.json");
    imported.add_option("name", name, "What you call it")->required();
    imported.add_option("file", file, "Key file, or file with 64 hex digits")->required();
    program.run(imported, [](Session& session) { return import_key(session, name, file); });

    CLI::App& exported =
        program.add(group, "export", "Write an account's key file elsewhere", "talea account export bob backup.json");
    exported.add_option("name", name, "The account")->required();
    exported.add_option("file", file, "New file")->required();
    exported.add_flag("--private-key", plain, "Write the bare private key instead, which anyone can use");
    program.run(exported, [](Session& session) { return export_key(session, name, file, plain); });
}

}  // namespace talea::wallet
