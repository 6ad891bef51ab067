#pragma once
#include <expected>
#include <string>
#include <string_view>

#include "node/consensus/recovery.hpp"

namespace talea::node {

/// A recovery checkpoint on its way between the holders of recovery keys, in JSON that a person reads before signing:
/// genesis, number, hash, instance, validators, signatures.
struct CheckpointFile {
    vm::Hash genesis_hash;
    Checkpoint checkpoint;
};
[[nodiscard]] std::string write_checkpoint_file(const CheckpointFile& file);
/// Strict; the error is one sentence. Signatures are not judged.
[[nodiscard]] std::expected<CheckpointFile, std::string> parse_checkpoint_file(std::string_view json);

}  // namespace talea::node
