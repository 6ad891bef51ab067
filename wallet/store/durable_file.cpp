#include "wallet/store/durable_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

namespace talea::wallet {
namespace {

namespace fs = std::filesystem;

FileError failed(std::string_view what, const fs::path& path) {
    return {std::string(what) + " " + path.string() + ": " + std::strerror(errno)};
}

/// A descriptor that is closed at the end of its scope.
struct Descriptor {
    int value;
    explicit Descriptor(int descriptor) : value(descriptor) {}
    ~Descriptor() {
        if (value >= 0) ::close(value);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
};

std::expected<void, FileError> make_folder(const fs::path& folder) {
    if (folder.empty() || fs::is_directory(folder)) return {};
    if (auto made = make_folder(folder.parent_path()); !made) return made;
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        return std::unexpected(failed("cannot make the folder", folder));
    return {};
}

std::expected<void, FileError> write_and_sync(const fs::path& path, std::string_view content) {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (file.value < 0) return std::unexpected(failed("cannot write", path));
    while (!content.empty()) {
        const ssize_t written = ::write(file.value, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return std::unexpected(failed("cannot write", path));
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(file.value) != 0) return std::unexpected(failed("cannot sync", path));
    return {};
}

std::expected<void, FileError> sync_folder(const fs::path& folder) {
    const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.value < 0 || ::fsync(opened.value) != 0)
        return std::unexpected(failed("cannot sync the folder", folder));
    return {};
}

fs::path folder_of(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// Writes beside `path`, then calls `place` (rename or link) to put it there.
template <class Place>
std::expected<void, FileError> write_then(const fs::path& path, std::string_view content, Place place) {
    if (auto made = make_folder(path.parent_path()); !made) return made;
    const fs::path beside = path.string() + ".new-" + std::to_string(::getpid());
    auto written = write_and_sync(beside, content);
    if (written && place(beside.c_str(), path.c_str()) != 0)
        written = std::unexpected(failed("cannot put in place", path));
    ::unlink(beside.c_str());  // a link leaves it; after a rename there is none
    if (!written) return written;
    return sync_folder(folder_of(path));
}

}  // namespace

std::expected<std::string, FileError> read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::unexpected(failed("cannot read", path));
    std::ostringstream content;
    content << file.rdbuf();
    if (file.bad()) return std::unexpected(failed("cannot read", path));
    return std::move(content).str();
}

std::expected<void, FileError> write_file_durably(const fs::path& path, std::string_view content) {
    return write_then(path, content, ::rename);
}

std::expected<void, FileError> create_file_durably(const fs::path& path, std::string_view content) {
    return write_then(path, content, ::link);  // unlike rename, fails where something is there
}

std::expected<FolderLock, FileError> FolderLock::acquire(const fs::path& folder) {
    if (auto made = make_folder(folder); !made) return std::unexpected(made.error());
    const fs::path path = folder / ".lock";
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return std::unexpected(failed("cannot open", path));
    while (::flock(descriptor, LOCK_EX) != 0) {
        if (errno == EINTR) continue;
        auto error = failed("cannot lock", path);
        ::close(descriptor);
        return std::unexpected(std::move(error));
    }
    return FolderLock(descriptor);
}

FolderLock::FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FolderLock::~FolderLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace talea::wallet
