#pragma once
#include "wallet/commands/program.hpp"

namespace talea::wallet {

/// token reconcile: whether a token's books agree after a block.
void add_reconcile_command(Program& program, CLI::App& group);

}  // namespace talea::wallet
