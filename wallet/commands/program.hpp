#pragma once
#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "contracts/abi/value.hpp"
#include "wallet/session/session.hpp"
#include "wallet/session/submit.hpp"

namespace talea::wallet {

/// The command line in the making: a file of this folder adds its commands to it.
struct Program {
    CLI::App& app;
    Settings& settings;
    std::function<int()>& chosen;  ///< what to run after parsing; its result is the exit code

    /// A command of `parent`. Help begins with `example` ("talea transfer …").
    CLI::App& add(CLI::App& parent, const std::string& name, const std::string& summary, const std::string& example,
                  const std::string& more = {});
    /// A word that only groups commands ("talea token").
    CLI::App& group(const std::string& name, const std::string& summary);
    /// What `command` does, given a session; a Failure is said and becomes the exit code.
    void run(CLI::App& command, std::function<Result<void>(Session&)> body);
    /// For a command that signs: --ref, --unsigned, --yes and their like.
    void signs(CLI::App& command);
    /// For a command that prints a table (commands/report.hpp): --csv.
    void tabulates(CLI::App& command);
};

void add_account_commands(Program& program);
void add_book_commands(Program& program);
void add_transfer_commands(Program& program);      // transfer, explain
void add_token_commands(Program& program);         // token …
void add_cash_commands(Program& program);          // cash …
void add_holder_commands(Program& program);        // holder …
void add_policy_commands(Program& program);        // policy …
void add_fund_commands(Program& program);          // fund …
void add_settle_commands(Program& program);        // settle …
void add_collateral_commands(Program& program);    // collateral …
void add_price_commands(Program& program);         // price …
void add_calendar_commands(Program& program);      // calendar …
void add_permission_commands(Program& program);    // permission …, clock …
void add_admin_commands(Program& program);         // admin …
void add_validator_commands(Program& program);     // validator …, node …
void add_custody_commands(Program& program);       // custody …
void add_distribution_commands(Program& program);  // distribution …
void add_raw_commands(Program& program);           // call, send, sign, tx

/// Signs and sends `order`, says how it went on stderr ("final in 12 ms, block 7 …") and keeps the outcome for --json.
/// Nothing where it ended early (--dry-run, --unsigned).
[[nodiscard]] Result<std::optional<Outcome>> carry_out(Session& session, const Order& order);
/// The same for a call of a contract that this program holds, where only success matters.
[[nodiscard]] Result<void> carry_out(Session& session, std::string title, const vm::Address& to,
                                     std::string_view contract, std::string_view function,
                                     std::vector<abi::Value> arguments);

}  // namespace talea::wallet
