// The program talea: what a desk, an agent or a contract author does from a shell.
#include <CLI/CLI.hpp>
#include <functional>

#include "contracts/runner/commands.hpp"

int main(int argc, char** argv) {
    CLI::App program("Talea: tokenised treasuries from a shell", "talea");
    program.require_subcommand(1);
    // Each command is declared in a file of its own, and says here what parsing chose.
    std::function<int()> chosen;
    talea::runner::add_commands(program, chosen);
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? 0 : 2;
    }
    return chosen();
}
