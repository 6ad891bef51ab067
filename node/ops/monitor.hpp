#pragma once
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "node/chain/chain.hpp"
#include "node/ops/disk_watch.hpp"
#include "node/rpc/server.hpp"

namespace talea::node {

class Network;

/// What probes and scrapers ask of a node by GET: /healthz (the process answers), /readyz (its answers are those of the
/// network: 503 and the reason while they are not), /metrics (Prometheus's text format; names are for ever). Watches
/// the disk from a thread of its own and warns in the log.
class Monitor {
  public:
    /// `chain` must outlive it. `database`: the folder whose growth is watched.
    Monitor(Chain& chain, std::string database) : chain_(chain), database_(std::move(database)) {}
    ~Monitor() { stop(); }
    Monitor(const Monitor&) = delete;
    Monitor& operator=(const Monitor&) = delete;

    /// `network`, which must outlive what follows, where the node has one; before the first page is asked for.
    void start(const Network* network);
    void stop();

    /// From any thread; waits for no block.
    [[nodiscard]] std::optional<Page> page(std::string_view target) const;

  private:
    void watch_disk();
    [[nodiscard]] Page readiness() const;
    [[nodiscard]] std::string metrics() const;

    Chain& chain_;
    const std::string database_;
    const Network* network_ = nullptr;

    mutable std::mutex mutex_;
    std::condition_variable stops_;
    bool stopping_ = false;
    DiskWatch disk_;
    bool disk_is_known_ = false;
    std::thread thread_;
};

}  // namespace talea::node
