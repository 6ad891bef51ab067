#pragma once
#include <vector>

#include "node/consensus/step.hpp"

namespace talea::node {

/// Where a driver keeps the vote journal: a file (journal_file.hpp), or what a simulator makes of a disk. One writer.
class VoteJournal {
  public:
    virtual ~VoteJournal() = default;
    /// Whether what was found when it was opened can be trusted.
    [[nodiscard]] virtual JournalStatus status() const = 0;
    /// What it holds, at least all that was not dropped.
    [[nodiscard]] virtual const std::vector<JournalRecord>& records() const = 0;
    /// Appended in order; durable with the next sync.
    virtual void append(const JournalRecord& record) = 0;
    /// Returns when all that was appended is durable. A failure ends the process: nothing after it was promised.
    virtual void sync() = 0;
    /// Records of blocks up to `number` may go.
    virtual void drop(vm::BlockNumber number) = 0;
};

}  // namespace talea::node
