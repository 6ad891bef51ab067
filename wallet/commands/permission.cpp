#include <fmt/format.h>

#include "vm/base/hex.hpp"
#include "wallet/commands/permission_roles.hpp"
#include "wallet/commands/program.hpp"
#include "wallet/moment.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/history.hpp"
#include "wallet/session/terminal.hpp"

namespace talea::wallet {
namespace {

Result<void> change(Session& session, const std::string& account, const std::vector<std::string>& names, bool granted) {
    const auto address = session.resolve(account);
    if (!address) return std::unexpected(address.error());
    const auto mask = parse_permission_roles(names);
    if (!mask) return std::unexpected(mask.error());
    return carry_out(session,
                     fmt::format("{} {} {} {}", granted ? "grant" : "revoke", permission_role_names(*mask),
                                 granted ? "to" : "from", session.describe(*address)),
                     permissions_address, "IPermissions", granted ? "grantRoles" : "revokeRoles",
                     {abi::address(*address), abi::number(*mask)});
}

Result<void> show(Session& session, const std::string& account) {
    const auto address = session.resolve(account);
    if (!address) return std::unexpected(address.error());
    const auto mask = read_contract(session, permissions_address, "IPermissions", "rolesOf", {abi::address(*address)});
    if (!mask) return std::unexpected(mask.error());
    const auto mode = read_contract(session, permissions_address, "IPermissions", "mode");
    if (!mode) return std::unexpected(mode.error());
    const bool open = mode->front().word.is_zero();
    const std::string names = permission_role_names(mask->front().word.low_u64());
    if (session.settings().json) {
        print(Json{{"account", session.describe(*address)}, {"roles", names}, {"mode", open ? "open" : "enforced"}}
                  .dump());
    } else {
        print(fmt::format("{}: {}{}", session.describe(*address), names,
                          open ? " (the chain is open: everybody may transact and deploy)" : ""));
    }
    return {};
}

Result<void> change_registrar(Session& session, const std::string& account, bool added) {
    const auto address = session.resolve(account);
    if (!address) return std::unexpected(address.error());
    return carry_out(
        session, fmt::format("{} {} as a registrar", added ? "name" : "remove", session.describe(*address)),
        identities_address, "IIdentities", added ? "addRegistrar" : "removeRegistrar", {abi::address(*address)});
}

Result<void> show_clock(Session& session) {
    const auto seconds = pending_time(session);
    if (!seconds) return std::unexpected(seconds.error());
    print(session.settings().json ? Json{{"time", format_moment(*seconds)}, {"seconds", *seconds}}.dump()
                                  : format_moment(*seconds));
    return {};
}

/// By a span ("24h") or to a moment.
Result<void> advance_clock(Session& session, const std::string& how_far) {
    auto forward = parse_span(how_far);
    if (!forward) {
        const auto target = parse_moment(how_far);
        if (!target)
            return fail(Exit::usage,
                        "\"" + how_far + "\" is neither a span (90s, 24h, 3d) nor a moment (2026-11-23T20:59:59Z)");
        const auto now = pending_time(session);
        if (!now) return std::unexpected(now.error());
        if (*target <= *now)
            return fail(Exit::usage, "the chain clock shows " + format_moment(*now) + " already; it only goes forward");
        forward = *target - *now;
    }
    const auto outcome =
        carry_out(session, {.title = fmt::format("advance the chain clock by {} seconds", *forward),
                            .to = permissions_address,
                            .data = encode_call("IPermissions", "advanceClock", std::vector{abi::number(*forward)}),
                            .value = {}});
    if (!outcome) return std::unexpected(outcome.error());
    // The block that holds the call has the time of before.
    return *outcome ? wait_for_block_after(session, (*outcome)->block_number) : Result<void>();
}

}  // namespace

void add_permission_commands(Program& program) {
    CLI::App& group = program.group("permission", "Who may use the chain, and how");
    static std::string account, how_far;
    static std::vector<std::string> names;
    for (const bool granted : {true, false}) {
        CLI::App& command = program.add(
            group, granted ? "grant" : "revoke",
            granted ? "Give an account roles, as ADMIN" : "Take roles away, as ADMIN",
            std::string("talea permission ") + (granted ? "grant" : "revoke") + " alice TRANSACT --account admin",
            "Roles: ADMIN, NETWORK, REGISTRAR_ADMIN, TRANSACT, DEPLOY.");
        command.add_option("account", account, "Whose")->required();
        command.add_option("roles", names, "The roles")->required();
        program.signs(command);
        program.run(command, [granted](Session& session) { return change(session, account, names, granted); });
    }
    CLI::App& shown = program.add(group, "show", "Show an account's roles", "talea permission show alice");
    shown.add_option("account", account, "Whose")->required();
    program.run(shown, [](Session& session) { return show(session, account); });
    for (const bool added : {true, false}) {
        CLI::App& command = program.add(
            group, added ? "add-registrar" : "remove-registrar",
            added ? "Name an account that registers holders, as REGISTRAR_ADMIN"
                  : "Remove a registrar; what it registered stays",
            std::string("talea permission ") + (added ? "add" : "remove") + "-registrar registrar --account admin");
        command.add_option("account", account, "The registrar")->required();
        program.signs(command);
        program.run(command, [added](Session& session) { return change_registrar(session, account, added); });
    }

    CLI::App& clock = program.group("clock", "The chain clock");
    CLI::App& time = program.add(clock, "show", "Show the chain clock", "talea clock show");
    program.run(time, show_clock);
    CLI::App& advanced = program.add(clock, "advance", "Advance the clock of a test network, as NETWORK",
                                     "talea clock advance 24h --account admin",
                                     "By a span (90s, 30m, 24h, 3d) or to a moment (2026-11-23T20:59:59Z).");
    advanced.add_option("by", how_far, "How far, or until when")->required();
    program.signs(advanced);
    program.run(advanced, [](Session& session) { return advance_clock(session, how_far); });
}

}  // namespace talea::wallet
