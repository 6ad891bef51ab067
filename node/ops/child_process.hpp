#pragma once
#include <sys/types.h>

#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace talea::node {

/// A program that this process started and that never outlives it: when this process ends, however it ends, the kernel
/// kills the child. For processes of one thread (the kernel watches the thread that started it).
class ChildProcess {
  public:
    /// Runs `command`, whose first word is the program's path. What it prints goes to the end of `log_file`. It is in a
    /// process group of its own, so that Ctrl-C reaches it through its parent alone.
    [[nodiscard]] static std::expected<ChildProcess, std::string> start(const std::vector<std::string>& command,
                                                                        const std::string& log_file);
    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&&) = delete;
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    /// Kills it where it still runs.
    ~ChildProcess();

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// How it ended, in words ("exit code 1", "signal 9, Killed"); nothing while it runs. Does not wait.
    [[nodiscard]] const std::optional<std::string>& end();
    /// SIGTERM, also to one that is stopped.
    void ask_to_end() const;
    void kill() const;

  private:
    explicit ChildProcess(pid_t pid) : pid_(pid) {}
    pid_t pid_;
    std::optional<std::string> end_;
};

/// The path of the program that runs.
[[nodiscard]] std::string own_program();

}  // namespace talea::node
