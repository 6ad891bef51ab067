#include "node/ops/init.hpp"

#include <fmt/format.h>

#include "node/chain/clock.hpp"
#include "node/chain/genesis_record.hpp"
#include "node/ops/ceremony.hpp"
#include "node/ops/directory.hpp"
#include "node/ops/failure.hpp"
#include "node/ops/files.hpp"
#include "node/ops/genesis_source.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"

namespace talea::node {

ExitCode init_chain(const InitOptions& options) {
    auto text = read_text_file(options.source);
    if (!text) return fail(text.error());
    if (!options.ceremony.empty()) {
        const auto files = read_public_files(options.ceremony);
        if (!files) return fail(files.error());
        text = with_public_files(*text, *files);
        if (!text) return fail(fmt::format("{}: {}", options.source, text.error()));
    }
    const auto parsed = parse_genesis_source(*text, utc_now());
    if (!parsed) return fail(fmt::format("{}: {}", options.source, parsed.error()));
    const auto resolved = resolve_genesis(*parsed);
    if (!resolved) return fail(fmt::format("{}: {}", options.source, resolved.error()));
    const auto json = vm::write_genesis(resolved->genesis);
    if (options.dir.empty()) {
        fmt::print("{}", json);
    } else {
        const Directory directory{options.dir};
        if (file_exists(directory.genesis_file())) return fail(fmt::format("'{}' has a chain already", options.dir));
        if (auto made = make_folder(options.dir); !made) return fail(made.error());
        if (auto written = write_text_file(directory.genesis_file(), json); !written) return fail(written.error());
        fmt::print(stderr, "wrote {}\n", directory.genesis_file());
    }
    fmt::print(stderr, "genesis hash {}\n", vm::to_hex(genesis_record(resolved->genesis).hash));
    for (const auto& [name, address] : resolved->deployed)
        fmt::print(stderr, "{} at {}\n", name, vm::to_checksum_hex(address));
    return ExitCode::done;
}

}  // namespace talea::node
