#pragma once
#include <cstdint>
#include <expected>
#include <functional>
#include <istream>
#include <string>

#include "node/consensus/recovery.hpp"
#include "node/ops/directory.hpp"

namespace talea::node {

struct ReplayReport {
    std::uint64_t blocks = 0, transactions = 0;
    vm::Hash genesis_hash, head_hash, state_root;
};

/// Executes every block of the directory again from genesis, in memory, and holds all against what is stored: hashes,
/// certificates, each header field and root, receipts, what each block left in the history, and at the end the latest
/// state and the holder index. Recovery checkpoints are those stored and those `given`. Takes the directory's lock. The
/// error is one sentence that names the block and what differs.
[[nodiscard]] std::expected<ReplayReport, std::string> replay(
    const vm::Genesis& genesis, const Directory& directory, const std::vector<Checkpoint>& given,
    const std::function<void(std::uint64_t block, std::uint64_t of)>& progress);

/// Executes a chain as `talead export` writes it, in memory: certificates, each header field and every root. Nothing
/// is trusted but the genesis it begins with, whose hash the caller compares. Recovery checkpoints are those of the
/// file and those `given`.
[[nodiscard]] std::expected<ReplayReport, std::string> replay_export(
    std::istream& file, const std::vector<Checkpoint>& given, const std::function<void(std::uint64_t block)>& progress);

}  // namespace talea::node
