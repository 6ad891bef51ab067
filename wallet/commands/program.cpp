#include "wallet/commands/program.hpp"

#include "vm/base/hex.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/terminal.hpp"

namespace talea::wallet {

CLI::App& Program::add(CLI::App& parent, const std::string& name, const std::string& summary,
                       const std::string& example, const std::string& more) {
    CLI::App& command =
        *parent.add_subcommand(name, summary + "\n\nExample: " + example + (more.empty() ? "" : "\n\n" + more));
    command.footer("Options of all commands (--account, --rpc, --json and others) are told by `talea --help`.");
    return command;
}

CLI::App& Program::group(const std::string& name, const std::string& summary) {
    CLI::App& group = *app.add_subcommand(name, summary);
    group.require_subcommand(1);
    return group;
}

void Program::run(CLI::App& command, std::function<Result<void>(Session&)> body) {
    command.callback([this, body = std::move(body)] {
        chosen = [&given = settings, body] {
            auto session = Session::open(given);
            const Result<void> result = session ? body(*session) : std::unexpected(session.error());
            Json report = session ? session->report(result.has_value()) : Json::object();
            if (result) {
                if (given.json && !report.empty()) print(report.dump());
                return static_cast<int>(Exit::done);
            }
            const Failure& failure = result.error();
            if (given.json) {
                report["error"] = failure.sentence;
                report["exit"] = static_cast<int>(failure.exit);
                report["details"] = failure.details;
                print(report.dump());
            }
            say(coloured(Colour::red, "talea:") + " " + failure.sentence);
            return static_cast<int>(failure.exit);
        };
    });
}

void Program::signs(CLI::App& command) {
    command.add_option("--ref", settings.reference,
                       "Your reference: the same payment under the same reference is made once, also after a crash");
    command.add_option("--unsigned", settings.unsigned_file, "Write the transaction to this file and sign nothing");
    command.add_option("--gas", settings.gas, "Gas limit, in place of the node's estimate");
    command.add_flag("--yes,-y", settings.yes, "Do not ask before signing");
    command.add_flag("--dry-run", settings.dry_run, "Preview only");
    command.add_flag("--force", settings.force, "Send although the preview refuses");
}

void Program::tabulates(CLI::App& command) {
    command.add_flag("--csv", settings.csv, "Print the table as CSV");
}

Result<std::optional<Outcome>> carry_out(Session& session, const Order& order) {
    auto outcome = submit(session, order);
    if (!outcome || !*outcome) return outcome;
    const Outcome& done = **outcome;
    if (done.repeated) {
        say(coloured(Colour::green, "done before:") + " this reference was paid in block " +
            std::to_string(done.block_number) + ", transaction " + vm::to_hex(done.tx_hash) + "; nothing was sent");
    } else {
        say(coloured(Colour::green, "done:") + " final in " + std::to_string(done.milliseconds) + " ms, block " +
            std::to_string(done.block_number) + ", transaction " + vm::to_hex(done.tx_hash));
    }
    session.add_outcome(to_json(done));
    return outcome;
}

Result<void> carry_out(Session& session, std::string title, const vm::Address& to, std::string_view contract,
                       std::string_view function, std::vector<abi::Value> arguments) {
    const auto outcome = carry_out(
        session,
        {.title = std::move(title), .to = to, .data = encode_call(contract, function, arguments), .value = {}});
    if (!outcome) return std::unexpected(outcome.error());
    return {};
}

}  // namespace talea::wallet
