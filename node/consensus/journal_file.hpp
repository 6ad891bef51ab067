#pragma once
#include <expected>
#include <memory>
#include <string>

#include "node/consensus/vote_journal.hpp"

namespace talea::node {

namespace limits {
/// A journal above this is written anew with what still binds; between, records of old blocks only take place.
inline constexpr std::uint64_t journal_file_bytes = 64 * 1024 * 1024;
}  // namespace limits

/// The vote journal in a file beside its key, held under a lock: no two processes sign with one key from one file.
class JournalFile final : public VoteJournal {
  public:
    /// Makes an empty journal, synced with its folder; refuses where there is a file. Only whoever makes the key calls
    /// it. The error is one sentence.
    [[nodiscard]] static std::expected<void, std::string> create(const std::string& path, const JournalId& id);

    /// Opens the journal that was born with the key, and cuts off a torn tail. A missing, damaged or foreign one is
    /// `lost`: it is set aside, and a new one begins with the first record that the rules of quarantine let be written.
    /// The error, one sentence, is of what no quarantine mends: the lock, or a file system that refuses.
    [[nodiscard]] static std::expected<std::unique_ptr<JournalFile>, std::string> open(
        const std::string& path, const JournalId& id, std::uint64_t rewrite_above_bytes = limits::journal_file_bytes);

    ~JournalFile() override;
    JournalFile(const JournalFile&) = delete;
    JournalFile& operator=(const JournalFile&) = delete;

    [[nodiscard]] JournalStatus status() const override { return status_; }
    [[nodiscard]] const std::vector<JournalRecord>& records() const override { return records_; }
    void append(const JournalRecord& record) override;
    void sync() override;
    void drop(vm::BlockNumber number) override;
    /// Of the file; 0 where none was begun.
    [[nodiscard]] std::uint64_t size_bytes() const { return size_; }

  private:
    JournalFile(std::string path, const JournalId& id, std::uint64_t rewrite_above_bytes)
        : path_(std::move(path)), id_(id), rewrite_above_(rewrite_above_bytes) {}
    void rewrite();
    [[noreturn]] void fail(const char* what) const;

    const std::string path_;
    const JournalId id_;
    const std::uint64_t rewrite_above_;
    JournalStatus status_ = JournalStatus::sound;
    std::vector<JournalRecord> records_;  ///< of the file, those that still bind
    int file_ = -1;                       ///< none until a lost journal is begun anew
    int lock_ = -1;
    std::uint64_t size_ = 0;
    std::uint64_t rewritten_size_ = 0;
};

}  // namespace talea::node
