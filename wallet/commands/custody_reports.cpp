#include "wallet/commands/custody_reports.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "vm/base/hex.hpp"
#include "wallet/amount.hpp"
#include "wallet/commands/report.hpp"
#include "wallet/moment.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/history.hpp"

namespace talea::wallet {
namespace {

struct Given {
    std::string account, token, when = "latest", from;
};

/// Units of an account that are not free, by kind.
Result<std::vector<std::string>> encumbered(Session& session, const TokenTerms& token, const vm::Address& account,
                                            const std::string& block) {
    std::vector<std::string> cells;
    for (const char* view : {"getFrozenTokens", "lockedOf", "pledgedOf", "freeOf"}) {
        const auto units = read_word(session, token.address, "RestrictedToken", view, {abi::address(account)}, block);
        if (!units) return std::unexpected(units.error());
        cells.push_back(format_amount(*units, token.decimals));
    }
    return cells;
}

/// Whose units stand in which custody account: every holder of the cap table that is one, with the one identity whose
/// wallet it is. Units of two identities never mix, since a wallet belongs to one.
Result<void> segregation(Session& session, const Given& given) {
    const auto token = find_token(session, given.token);
    if (!token) return std::unexpected(token.error());
    const auto block = find_block(session, given.when);
    if (!block) return std::unexpected(block.error());
    const auto holdings = read_holdings(session, token->address, block->tag());
    if (!holdings) return std::unexpected(holdings.error());
    const auto supply = read_word(session, token->address, "RestrictedToken", "totalSupply", {}, block->tag());
    if (!supply) return std::unexpected(supply.error());
    Table table("accounts", {{"account"},
                             {"identity"},
                             {"keys"},
                             {"units", Table::Align::right},
                             {"frozen", Table::Align::right},
                             {"locked", Table::Align::right},
                             {"pledged", Table::Align::right},
                             {"free", Table::Align::right}});
    vm::u256 total;
    std::set<vm::u256> identities;
    for (const Holding& holding : *holdings) {
        const auto threshold = read_word(session, holding.account, "CustodyAccount", "threshold", {}, block->tag());
        if (!threshold && threshold.error().exit == Exit::unreachable) return std::unexpected(threshold.error());
        if (!threshold) continue;  // no custody account
        const auto signers = read_contract(session, holding.account, "CustodyAccount", "signers", {}, block->tag());
        if (!signers) return std::unexpected(signers.error());
        const auto identity = read_word(session, identities_address, "IIdentities", "identityOf",
                                        {abi::address(holding.account)}, block->tag());
        if (!identity) return std::unexpected(identity.error());
        const auto parts = encumbered(session, *token, holding.account, block->tag());
        if (!parts) return std::unexpected(parts.error());
        total = total + holding.balance;
        identities.insert(*identity);
        table.add({session.describe(holding.account), vm::to_hex(vm::to_hash(*identity)),
                   fmt::format("{} of {}", vm::to_decimal(*threshold), signers->front().items.size()),
                   format_amount(holding.balance, token->decimals), (*parts)[0], (*parts)[1], (*parts)[2],
                   (*parts)[3]});
    }
    Report report;
    report.add("token", token->symbol);
    report.add("block", std::to_string(block->number));
    report.add("time", format_moment(block->time));
    report.add("supply", format_amount(*supply, token->decimals));
    report.add("inCustody", format_amount(total, token->decimals));
    report.add("identities", std::to_string(identities.size()));
    report.print(session, table);
    return {};
}

/// An account's movements of a token between two blocks, with the balances they lead from and to, which must agree.
Result<void> statement(Session& session, const Given& given) {
    const auto account = session.resolve(given.account);
    if (!account) return std::unexpected(account.error());
    const auto token = find_token(session, given.token);
    if (!token) return std::unexpected(token.error());
    const auto from = find_block(session, given.from.empty() ? "0x0" : given.from);
    if (!from) return std::unexpected(from.error());
    const auto until = find_block(session, given.when);
    if (!until) return std::unexpected(until.error());
    if (from->number > until->number) return fail(Exit::usage, "--from is after --until");
    const auto balance_at = [&](const BlockPoint& block) -> Result<vm::u256> {
        const auto holdings = read_holdings(session, token->address, block.tag());
        if (!holdings) return std::unexpected(holdings.error());
        const auto found = std::ranges::find(*holdings, *account, &Holding::account);
        return found == holdings->end() ? vm::u256{} : found->balance;
    };
    const auto opening = balance_at(*from);
    if (!opening) return std::unexpected(opening.error());
    const auto closing = balance_at(*until);
    if (!closing) return std::unexpected(closing.error());
    const auto transfers = read_events(session, token->address, "RestrictedToken", {"Transfer"}, until->tag());
    if (!transfers) return std::unexpected(transfers.error());
    Table table("movements", {{"time"},
                              {"block", Table::Align::right},
                              {"in", Table::Align::right},
                              {"out", Table::Align::right},
                              {"balance", Table::Align::right},
                              {"counterparty"},
                              {"transactionHash"}});
    vm::u256 running = *opening, in, out;
    for (const Emitted& transfer : *transfers) {
        const vm::Address sender = vm::to_address(transfer["from"].word),
                          receiver = vm::to_address(transfer["to"].word);
        if (transfer.block_number <= from->number || (sender == *account) == (receiver == *account)) continue;
        const vm::u256 amount = transfer["value"].word;
        const bool received = receiver == *account;
        running = received ? running + amount : running - amount;
        (received ? in : out) = (received ? in : out) + amount;
        const vm::Address& other = received ? sender : receiver;
        const auto block = read_block(session, transfer.block_number);
        if (!block) return std::unexpected(block.error());
        const std::string units = format_amount(amount, token->decimals);
        table.add({format_moment(block->time), std::to_string(transfer.block_number), received ? units : "",
                   received ? "" : units, format_amount(running, token->decimals),
                   !other.is_zero() ? session.describe(other)
                   : received       ? "issued"
                                    : "ended",
                   transfer.tx_hash});
    }
    if (running != *closing) {
        return fail(Exit::refused,
                    fmt::format("the movements lead to {}, the register shows {}: the node's index or its state is "
                                "damaged; let `talead replay` check it",
                                format_amount(running, token->decimals), format_amount(*closing, token->decimals)));
    }
    Report report;
    report.add("account", session.describe(*account));
    report.add("token", token->symbol);
    report.add("from", fmt::format("{} (block {})", format_moment(from->time), from->number));
    report.add("until", fmt::format("{} (block {})", format_moment(until->time), until->number));
    report.add("opening", format_amount(*opening, token->decimals));
    report.add("in", format_amount(in, token->decimals));
    report.add("out", format_amount(out, token->decimals));
    report.add("closing", format_amount(*closing, token->decimals));
    report.print(session, table);
    return {};
}

}  // namespace

void add_custody_report_commands(Program& program, CLI::App& group) {
    static Given given;
    CLI::App& apart = program.add(group, "segregation", "Whose units of a token stand in which custody account",
                                  "talea custody segregation TFUND --at 2026-11-30T22:00:00Z --csv");
    apart.add_option("token", given.token, "The token")->required();
    apart.add_option("--at", given.when, "Block number, or the moment of a record date")->capture_default_str();
    program.tabulates(apart);
    program.run(apart, [](Session& session) { return segregation(session, given); });

    CLI::App& stated =
        program.add(group, "statement", "An account's movements of a token, from balance to balance",
                    "talea custody statement vault TFUND --from 2026-10-31T22:00:00Z --until 2026-11-30T22:00:00Z");
    stated.add_option("custody", given.account, "The account, by name or address")->required();
    stated.add_option("token", given.token, "The token")->required();
    stated.add_option("--from", given.from, "After this block or moment (default: from the beginning)");
    stated.add_option("--until", given.when, "Up to this block or moment")->capture_default_str();
    program.tabulates(stated);
    program.run(stated, [](Session& session) { return statement(session, given); });
}

}  // namespace talea::wallet
