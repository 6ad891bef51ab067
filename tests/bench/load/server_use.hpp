#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace talea::load {

/// Processor time that a process used so far.
struct ProcessorTime {
    double seconds = 0;
    std::map<std::string, double> by_thread;  ///< threads of one name together; those that ended are not among them
};
/// From /proc. Stops the program where there is no such process.
[[nodiscard]] ProcessorTime processor_time(pid_t pid);
/// Anonymous memory in use (RssAnon of /proc/PID/status), in KiB.
[[nodiscard]] std::uint64_t anonymous_kib(pid_t pid);

/// Watches the anonymous memory of processes, once a second, from its making to its end.
class MemoryWatch {
  public:
    explicit MemoryWatch(std::vector<pid_t> pids);
    ~MemoryWatch();
    MemoryWatch(const MemoryWatch&) = delete;
    MemoryWatch& operator=(const MemoryWatch&) = delete;

    /// One list a process, a value a second.
    [[nodiscard]] std::vector<std::vector<std::uint64_t>> kib() const;

  private:
    const std::vector<pid_t> pids_;
    mutable std::mutex mutex_;
    std::vector<std::vector<std::uint64_t>> kib_;
    std::jthread thread_;
};

}  // namespace talea::load
