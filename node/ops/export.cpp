#include "node/ops/export.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "node/chain/checkpoints.hpp"
#include "node/chain/genesis_record.hpp"
#include "node/ops/failure.hpp"
#include "node/storage/database.hpp"
#include "node/sync/chain_export.hpp"

namespace talea::node {

ExitCode export_chain(const Directory& directory) {
    const auto genesis = load_genesis(directory);
    if (!genesis) return fail(genesis.error());
    const auto database = Database::open(directory.database(), genesis_record(*genesis), database_that_exists());
    if (!database) return fail(describe(directory, database.error()));
    const ChainReader blocks((*database)->store());
    if (const auto first = blocks.first_whole(); first.value > 0) return fail(describe(directory, not_whole(first)));
    fmt::print("{}", export_genesis(*genesis));
    for (const auto& checkpoint : stored_checkpoints(blocks)) fmt::print("{}", export_checkpoint(checkpoint));
    for (vm::BlockNumber number{1}; number <= (*database)->head(); number = next(number)) {
        const auto header = blocks.header(number);
        const auto certificate = blocks.certificate(number);
        if (!header || !certificate) return fail(fmt::format("block {} is not stored whole", number.value));
        fmt::print("{}", export_block(*header, *certificate, blocks.transactions(number)));
    }
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) return fail("the export could not be written");
    return ExitCode::done;
}

}  // namespace talea::node
