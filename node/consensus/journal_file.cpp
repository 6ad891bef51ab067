#include "node/consensus/journal_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "node/base/stop.hpp"

namespace talea::node {
namespace {

std::string said(const std::string& path, const char* what) {
    return std::string(what) + " '" + path + "': " + std::strerror(errno);
}

bool write_all(int file, vm::BytesView bytes) {
    while (!bytes.empty()) {
        const auto count = ::write(file, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return true;
}

bool sync_folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    const auto folder = slash == std::string::npos ? std::string(".") : path.substr(0, slash + 1);
    const int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle < 0) return false;
    const bool ok = ::fsync(handle) == 0;
    ::close(handle);
    return ok;
}

std::expected<vm::Bytes, std::string> read_all(int file, const std::string& path) {
    struct stat facts{};
    if (::fstat(file, &facts) != 0) return std::unexpected(said(path, "cannot read"));
    vm::Bytes bytes(static_cast<std::size_t>(facts.st_size));
    std::size_t have = 0;
    while (have < bytes.size()) {
        const auto count = ::pread(file, bytes.data() + have, bytes.size() - have, static_cast<off_t>(have));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return std::unexpected(said(path, "cannot read"));
        if (count == 0) break;
        have += static_cast<std::size_t>(count);
    }
    bytes.resize(have);
    return bytes;
}

}  // namespace

std::expected<void, std::string> JournalFile::create(const std::string& path, const JournalId& id) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return std::unexpected(said(path, "cannot make"));
    const bool ok = write_all(file, encode_journal_header(id)) && ::fsync(file) == 0 && sync_folder_of(path);
    const auto failure = ok ? std::string() : said(path, "cannot write");
    ::close(file);
    if (!ok) return std::unexpected(failure);
    return {};
}

std::expected<std::unique_ptr<JournalFile>, std::string> JournalFile::open(const std::string& path, const JournalId& id,
                                                                           std::uint64_t rewrite_above_bytes) {
    std::unique_ptr<JournalFile> journal(new JournalFile(path, id, rewrite_above_bytes));
    // The lock is a file of its own, since the journal is replaced when it is written anew.
    const auto lock_path = path + ".lock";
    journal->lock_ = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (journal->lock_ < 0) return std::unexpected(said(lock_path, "cannot open"));
    if (::flock(journal->lock_, LOCK_EX | LOCK_NB) != 0)
        return std::unexpected("another process signs with the key of '" + path + "'");

    journal->file_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (journal->file_ < 0) {
        if (errno != ENOENT) return std::unexpected(said(path, "cannot open"));
        journal->status_ = JournalStatus::lost;
        return journal;
    }
    const auto bytes = read_all(journal->file_, path);
    if (!bytes) return std::unexpected(bytes.error());
    auto content = read_journal(*bytes);
    if (content.damage == JournalDamage::none || content.damage == JournalDamage::torn_tail) {
        if (content.id != id) content.damage = JournalDamage::foreign;
    }
    if (content.damage != JournalDamage::none && content.damage != JournalDamage::torn_tail) {
        ::close(std::exchange(journal->file_, -1));
        const auto aside = path + ".damaged";
        if (::rename(path.c_str(), aside.c_str()) != 0) return std::unexpected(said(path, "cannot set aside"));
        journal->status_ = JournalStatus::lost;
        return journal;
    }
    if (::ftruncate(journal->file_, static_cast<off_t>(content.good_bytes)) != 0 ||
        ::lseek(journal->file_, 0, SEEK_END) < 0 || ::fsync(journal->file_) != 0)
        return std::unexpected(said(path, "cannot cut the torn tail of"));
    journal->size_ = journal->rewritten_size_ = content.good_bytes;
    journal->records_ = std::move(content.records);
    return journal;
}

JournalFile::~JournalFile() {
    if (file_ >= 0) ::close(file_);
    if (lock_ >= 0) ::close(lock_);
}

void JournalFile::fail(const char* what) const {
    stop_process(ExitCode::disk_failed, said(path_, what));
}

void JournalFile::append(const JournalRecord& record) {
    records_.push_back(record);
    // Of a lost journal: it exists again from the record on that ends the quarantine, and never without it.
    if (file_ < 0) return rewrite();
    const auto frame = encode_frame(record, id_, size_);
    if (!write_all(file_, frame)) fail("cannot append to");
    size_ += frame.size();
}

void JournalFile::sync() {
    if (file_ >= 0 && ::fdatasync(file_) != 0) fail("cannot sync");
}

void JournalFile::drop(vm::BlockNumber number) {
    if (file_ < 0) return;
    records_ = compact(records_, next(number));
    // Twice what the last rewriting left at least, so that what cannot be dropped is not written again and again.
    if (size_ > rewrite_above_ && size_ >= 2 * rewritten_size_) rewrite();
}

/// The new file is whole and durable before it takes the old one's place.
void JournalFile::rewrite() {
    const auto temporary = path_ + ".new";
    const int file = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) fail("cannot write anew");
    vm::Bytes bytes = encode_journal_header(id_);
    for (const auto& record : records_) vm::append(bytes, encode_frame(record, id_, bytes.size()));
    if (!write_all(file, bytes) || ::fsync(file) != 0 || ::rename(temporary.c_str(), path_.c_str()) != 0 ||
        !sync_folder_of(path_))
        fail("cannot write anew");
    if (file_ >= 0) ::close(file_);
    file_ = file;
    size_ = rewritten_size_ = bytes.size();
}

}  // namespace talea::node
