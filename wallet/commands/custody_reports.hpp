#pragma once
#include "wallet/commands/program.hpp"

namespace talea::wallet {

/// custody segregation, custody statement.
void add_custody_report_commands(Program& program, CLI::App& group);

}  // namespace talea::wallet
