#pragma once
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

namespace talea::wallet {

/// A failed file operation: one sentence that names the file and the system's reason.
struct FileError {
    std::string sentence;
};

/// The whole file.
[[nodiscard]] std::expected<std::string, FileError> read_file(const std::filesystem::path& path);

/// Replaces the file as one step that a crash cannot halve: writes beside it with mode 0600, syncs, renames, syncs the
/// folder. When it returns, the content is on the disk. Missing folders are made with mode 0700.
[[nodiscard]] std::expected<void, FileError> write_file_durably(const std::filesystem::path& path,
                                                                std::string_view content);

/// The same, but refuses to replace a file that is there.
[[nodiscard]] std::expected<void, FileError> create_file_durably(const std::filesystem::path& path,
                                                                 std::string_view content);

/// One process at a time may change what is in `folder`: waits for the lock, which ends with the object.
class FolderLock {
  public:
    [[nodiscard]] static std::expected<FolderLock, FileError> acquire(const std::filesystem::path& folder);
    FolderLock(FolderLock&& other) noexcept;
    FolderLock& operator=(FolderLock&&) = delete;
    ~FolderLock();

  private:
    explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

}  // namespace talea::wallet
