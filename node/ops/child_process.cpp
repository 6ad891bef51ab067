#include "node/ops/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace talea::node {
namespace {

/// After fork, before the program: only calls that are safe there.
[[noreturn]] void become(char* const* arguments, int log, pid_t parent) {
    // SIGKILL and not SIGTERM: it also ends one that is stopped, and a node may be killed at any moment.
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != parent) ::_exit(127);
    ::setpgid(0, 0);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    const int nothing = ::open("/dev/null", O_RDONLY);
    if (nothing < 0 || ::dup2(nothing, STDIN_FILENO) < 0 || ::dup2(log, STDOUT_FILENO) < 0 ||
        ::dup2(log, STDERR_FILENO) < 0)
        ::_exit(127);
    ::execv(arguments[0], arguments);
    ::_exit(127);
}

}  // namespace

std::expected<ChildProcess, std::string> ChildProcess::start(const std::vector<std::string>& command,
                                                             const std::string& log_file) {
    const int log = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log < 0) return std::unexpected(fmt::format("'{}' cannot be written: {}", log_file, std::strerror(errno)));
    std::vector<char*> arguments;
    for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));  // execv's old signature
    arguments.push_back(nullptr);
    const auto parent = ::getpid();
    const auto pid = ::fork();
    if (pid == 0) become(arguments.data(), log, parent);
    const int error = errno;
    ::close(log);
    if (pid < 0) return std::unexpected(fmt::format("no process can be started: {}", std::strerror(error)));
    return ChildProcess(pid);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), end_(std::move(other.end_)) {}

ChildProcess::~ChildProcess() {
    if (pid_ < 0 || end()) return;
    kill();
    ::waitpid(pid_, nullptr, 0);
}

const std::optional<std::string>& ChildProcess::end() {
    int status = 0;
    if (end_ || ::waitpid(pid_, &status, WNOHANG) != pid_) return end_;
    if (WIFSIGNALED(status))
        end_ = fmt::format("signal {}, {}", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
    else
        end_ = fmt::format("exit code {}", WEXITSTATUS(status));
    return end_;
}

void ChildProcess::ask_to_end() const {
    if (end_) return;
    ::kill(pid_, SIGTERM);
    ::kill(pid_, SIGCONT);
}

void ChildProcess::kill() const {
    if (!end_) ::kill(pid_, SIGKILL);
}

std::string own_program() {
    std::array<char, 4096> path{};
    const auto size = ::readlink("/proc/self/exe", path.data(), path.size());
    return size > 0 ? std::string(path.data(), static_cast<std::size_t>(size)) : "talead";
}

}  // namespace talea::node
