#include <fmt/format.h>

#include "vm/base/hex.hpp"
#include "vm/chain/create_address.hpp"
#include "vm/crypto/address.hpp"
#include "wallet/amount.hpp"
#include "wallet/commands/deployment.hpp"
#include "wallet/commands/program.hpp"
#include "wallet/commands/reconcile.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/history.hpp"
#include "wallet/session/terminal.hpp"

namespace talea::wallet {
namespace {

struct Terms {
    std::string kind, name, symbol, cap = "0", admin, issuer, agent, compliance, book_name;
    std::uint64_t policy = 0;
    bool counted = true, overlap = false;
};

/// Lets the token that the sender's next but one transaction will create bind itself to the policy.
Result<void> allow_next_token(Session& session, const vm::Address& from, std::uint64_t policy) {
    const auto nonce = session.ask("eth_getTransactionCount", Json::array({vm::to_hex(from), "pending"}));
    if (!nonce) return std::unexpected(nonce.error());
    const auto number = nonce->is_string() ? vm::u256_from_hex(nonce->get<std::string>()) : std::nullopt;
    if (!number) return fail(Exit::unreachable, "the node gives no nonce");
    const vm::Address token = vm::create_address(from, number->low_u64() + 1);
    return carry_out(session, fmt::format("let the token {} use policy {}", vm::to_checksum_hex(token), policy),
                     policies_address, "IPolicies", "allowToken",
                     {abi::number(policy), abi::address(token), abi::boolean(true)});
}

Result<void> deploy_token(Session& session, const Terms& terms) {
    if (terms.kind != "RestrictedToken" && terms.kind != "CashToken") {
        return fail(Exit::usage, "\"" + terms.kind + "\" is no token template; RestrictedToken and CashToken are");
    }
    if (!session.settings().reference.empty()) {
        return fail(Exit::usage,
                    "a deployment takes two transactions, so that one reference cannot stand for it; leave --ref out");
    }
    const auto from = session.signer_address();
    if (!from) return std::unexpected(from.error());
    const auto cap = parse_token_amount(terms.cap, {.address = {}, .name = {}, .symbol = terms.symbol, .decimals = 6});
    if (!cap) return std::unexpected(cap.error());
    vm::Address roles[4];
    const std::string* given[4] = {&terms.admin, &terms.issuer, &terms.agent, &terms.compliance};
    for (std::size_t i = 0; i < 4; ++i) {
        const auto account = resolve_or_zero(session, *given[i]);
        if (!account) return std::unexpected(account.error());
        roles[i] = *account;
    }
    if (roles[0].is_zero()) roles[0] = *from;
    if (terms.policy != 0) {
        const auto policy =
            read_contract(session, policies_address, "IPolicies", "policy", {abi::number(terms.policy)});
        if (!policy) return std::unexpected(policy.error());
        if (vm::to_address(policy->front().word) == *from) {
            if (const auto allowed = allow_next_token(session, *from, terms.policy); !allowed) return allowed;
        }
    }
    const abi::Value arguments[] = {abi::list(
        {abi::text(terms.name), abi::text(terms.symbol), abi::number(*cap), abi::number(terms.policy),
         abi::boolean(terms.counted), abi::boolean(terms.overlap), abi::address(roles[0]), abi::address(roles[1]),
         abi::address(roles[2]), abi::address(roles[3]), abi::address({}), abi::address({})})};
    const auto outcome = deploy(session, terms.kind, arguments, terms.book_name);
    if (!outcome) return std::unexpected(outcome.error());
    return {};
}

Result<void> info(Session& session, const std::string& name, const std::string& account) {
    const auto token = find_token(session, name);
    if (!token) return std::unexpected(token.error());
    Json json = {{"address", vm::to_checksum_hex(token->address)},
                 {"name", token->name},
                 {"symbol", token->symbol},
                 {"decimals", token->decimals}};
    const auto units = [&](const char* key, const Result<vm::u256>& value) {
        if (value) json[key] = format_amount(*value, token->decimals);
    };
    const auto supply = read_word(session, token->address, "RestrictedToken", "totalSupply");
    if (!supply) return std::unexpected(supply.error());
    units("supply", supply);
    units("cap", read_word(session, token->address, "RestrictedToken", "cap"));
    units("escrowed", read_word(session, policies_address, "IPolicies", "escrowed", {abi::address(token->address)}));
    if (const auto holders =
            read_word(session, policies_address, "IPolicies", "holders", {abi::address(token->address)})) {
        json["holders"] = vm::to_decimal(*holders);
    }
    if (const auto policy = read_word(session, token->address, "RestrictedToken", "policyId"))
        json["policy"] = vm::to_decimal(*policy);
    if (const auto level = read_word(session, token->address, "RestrictedToken", "pauseLevel")) {
        constexpr const char* levels[] = {"nothing", "transfers", "everything"};
        json["paused"] = levels[std::min<std::uint64_t>(level->low_u64(), 2)];
    }
    if (!account.empty()) {
        const auto holder = session.resolve(account);
        if (!holder) return std::unexpected(holder.error());
        json["account"] = vm::to_checksum_hex(*holder);
        units("balance", read_word(session, token->address, "RestrictedToken", "balanceOf", {abi::address(*holder)}));
        units("frozen",
              read_word(session, token->address, "RestrictedToken", "getFrozenTokens", {abi::address(*holder)}));
        units("free", read_word(session, token->address, "RestrictedToken", "freeOf", {abi::address(*holder)}));
    }
    if (session.settings().json) {
        print(json.dump());
        return {};
    }
    for (const char* key : {"name", "symbol", "address", "supply", "cap", "escrowed", "holders", "policy", "paused",
                            "account", "balance", "frozen", "free"}) {
        if (json.contains(key)) print(fmt::format("{:<9} {}", key, json[key].get<std::string>()));
    }
    return {};
}

struct Movement {
    std::string token, who, other, amount, reason;
};

/// Amount, account and token that most commands of the group take.
struct Parsed {
    TokenTerms token;
    vm::Address who;
    vm::u256 amount;
};
Result<Parsed> parse(Session& session, const Movement& movement) {
    const auto token = find_token(session, movement.token);
    if (!token) return std::unexpected(token.error());
    const auto who = session.resolve(movement.who);
    if (!who) return std::unexpected(who.error());
    const auto amount = parse_token_amount(movement.amount, *token);
    if (!amount) return std::unexpected(amount.error());
    return Parsed{*token, *who, *amount};
}

Result<void> move_units(Session& session, const Movement& movement, std::string_view words, std::string_view function) {
    const auto parsed = parse(session, movement);
    if (!parsed) return std::unexpected(parsed.error());
    return carry_out(
        session,
        fmt::format(
            fmt::runtime(words),
            fmt::arg("units", format_amount(parsed->amount, parsed->token.decimals) + " " + parsed->token.symbol),
            fmt::arg("who", session.describe(parsed->who))),
        parsed->token.address, "RestrictedToken", function, {abi::address(parsed->who), abi::number(parsed->amount)});
}

Result<void> force(Session& session, const Movement& movement) {
    const auto parsed = parse(session, movement);
    if (!parsed) return std::unexpected(parsed.error());
    const auto to = session.resolve(movement.other);
    if (!to) return std::unexpected(to.error());
    return carry_out(
        session,
        fmt::format("force {} {} from {} to {}, reason {}", format_amount(parsed->amount, parsed->token.decimals),
                    parsed->token.symbol, session.describe(parsed->who), session.describe(*to), movement.reason),
        parsed->token.address, "RestrictedToken", "forcedTransfer",
        {abi::address(parsed->who), abi::address(*to), abi::number(parsed->amount),
         abi::hash(text_hash(movement.reason))});
}

/// The cap table, now or at a past block or record date.
Result<void> holders(Session& session, const std::string& name, const std::string& when) {
    const auto token = find_token(session, name);
    if (!token) return std::unexpected(token.error());
    const auto block = find_block(session, when);
    if (!block) return std::unexpected(block.error());
    const auto holdings = read_holdings(session, token->address, block->tag());
    if (!holdings) return std::unexpected(holdings.error());
    if (session.settings().json) {
        Json rows = Json::array();
        for (const Holding& holding : *holdings)
            rows.push_back({{"holder", vm::to_hex(holding.account)}, {"balance", vm::to_quantity(holding.balance)}});
        print(Json{{"token", vm::to_checksum_hex(token->address)}, {"block", block->tag()}, {"holders", rows}}.dump());
        return {};
    }
    vm::u256 total;
    for (const Holding& holding : *holdings) {
        total = total + holding.balance;
        print(fmt::format("{:>28}  {}", format_amount(holding.balance, token->decimals),
                          session.describe(holding.account)));
    }
    print(fmt::format("{:>28}  in {} accounts", format_amount(total, token->decimals), holdings->size()));
    return {};
}

/// Every movement of units, oldest first.
Result<void> history(Session& session, const std::string& name, const std::string& account) {
    const auto token = find_token(session, name);
    if (!token) return std::unexpected(token.error());
    vm::Address holder;
    if (!account.empty()) {
        const auto resolved = session.resolve(account);
        if (!resolved) return std::unexpected(resolved.error());
        holder = *resolved;
    }
    const auto transfers = read_events(session, token->address, "RestrictedToken", {"Transfer"});
    if (!transfers) return std::unexpected(transfers.error());
    Json movements = Json::array();
    for (const Emitted& transfer : *transfers) {
        const vm::Address sender = vm::to_address(transfer["from"].word),
                          receiver = vm::to_address(transfer["to"].word);
        if (!holder.is_zero() && sender != holder && receiver != holder) continue;
        const std::string units = format_amount(transfer["value"].word, token->decimals);
        movements.push_back({{"block", transfer.block_number},
                             {"from", vm::to_checksum_hex(sender)},
                             {"to", vm::to_checksum_hex(receiver)},
                             {"amount", units},
                             {"transactionHash", transfer.tx_hash}});
        if (!session.settings().json) {
            print(fmt::format("{:>8}  {:>28}  {} -> {}", transfer.block_number, units,
                              sender.is_zero() ? "issued" : session.describe(sender),
                              receiver.is_zero() ? "ended" : session.describe(receiver)));
        }
    }
    if (session.settings().json) print(Json::object({{"movements", movements}}).dump());
    return {};
}

Result<void> set_escrow(Session& session, const Movement& movement, bool admitted) {
    const auto token = find_token(session, movement.token);
    if (!token) return std::unexpected(token.error());
    const auto escrow = session.resolve(movement.who);
    if (!escrow) return std::unexpected(escrow.error());
    return carry_out(
        session,
        fmt::format("{} {} as escrow of {}", admitted ? "admit" : "dismiss", session.describe(*escrow), token->symbol),
        token->address, "RestrictedToken", "setEscrow", {abi::address(*escrow), abi::boolean(admitted)});
}

Result<void> change_role(Session& session, const Movement& movement, const std::string& role, bool granted) {
    const auto token = session.resolve(movement.token);
    if (!token) return std::unexpected(token.error());
    const auto account = session.resolve(movement.who);
    if (!account) return std::unexpected(account.error());
    return carry_out(session,
                     fmt::format("{} {} of {} {} {}", granted ? "grant" : "revoke", role, session.describe(*token),
                                 granted ? "to" : "from", session.describe(*account)),
                     *token, "RestrictedToken", granted ? "grantRole" : "revokeRole",
                     {abi::hash(role_id(role)), abi::address(*account)});
}

void add_deployment(Program& program, CLI::App& group) {
    static Terms terms;
    CLI::App& command = program.add(
        group, "deploy", "Deploy a token template",
        "talea token deploy RestrictedToken --name \"Treasury Fund\" --symbol TFUND --cap 5000000 --policy 1 --as "
        "TFUND",
        "Where the signer owns the policy, the policy first allows the token, in a transaction of its own.");
    command.add_option("template", terms.kind, "RestrictedToken or CashToken")->required();
    command.add_option("--name", terms.name, "Name, at most 31 bytes")->required();
    command.add_option("--symbol", terms.symbol, "Symbol, at most 31 bytes")->required();
    command.add_option("--cap", terms.cap, "Most units there may be")->required();
    command.add_option("--policy", terms.policy, "Policy to bind to (0: bind later)");
    command.add_option("--admin", terms.admin, "Administrator of the roles (default: the signer)");
    command.add_option("--issuer", terms.issuer, "First holder of ISSUER (of a CashToken: the minter)");
    command.add_option("--agent", terms.agent, "First holder of TRANSFER_AGENT");
    command.add_option("--compliance", terms.compliance, "First holder of COMPLIANCE");
    command.add_flag("--counted,!--uncounted", terms.counted, "Count units by identity (kinds 5 and 7 need it)");
    command.add_flag("--roles-may-overlap", terms.overlap, "One account may hold several of the three roles");
    command.add_option("--as", terms.book_name, "Name of it in the address book");
    program.signs(command);
    program.run(command, [](Session& session) { return deploy_token(session, terms); });
}

}  // namespace

void add_token_commands(Program& program) {
    CLI::App& group = program.group("token", "Restricted and cash tokens");
    static Movement movement;
    static std::string role, block = "latest";
    const auto token_option = [](CLI::App& command) {
        command.add_option("token", movement.token, "The token, by name or address")->required();
    };
    const auto units_options = [&](CLI::App& command, const char* who) {
        token_option(command);
        command.add_option("account", movement.who, who)->required();
        command.add_option("amount", movement.amount, "Decimal, in the token's units")->required();
    };
    add_deployment(program, group);

    CLI::App& shown =
        program.add(group, "info", "Show a token, and an account's units of it", "talea token info TFUND alice");
    token_option(shown);
    shown.add_option("account", movement.who, "Show this account's units too");
    program.run(shown, [](Session& session) { return info(session, movement.token, movement.who); });

    CLI::App& issued = program.add(group, "issue", "Issue units to a holder (a CashToken: mint)",
                                   "talea token issue TFUND alice 250000 --account issuer");
    units_options(issued, "Who receives");
    program.signs(issued);
    program.run(issued,
                [](Session& session) { return move_units(session, movement, "issue {units} to {who}", "issue"); });

    CLI::App& redeemed = program.add(group, "redeem", "End units that a holder allowed the issuer to take",
                                     "talea token redeem TFUND alice 100 --account issuer");
    units_options(redeemed, "Whose units");
    program.signs(redeemed);
    program.run(redeemed,
                [](Session& session) { return move_units(session, movement, "redeem {units} of {who}", "redeem"); });

    CLI::App& frozen = program.add(group, "freeze", "Freeze so many units of an account (0 frees all)",
                                   "talea token freeze TFUND alice 500 --account compliance");
    units_options(frozen, "Whose units");
    program.signs(frozen);
    program.run(frozen, [](Session& session) {
        return move_units(session, movement, "freeze {units} of {who}", "setFrozenTokens");
    });

    CLI::App& forced =
        program.add(group, "force", "Transfer units without their holder, for a stated reason",
                    "talea token force TFUND alice bob 100 --reason \"court order 7/2026\" --account agent");
    token_option(forced);
    forced.add_option("from", movement.who, "Whose units")->required();
    forced.add_option("to", movement.other, "Who receives")->required();
    forced.add_option("amount", movement.amount, "Decimal, in the token's units")->required();
    forced.add_option("--reason", movement.reason, "Text whose keccak is recorded, or 0x and 64 digits")->required();
    program.signs(forced);
    program.run(forced, [](Session& session) { return force(session, movement); });

    CLI::App& table =
        program.add(group, "holders", "The cap table, now or at a past block", "talea token holders TFUND --at 120");
    token_option(table);
    table.add_option("--at", block, "Block number, or the moment of a record date")->capture_default_str();
    program.run(table, [](Session& session) { return holders(session, movement.token, block); });

    CLI::App& past =
        program.add(group, "history", "Every movement of units, oldest first", "talea token history TFUND alice");
    token_option(past);
    past.add_option("account", movement.who, "Only this account's");
    program.run(past, [](Session& session) { return history(session, movement.token, movement.who); });

    add_reconcile_command(program, group);

    for (const bool admitted : {true, false}) {
        CLI::App& command = program.add(
            group, admitted ? "admit-escrow" : "dismiss-escrow",
            admitted ? "Let a contract (a fund) hold units in escrow" : "Withdraw an escrow's admission",
            std::string("talea token ") + (admitted ? "admit" : "dismiss") + "-escrow TFUND fund --account compliance");
        token_option(command);
        command.add_option("escrow", movement.who, "The contract")->required();
        program.signs(command);
        program.run(command, [admitted](Session& session) { return set_escrow(session, movement, admitted); });
    }
    for (const bool granted : {true, false}) {
        CLI::App& command =
            program.add(group, granted ? "grant" : "revoke",
                        granted ? "Give an account a role of a template" : "Take a role of a template away",
                        std::string("talea token ") + (granted ? "grant" : "revoke") + " TFUND ISSUER fund",
                        "Roles: ISSUER, TRANSFER_AGENT, COMPLIANCE; ATTESTOR (cash); OPERATOR (calendar); NAV_AGENT, "
                        "NAV_APPROVER (fund).");
        token_option(command);
        command.add_option("role", role, "The role's name")->required();
        command.add_option("account", movement.who, "Whose role")->required();
        program.signs(command);
        program.run(command, [granted](Session& session) { return change_role(session, movement, role, granted); });
    }
}

}  // namespace talea::wallet
