#pragma once
#include <string>
#include <string_view>

#include "node/consensus/step.hpp"

/// What the trace calls things.
namespace talea::sim {

/// The first four bytes, as everybody reads hashes.
[[nodiscard]] std::string short_hash(const vm::Hash& hash);
/// "COMMIT 12/0 8a3f01c2".
[[nodiscard]] std::string describe(const node::Message& message);
/// "ENTER 12/1".
[[nodiscard]] std::string describe(const node::JournalRecord& record);
/// Its enumerator in words; also a mark of coverage.
[[nodiscard]] std::string_view name(node::NoticeKind kind);

}  // namespace talea::sim
