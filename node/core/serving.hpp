#pragma once
#include <functional>
#include <optional>
#include <vector>

#include "node/p2p/message.hpp"
#include "node/pool/pool.hpp"

/// What a node answers when others ask, within the limits of one frame (node/p2p/WIRE.md). Pure but for the reader that
/// is handed in; where that is a snapshot, from any thread.
namespace talea::node {

/// The final block of a number; nothing above the head.
using HeaderReader = std::function<std::optional<wire::CertifiedHeader>(vm::BlockNumber)>;
/// A block by its hash, final or a candidate of the current height; nothing where it is not here.
using BlockReader = std::function<std::optional<wire::EncodedBlock>(const vm::Hash&)>;

[[nodiscard]] wire::Headers answer(const wire::GetHeaders& request, const HeaderReader& read);
/// In the order asked for, as far as a frame holds; at least the first, where it is there.
[[nodiscard]] wire::Blocks answer(const wire::GetBlocks& request, const BlockReader& read);
/// Those of `hashes` that are pending, as frames.
[[nodiscard]] std::vector<wire::Transactions> answer(const std::vector<vm::Hash>& hashes, const Pool& pool);

}  // namespace talea::node
