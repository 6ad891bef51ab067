#pragma once
#include <functional>

#include "sim/marks.hpp"
#include "sim/random.hpp"
#include "sim/scheduler.hpp"
#include "vm/base/bytes.hpp"

namespace talea::sim {

struct DiskOptions {
    Micros sync_min = 2 * millisecond;
    Micros sync_mean = 2 * millisecond;     ///< exponential above `sync_min`
    std::uint64_t torn_ppm = 0;             ///< a crash leaves a part of what was not synced, cut anywhere
    std::uint64_t sync_fails_ppm = 0;       ///< a sync says so, and what it was to keep is in an unknown state
    std::uint64_t full_ppm = 0;             ///< an append finds no room
    std::size_t rewrite_bytes = 24 * 1024;  ///< a journal above this is written anew when blocks are stored
    std::uint64_t damage_ppm = 0;           ///< a restart finds a byte changed that was synced long ago
    bool lies = false;                      ///< syncs answer before they have done anything, and may never do it
};

/// A file that is only appended to, as a disk keeps it: what was synced survives a crash, what was not may be gone or
/// torn. The image of what is durable can be looked at by checkers at any time.
class LogFile {
  public:
    enum class Outcome : std::uint8_t { done, failed };

    LogFile(Scheduler& scheduler, Marks& marks, Random random, const DiskOptions& options);
    LogFile(const LogFile&) = delete;
    LogFile& operator=(const LogFile&) = delete;

    /// False where the disk is full.
    [[nodiscard]] bool append(vm::BytesView bytes);
    /// Makes durable what was appended before this call. `done` is called once, later, unless the machine crashes.
    void sync(std::function<void(Outcome)> done);
    /// Another content takes the place of this one, all or nothing, durable at once (a new file renamed over it).
    void replace(vm::Bytes content);

    /// All that was appended, as the running process sees it.
    [[nodiscard]] const vm::Bytes& content() const { return content_; }
    /// How much of `content` a crash cannot take any more.
    [[nodiscard]] std::size_t durable_bytes() const { return durable_; }
    [[nodiscard]] std::uint64_t syncs() const { return syncs_; }

    /// Syncs under way never end. With the power, what was not synced is lost or torn; a process that only dies leaves
    /// what it wrote to the system.
    void crash(bool power_cut);
    /// A byte of what was durable changes, of the first `below`; false where there is none.
    bool damage(std::size_t below);
    void wipe();
    [[nodiscard]] DiskOptions& options() { return options_; }

  private:
    Scheduler& scheduler_;
    Marks& marks_;
    Random random_;
    DiskOptions options_;
    vm::Bytes content_;
    std::size_t durable_ = 0;
    Micros last_sync_ends_ = 0;
    std::uint64_t life_ = 0;        ///< raised by a crash, which voids what is under way
    std::uint64_t content_no_ = 0;  ///< raised by `replace`: an older sync says nothing of the new content
    std::uint64_t syncs_ = 0;
};

}  // namespace talea::sim
