#include "node/ops/index.hpp"

#include <fmt/format.h>

#include "node/chain/genesis_record.hpp"
#include "node/ops/failure.hpp"
#include "node/storage/database.hpp"

namespace talea::node {

ExitCode rebuild_index(const Directory& directory) {
    const auto genesis = load_genesis(directory);
    if (!genesis) return fail(genesis.error());
    const auto blocks = Database::rebuild_holder_index(directory.database(), genesis_record(*genesis).hash);
    if (!blocks) return fail(describe(directory, blocks.error()));
    fmt::print("the index of token holders is built from {} blocks\n", *blocks);
    return ExitCode::done;
}

}  // namespace talea::node
