#include "bench/load/flood.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

#include "bench/load/rpc.hpp"
#include "bench/load/stop.hpp"
#include "bench/load/token.hpp"
#include "unit/random.hpp"
#include "vm/base/hex.hpp"

namespace talea::load {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::microseconds full_pause{500};
constexpr std::uint64_t amount_max = 1'000;

/// One request: so many transfers, as text.
struct Batch {
    std::string body;
    std::vector<vm::Hash> hashes;
};

/// What was sent, until a block holds it.
class Waiting {
  public:
    explicit Waiting(std::uint64_t most) : most_(most) {}

    void sent(const std::vector<vm::Hash>& hashes) {
        while (count_.load() + hashes.size() > most_) std::this_thread::sleep_for(full_pause);
        const std::lock_guard lock(mutex_);
        const auto now = Clock::now();
        if (!first_) first_ = now;
        for (const auto& hash : hashes) since_.emplace(hash, now);
        count_ += hashes.size();
    }
    /// Of a block that is seen now. What is not ours is not counted.
    void came(const std::vector<vm::Hash>& hashes) {
        const std::lock_guard lock(mutex_);
        const auto now = Clock::now();
        for (const auto& hash : hashes) {
            const auto found = since_.find(hash);
            if (found == since_.end()) continue;
            latencies_ms_.push_back(std::chrono::duration<float, std::milli>(now - found->second).count());
            since_.erase(found);
            last_ = now;
            --count_;
        }
    }
    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] Flooded result() {
        std::ranges::sort(latencies_ms_);
        const auto took = first_ ? std::chrono::duration<double>(last_ - *first_).count() : 0;
        return {latencies_ms_.size(), 0, took, std::move(latencies_ms_)};
    }

  private:
    const std::uint64_t most_;
    std::atomic<std::uint64_t> count_{0};
    std::mutex mutex_;
    std::unordered_map<vm::Hash, Clock::time_point, vm::HashHasher> since_;
    std::vector<float> latencies_ms_;
    std::optional<Clock::time_point> first_;
    Clock::time_point last_;
};

/// One connection and the holders whose transfers it carries: nobody else's nonces meet on the way.
class Lane {
  public:
    Lane(const FloodSettings& settings, std::size_t index, std::vector<Account>& holders,
         std::vector<std::uint64_t>& balances, std::mutex& balances_mutex)
        : settings_(settings),
          index_(index),
          holders_(holders),
          balances_(balances),
          balances_mutex_(balances_mutex),
          random_(tests::seed() + index),
          next_(index) {}

    void sign_ahead(std::uint64_t count) {
        while (count > 0) {
            const auto size = std::min<std::uint64_t>(count, settings_.batch);
            signed_.push_back(make(size));
            count -= size;
        }
    }

    void run(Waiting& waiting, Clock::time_point begun) {
        Rpc rpc(settings_.urls[index_ % settings_.urls.size()]);
        const auto end = begun + settings_.lasts;
        std::uint64_t sent = 0;
        for (std::size_t i = 0; settings_.lasts.count() > 0 ? Clock::now() < end : i < signed_.size(); ++i) {
            const auto batch = i < signed_.size() ? std::exchange(signed_[i], {}) : make(settings_.batch);
            if (settings_.rate > 0) {
                const double due = static_cast<double>(sent * settings_.connections) / settings_.rate;
                std::this_thread::sleep_until(
                    begun + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(due)));
            }
            waiting.sent(batch.hashes);
            rpc.send(batch.body, batch.hashes.size());
            sent += batch.hashes.size();
        }
    }

  private:
    Batch make(std::uint64_t count) {
        Batch made;
        made.body = "[";
        for (std::uint64_t i = 0; i < count; ++i) {
            auto tx = transfer();
            if (i > 0) made.body += ',';
            made.body += request("eth_sendRawTransaction", "[\"" + vm::to_hex(tx.encoded) + "\"]", i);
            made.hashes.push_back(tx.hash);
        }
        made.body += ']';
        return made;
    }
    Signed transfer() {
        const auto from = next_;
        next_ += settings_.connections;
        if (next_ >= holders_.size()) next_ = index_;
        const auto to = (from + 1 + random_.below(holders_.size() - 1)) % holders_.size();
        const auto amount = 1 + random_.below(amount_max);
        {
            const std::lock_guard lock(balances_mutex_);
            balances_[from] -= amount;
            balances_[to] += amount;
        }
        return sign(holders_[from], settings_.chain_id,
                    {settings_.token, transfer_data(holders_[to].address, amount), transfer_gas});
    }

    const FloodSettings& settings_;
    const std::size_t index_;
    std::vector<Account>& holders_;
    std::vector<std::uint64_t>& balances_;
    std::mutex& balances_mutex_;
    tests::Random random_;
    std::size_t next_;
    std::vector<Batch> signed_;
};

/// Reads the blocks after `block`; returns how many there are.
std::uint64_t read_blocks(Rpc& rpc, std::uint64_t& block, Waiting& waiting) {
    const auto head = rpc.number("eth_blockNumber", "[]");
    const auto before = block;
    while (block < head) {
        const auto shown = rpc.call("eth_getBlockByNumber", fmt::format(R"(["{:#x}",false])", ++block));
        std::vector<vm::Hash> hashes;
        for (const auto& text : shown.at("transactions")) hashes.push_back(*vm::hash_from_hex(text.get<std::string>()));
        waiting.came(hashes);
    }
    return block - before;
}

}  // namespace

Flooded flood(const FloodSettings& settings, std::vector<Account>& holders, std::vector<std::uint64_t>& balances) {
    std::mutex balances_mutex;
    std::vector<Lane> lanes;
    for (std::size_t i = 0; i < settings.connections; ++i)
        lanes.emplace_back(settings, i, holders, balances, balances_mutex);
    {
        std::vector<std::jthread> signing;
        for (std::size_t i = 0; i < lanes.size(); ++i) {
            const auto share = settings.transfers / lanes.size() + (i < settings.transfers % lanes.size() ? 1 : 0);
            signing.emplace_back([&lane = lanes[i], share] { lane.sign_ahead(share); });
        }
    }
    Rpc watcher(settings.urls.front());
    auto block = watcher.number("eth_blockNumber", "[]");
    Waiting waiting(settings.waiting_max);
    std::atomic<std::size_t> running{lanes.size()};
    std::uint64_t blocks = 0;
    std::vector<std::jthread> sending;
    const auto begun = Clock::now();
    for (auto& lane : lanes)
        sending.emplace_back([&] {
            lane.run(waiting, begun);
            --running;
        });
    auto moved = Clock::now();
    while (running > 0 || waiting.count() > 0) {
        const auto now = Clock::now();
        const auto came = read_blocks(watcher, block, waiting);
        blocks += came;
        if (came > 0) moved = now;
        if (waiting.count() > 0 && now - moved > patience)
            stop("{} transfers stand in no block after {} s", waiting.count(), patience.count());
        std::this_thread::sleep_for(settings.poll);
    }
    auto result = waiting.result();
    result.blocks = blocks;
    return result;
}

}  // namespace talea::load
