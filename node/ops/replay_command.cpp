#include "node/ops/replay_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>

#include "node/ops/checkpoint_file.hpp"
#include "node/ops/failure.hpp"
#include "node/ops/files.hpp"
#include "node/ops/replay.hpp"
#include "vm/base/hex.hpp"

namespace talea::node {
namespace {

std::expected<std::vector<Checkpoint>, std::string> read_checkpoints(const std::vector<std::string>& paths) {
    std::vector<Checkpoint> given;
    for (const auto& path : paths) {
        const auto text = read_text_file(path);
        if (!text) return std::unexpected(text.error());
        const auto file = parse_checkpoint_file(*text);
        if (!file) return std::unexpected(fmt::format("{}: {}", path, file.error()));
        given.push_back(file->checkpoint);
    }
    return given;
}

std::expected<ReplayReport, std::string> report_of(const ReplayOptions& options, const std::vector<Checkpoint>& given,
                                                   bool shows) {
    if (!options.file.empty()) {
        std::ifstream file(options.file);
        if (!file) return std::unexpected(fmt::format("'{}' cannot be read", options.file));
        return replay_export(file, given, [&](std::uint64_t block) {
            if (shows && block % 100 == 0) fmt::print(stderr, "\rblock {}", block);
        });
    }
    const Directory directory{options.dir};
    const auto genesis = load_genesis(directory);
    if (!genesis) return std::unexpected(genesis.error());
    return replay(*genesis, directory, given, [&](std::uint64_t block, std::uint64_t of) {
        if (shows && (block % 100 == 0 || block == of)) fmt::print(stderr, "\rblock {} of {}", block, of);
    });
}

}  // namespace

ExitCode run_replay(const ReplayOptions& options) {
    const auto given = read_checkpoints(options.checkpoints);
    if (!given) return fail(given.error());
    const bool shows = ::isatty(STDERR_FILENO) == 1;
    const auto report = report_of(options, *given, shows);
    if (shows) fmt::print(stderr, "\n");
    if (!report) return fail(report.error());
    fmt::print("{} blocks with {} transactions executed again, every root holds\n", report->blocks,
               report->transactions);
    fmt::print("genesis {}\nhead {}\nstate root {}\n", vm::to_hex(report->genesis_hash), vm::to_hex(report->head_hash),
               vm::to_hex(report->state_root));
    return ExitCode::done;
}

}  // namespace talea::node
