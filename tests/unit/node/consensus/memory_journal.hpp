#pragma once
#include "node/consensus/vote_journal.hpp"

namespace talea::tests {

/// A journal that lives as long as its test: what one incarnation of a chain writes, the next one finds.
class MemoryJournal final : public node::VoteJournal {
  public:
    [[nodiscard]] node::JournalStatus status() const override { return node::JournalStatus::sound; }
    [[nodiscard]] const std::vector<node::JournalRecord>& records() const override { return records_; }
    void append(const node::JournalRecord& record) override { records_.push_back(record); }
    void sync() override {}
    void drop(vm::BlockNumber number) override { records_ = node::compact(records_, vm::next(number)); }

  private:
    std::vector<node::JournalRecord> records_;
};

}  // namespace talea::tests
