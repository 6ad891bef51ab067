#include <CLI/CLI.hpp>
#include <cstdlib>
#include <functional>
#include <iostream>

#include "contracts/runner/commands.hpp"
#include "wallet/commands/program.hpp"
#include "wallet/store/names.hpp"

namespace {

using namespace talea;

/// Lists of commands show the first line of each description; a command's own help shows all of it.
class HelpFormatter : public CLI::Formatter {
  public:
    HelpFormatter() { column_width(34); }
    std::string make_subcommand(const CLI::App* command) const override {
        const std::string description = command->get_description();
        std::ostringstream line;
        CLI::detail::format_help(line, command->get_display_name(true), description.substr(0, description.find('\n')),
                                 get_column_width());
        return line.str();
    }
};

void add_settings(CLI::App& app, wallet::Settings& settings) {
    const char* home = std::getenv("HOME");
    settings.home = std::filesystem::path(home != nullptr ? home : ".") / ".talea";
    app.add_option("--rpc", settings.rpc, "The node")->envname("TALEA_RPC")->capture_default_str();
    app.add_option("--jwt-secret", settings.jwt_secret_file, "File of the secret that the node wants tokens made with")
        ->envname("TALEA_JWT_SECRET");
    app.add_option("--ca", settings.ca_file, "Certificates (PEM) to judge an https node by; default: the system's")
        ->envname("TALEA_CA");
    app.add_option("--home", settings.home, "Folder of keys, address book and references")
        ->envname("TALEA_HOME")
        ->capture_default_str();
    app.add_option("--account,-a", settings.account, "Who signs, by name or address")->envname("TALEA_ACCOUNT");
    app.add_option("--password-file", settings.password_file, "File whose first line is the password")
        ->envname("TALEA_PASSWORD_FILE");
    app.add_option("--password-fd", settings.password_fd, "File descriptor to read the password from");
    app.add_option("--signer", settings.signer,
                   "Command that signs: gets the transaction on stdin, prints it signed in hex");
    app.add_option("--chain-id", settings.chain_id, "Refuse a node of another chain");
    app.add_option("--timeout", settings.timeout, "Seconds to wait for an answer and for finality")->default_str("30");
    app.add_flag("--json", settings.json, "Print one JSON object on stdout");
}

/// The deepest command that was named.
const CLI::App& deepest(const CLI::App& app) {
    const auto named = app.get_subcommands();
    return named.empty() ? app : deepest(*named.front());
}

/// A word that is no command: what was probably meant.
std::string suggestion(const CLI::App& app) {
    const CLI::App& at = deepest(app);
    std::vector<std::string> known;
    for (const CLI::App* command : at.get_subcommands([](const CLI::App*) { return true; }))
        known.push_back(command->get_name());
    for (const std::string& word : app.remaining(true)) {
        const std::string meant = wallet::nearest(word, known);
        if (!meant.empty()) return "\"" + word + "\" is no command here; did you mean \"" + meant + "\"?";
        if (!known.empty() && !word.starts_with("-")) return "\"" + word + "\" is no command here";
    }
    return {};
}

int run(int argc, char** argv) {
    CLI::App app(
        "Talea's wallet: moves tokenised treasuries and the money around them, and says before you sign whether you "
        "will be refused and why\n\n"
        "Example: talea transfer TFUND bob 100 --account alice --ref INV-2026-7\n\n"
        "Names of the address book work wherever an address does. Amounts are decimal in the token's units.\n"
        "Exit codes: 0 done, 1 refused or reverted, 2 wrong usage, 3 node not reachable, 4 what became of it is not "
        "known.");
    app.formatter(std::make_shared<HelpFormatter>());
    app.set_version_flag("--version", "talea " TALEA_VERSION);
    app.require_subcommand(1);
    app.fallthrough();
    wallet::Settings settings;
    std::function<int()> chosen;
    add_settings(app, settings);
    wallet::Program program{app, settings, chosen};
    wallet::add_transfer_commands(program);
    wallet::add_token_commands(program);
    wallet::add_cash_commands(program);
    wallet::add_fund_commands(program);
    wallet::add_settle_commands(program);
    wallet::add_collateral_commands(program);
    wallet::add_price_commands(program);
    wallet::add_holder_commands(program);
    wallet::add_policy_commands(program);
    wallet::add_calendar_commands(program);
    wallet::add_permission_commands(program);
    wallet::add_admin_commands(program);
    wallet::add_validator_commands(program);
    wallet::add_custody_commands(program);
    wallet::add_distribution_commands(program);
    wallet::add_account_commands(program);
    wallet::add_book_commands(program);
    wallet::add_raw_commands(program);
    runner::add_commands(app, chosen);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
        const std::string meant = suggestion(app);
        std::string words = "talea";
        for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
            at = at->get_subcommands().front();
            words += ' ' + at->get_name();
        }
        std::cerr << "talea: " << (meant.empty() ? std::string(error.what()) : meant) << "; see `" << words
                  << " --help`\n";
        return static_cast<int>(wallet::Exit::usage);
    }
    return chosen();
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::cerr << "talea: " << error.what() << '\n';
        return static_cast<int>(wallet::Exit::usage);
    }
}
