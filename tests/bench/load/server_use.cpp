#include "bench/load/server_use.hpp"

#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include "bench/load/stop.hpp"

namespace talea::load {
namespace {

std::string read(const std::string& path) {
    std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

/// Name and utime + stime of a stat file (proc(5)); nothing where the thread ended meanwhile.
struct Stat {
    std::string name;
    double seconds = 0;
};
std::optional<Stat> read_stat(const std::string& path) {
    const auto text = read(path);
    const auto open = text.find('('), close = text.rfind(')');
    if (open == std::string::npos || close == std::string::npos) return std::nullopt;
    Stat stat{text.substr(open + 1, close - open - 1), 0};
    std::istringstream fields(text.substr(close + 1));
    std::string field;
    double ticks = 0;
    for (int i = 3; fields >> field && i <= 15; ++i)
        if (i >= 14) ticks += std::stod(field);
    stat.seconds = ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
    return stat;
}

}  // namespace

ProcessorTime processor_time(pid_t pid) {
    const auto folder = fmt::format("/proc/{}/", pid);
    const auto all = read_stat(folder + "stat");
    if (!all) stop("there is no process {}", pid);
    ProcessorTime time{all->seconds, {}};
    std::error_code error;
    for (const auto& task : std::filesystem::directory_iterator(folder + "task", error))
        if (const auto thread = read_stat(task.path() / "stat")) time.by_thread[thread->name] += thread->seconds;
    return time;
}

std::uint64_t anonymous_kib(pid_t pid) {
    const auto text = read(fmt::format("/proc/{}/status", pid));
    constexpr std::string_view name = "RssAnon:";
    const auto at = text.find(name);
    if (at == std::string::npos) stop("there is no process {}", pid);
    return std::stoull(text.substr(at + name.size()));
}

MemoryWatch::MemoryWatch(std::vector<pid_t> pids) : pids_(std::move(pids)), kib_(pids_.size()) {
    thread_ = std::jthread([this](const std::stop_token& stopped) {
        std::condition_variable_any ended;
        std::mutex waiting;
        std::unique_lock lock(waiting);
        for (auto at = std::chrono::steady_clock::now(); !stopped.stop_requested();) {
            {
                const std::lock_guard kept(mutex_);
                for (std::size_t i = 0; i < pids_.size(); ++i) kib_[i].push_back(anonymous_kib(pids_[i]));
            }
            at += std::chrono::seconds(1);
            ended.wait_until(lock, stopped, at, [] { return false; });
        }
    });
}

MemoryWatch::~MemoryWatch() = default;

std::vector<std::vector<std::uint64_t>> MemoryWatch::kib() const {
    const std::lock_guard lock(mutex_);
    return kib_;
}

}  // namespace talea::load
