#include <fmt/format.h>

#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"
#include "wallet/commands/program.hpp"
#include "wallet/session/terminal.hpp"
#include "wallet/store/names.hpp"

namespace talea::wallet {
namespace {

Result<void> add(Session& session, const std::string& name, const std::string& address) {
    if (!is_valid_name(name)) {
        return fail(
            Exit::usage,
            "\"" + name + "\" cannot be a name: up to 64 letters, digits, '-', '_' and '.', a letter first, can");
    }
    const auto resolved = session.resolve(address);
    if (!resolved) return std::unexpected(resolved.error());
    const auto before = session.book().find(name);
    if (before && *before != *resolved && !session.settings().yes) {
        return fail(Exit::usage, "\"" + name + "\" is " + vm::to_checksum_hex(*before) + " already; --yes replaces it");
    }
    if (const auto put = session.book().put(name, *resolved); !put) return fail(Exit::usage, put.error().sentence);
    session.note(name, vm::to_checksum_hex(*resolved));
    say(name + " is " + vm::to_checksum_hex(*resolved));
    return {};
}

Result<void> remove(Session& session, const std::string& name) {
    if (!session.book().find(name))
        return fail(Exit::usage, "the address book has no \"" + name + "\"; `talea book list` shows the names");
    if (const auto removed = session.book().remove(name); !removed) return fail(Exit::usage, removed.error().sentence);
    session.note("removed", name);
    say("removed " + name);
    return {};
}

Result<void> list(Session& session) {
    Json all = Json::object();
    for (const auto& [name, address] : session.book().entries()) {
        all[name] = vm::to_checksum_hex(address);
        if (!session.settings().json) print(fmt::format("{:<20} {}", name, vm::to_checksum_hex(address)));
    }
    if (session.settings().json) print(all.dump());
    return {};
}

}  // namespace

void add_book_commands(Program& program) {
    CLI::App& group = program.group("book", "Names for addresses");
    static std::string name, address;

    CLI::App& added =
        program.add(group, "add", "Name an address", "talea book add bob 0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
    added.add_option("name", name, "The name")->required();
    added.add_option("address", address, "The address")->required();
    added.add_flag("--yes,-y", program.settings.yes, "Replace an entry of that name");
    program.run(added, [](Session& session) { return add(session, name, address); });

    CLI::App& shown = program.add(group, "list", "Show all names", "talea book list");
    program.run(shown, list);

    CLI::App& removed = program.add(group, "remove", "Forget a name", "talea book remove bob");
    removed.add_option("name", name, "The name")->required();
    program.run(removed, [](Session& session) { return remove(session, name); });
}

}  // namespace talea::wallet
