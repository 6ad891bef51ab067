#include <fmt/format.h>

#include "vm/crypto/address.hpp"
#include "wallet/commands/permission_roles.hpp"
#include "wallet/commands/program.hpp"
#include "wallet/commands/report.hpp"
#include "wallet/moment.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/history.hpp"
#include "wallet/session/terminal.hpp"

namespace talea::wallet {
namespace {

constexpr const char* registry = "IPermissions";

/// IPermissions.Change.
enum class Change : std::uint8_t { none, grant, revoke, set_threshold };

struct Given {
    std::string change, subject, expires = "7d";
    std::vector<std::string> roles;
    std::uint64_t id = 0;
    bool all = false;
};

/// A change of Permissions that several ADMINs decide, as `propose` takes it.
struct Proposed {
    Change change = Change::none;
    vm::Address account;  ///< zero for set_threshold
    std::uint64_t roles = 0;
    std::uint64_t threshold = 0;  ///< of set_threshold
};

std::string describe(const Session& session, const Proposed& proposed) {
    const std::string roles = permission_role_names(proposed.roles);
    switch (proposed.change) {
        case Change::none:
            break;
        case Change::grant:
            return fmt::format("grant {} to {}", roles, session.describe(proposed.account));
        case Change::revoke:
            return fmt::format("revoke {} from {}", roles, session.describe(proposed.account));
        case Change::set_threshold:
            return fmt::format("ask {} administrators for a change of who holds {}", proposed.threshold, roles);
    }
    return "an unknown change";
}

Result<Proposed> understand(const Session& session, const Given& given) {
    Proposed proposed;
    const auto roles = parse_permission_roles(given.roles);
    if (!roles) return std::unexpected(roles.error());
    proposed.roles = *roles;
    if (given.change == "threshold") {
        proposed.change = Change::set_threshold;
        const auto threshold = vm::u256_from_decimal(given.subject);
        if (!threshold || !threshold->fits_u64() || threshold->low_u64() > 255)
            return fail(Exit::usage, "\"" + given.subject + "\" is no number of administrators; 1 to 16 are");
        proposed.threshold = threshold->low_u64();
        return proposed;
    }
    if (given.change != "grant" && given.change != "revoke")
        return fail(Exit::usage, "\"" + given.change + "\" is no change; grant, revoke and threshold are");
    proposed.change = given.change == "grant" ? Change::grant : Change::revoke;
    const auto account = session.resolve(given.subject);
    if (!account) return std::unexpected(account.error());
    proposed.account = *account;
    return proposed;
}

/// By a span from now or at a moment.
Result<std::uint64_t> parse_expiry(Session& session, const std::string& text) {
    if (const auto moment = parse_moment(text)) return *moment;
    const auto span = parse_span(text);
    if (!span)
        return fail(Exit::usage, "\"" + text + "\" is neither a span (24h, 7d) nor a moment (2026-11-23T20:59:59Z)");
    const auto now = pending_time(session);
    if (!now) return std::unexpected(now.error());
    return *now + *span;
}

Result<void> propose(Session& session, const Given& given) {
    const auto proposed = understand(session, given);
    if (!proposed) return std::unexpected(proposed.error());
    const auto expiry = parse_expiry(session, given.expires);
    if (!expiry) return std::unexpected(expiry.error());
    const abi::Value arguments[] = {abi::number(static_cast<std::uint64_t>(proposed->change)),
                                    abi::address(proposed->account), abi::number(proposed->roles),
                                    abi::number(proposed->threshold), abi::number(*expiry)};
    const auto outcome = carry_out(
        session, {.title = "propose to " + describe(session, *proposed) + ", open until " + format_moment(*expiry),
                  .to = permissions_address,
                  .data = encode_call(registry, "propose", arguments),
                  .value = {}});
    if (!outcome) return std::unexpected(outcome.error());
    if (!*outcome) return {};
    const auto event = find_event((*outcome)->receipt, registry, "Proposed");
    if (!event) return fail(Exit::refused, "the node's receipt names no proposal");
    const std::uint64_t id = (*event)["proposalId"].word.low_u64();
    const bool executed = find_event((*outcome)->receipt, registry, "Executed").has_value();
    say(fmt::format("the proposal's number is {}{}", id, executed ? "; one approval sufficed: it is in force" : ""));
    session.note("proposal", id);
    session.note("executed", executed);
    if (!session.settings().json) print(std::to_string(id));
    return {};
}

/// A proposal of the registry, read.
struct Stored {
    std::uint64_t state = 0;
    Proposed proposed;
    vm::Address proposer;
    std::uint64_t expiry = 0;
    std::vector<vm::Address> approvers;
};

Result<Stored> read_proposal(Session& session, std::uint64_t id) {
    const auto answer = read_contract(session, permissions_address, registry, "proposal", {abi::number(id)});
    if (!answer) return std::unexpected(answer.error());
    const auto& fields = answer->front().items;
    Stored stored{.state = fields[0].word.low_u64(),
                  .proposed = {.change = static_cast<Change>(fields[1].word.low_u64()),
                               .account = vm::to_address(fields[2].word),
                               .roles = fields[3].word.low_u64(),
                               .threshold = fields[4].word.low_u64()},
                  .proposer = vm::to_address(fields[5].word),
                  .expiry = fields[6].word.low_u64(),
                  .approvers = {}};
    for (const abi::Value& approver : fields[7].items) stored.approvers.push_back(vm::to_address(approver.word));
    return stored;
}

/// approve, cancel: the title says what the proposal would change.
Result<void> decide(Session& session, std::uint64_t id, bool approves) {
    const auto stored = read_proposal(session, id);
    if (!stored) return std::unexpected(stored.error());
    const abi::Value arguments[] = {abi::number(id)};
    const auto outcome =
        carry_out(session, {.title = fmt::format("{} proposal {}{}", approves ? "approve" : "cancel", id,
                                                 stored->state == 0 ? "" : ": " + describe(session, stored->proposed)),
                            .to = permissions_address,
                            .data = encode_call(registry, approves ? "approve" : "cancel", arguments),
                            .value = {}});
    if (!outcome) return std::unexpected(outcome.error());
    if (!*outcome || !approves) return {};
    const bool executed = find_event((*outcome)->receipt, registry, "Executed").has_value();
    say(executed ? "enough administrators agree: it is in force" : "it waits for further approvals");
    session.note("executed", executed);
    return {};
}

/// How many administrators must agree to a change, as of now.
Result<std::uint64_t> needed(Session& session, const Proposed& proposed) {
    std::uint64_t most = 1;
    const std::uint64_t admin_bit = 1;
    const std::uint64_t asked = proposed.roles | (proposed.change == Change::set_threshold ? admin_bit : 0);
    for (const PermissionRole& role : permission_roles()) {
        if ((asked & role.bit) == 0) continue;
        const auto threshold = read_word(session, permissions_address, registry, "threshold", {abi::number(role.bit)});
        if (!threshold) return std::unexpected(threshold.error());
        most = std::max(most, threshold->low_u64());
    }
    return most;
}

/// Approvals that count: of those who hold ADMIN now.
Result<std::uint64_t> counted(Session& session, const Stored& stored) {
    std::uint64_t count = 0;
    for (const vm::Address& approver : stored.approvers) {
        const auto roles = read_word(session, permissions_address, registry, "rolesOf", {abi::address(approver)});
        if (!roles) return std::unexpected(roles.error());
        count += roles->low_u64() & 1;
    }
    return count;
}

Result<void> list(Session& session, bool all) {
    Report report;
    const auto admins = read_word(session, permissions_address, registry, "adminCount");
    if (!admins) return std::unexpected(admins.error());
    report.add("administrators", vm::to_decimal(*admins));
    std::string thresholds;
    for (const PermissionRole& role : permission_roles()) {
        const auto threshold = read_word(session, permissions_address, registry, "threshold", {abi::number(role.bit)});
        if (!threshold) return std::unexpected(threshold.error());
        thresholds += fmt::format("{}{} {}", thresholds.empty() ? "" : ", ", role.name, vm::to_decimal(*threshold));
    }
    report.add("thresholds", thresholds);
    const auto count = read_word(session, permissions_address, registry, "proposalCount");
    if (!count) return std::unexpected(count.error());
    const auto now = pending_time(session);
    if (!now) return std::unexpected(now.error());
    Table table("proposals",
                {{"id", Table::Align::right}, {"state"}, {"change"}, {"approvals"}, {"expiry"}, {"approvedBy"}});
    for (std::uint64_t id = 1; id <= count->low_u64(); ++id) {
        const auto stored = read_proposal(session, id);
        if (!stored) return std::unexpected(stored.error());
        constexpr const char* states[] = {"none", "open", "executed", "cancelled"};
        const bool expired = stored->state == 1 && stored->expiry < *now;
        if (!all && (stored->state != 1 || expired)) continue;
        const auto asked = needed(session, stored->proposed);
        if (!asked) return std::unexpected(asked.error());
        const auto approvals = counted(session, *stored);
        if (!approvals) return std::unexpected(approvals.error());
        std::string approvers;
        for (const vm::Address& approver : stored->approvers)
            approvers += (approvers.empty() ? "" : ", ") + session.describe(approver);
        table.add({std::to_string(id), expired ? "expired" : states[std::min<std::uint64_t>(stored->state, 3)],
                   describe(session, stored->proposed), fmt::format("{} of {}", *approvals, *asked),
                   format_moment(stored->expiry), approvers});
    }
    report.print(session, table);
    return {};
}

}  // namespace

void add_admin_commands(Program& program) {
    CLI::App& group = program.group("admin", "Changes of who may use the chain that several administrators decide");
    static Given given;

    CLI::App& proposed =
        program.add(group, "propose", "Propose a change and approve it, as ADMIN",
                    "talea admin propose revoke carol ADMIN --expires 3d --account alice",
                    "Changes:\n"
                    "  grant ACCOUNT ROLE...       give an account roles\n"
                    "  revoke ACCOUNT ROLE...      take roles away\n"
                    "  threshold NUMBER ROLE...    how many administrators must agree to a change of who holds a role\n"
                    "Roles: ADMIN, NETWORK, REGISTRAR_ADMIN, TRANSACT, DEPLOY. Where one approval suffices, it is in "
                    "force at once.");
    proposed.add_option("change", given.change, "grant, revoke or threshold")->required();
    proposed.add_option("subject", given.subject, "The account, or the number of administrators")->required();
    proposed.add_option("roles", given.roles, "The roles")->required();
    proposed.add_option("--expires", given.expires, "Last moment for approvals, or a span, at most 30d")
        ->capture_default_str();
    program.signs(proposed);
    program.run(proposed, [](Session& session) { return propose(session, given); });

    for (const bool approves : {true, false}) {
        CLI::App& command = program.add(
            group, approves ? "approve" : "cancel",
            approves ? "Approve a proposal, as ADMIN; the last approval needed puts it in force"
                     : "Take a proposal back, as its proposer",
            std::string("talea admin ") + (approves ? "approve 1 --account bob" : "cancel 1 --account alice"));
        command.add_option("proposal", given.id, "The proposal's number")->required();
        program.signs(command);
        program.run(command, [approves](Session& session) { return decide(session, given.id, approves); });
    }

    CLI::App& listed = program.add(group, "list", "Show thresholds and open proposals", "talea admin list --all");
    listed.add_flag("--all", given.all, "Executed, cancelled and expired proposals too");
    program.tabulates(listed);
    program.run(listed, [](Session& session) { return list(session, given.all); });
}

}  // namespace talea::wallet
