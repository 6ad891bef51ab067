#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <random>

#include "node/base/instant.hpp"
#include "node/rpc/log_filter.hpp"

namespace talea::node {

/// What a client that polls wants to know of, and how far it was told.
struct PolledFilter {
    enum class Kind : std::uint8_t { logs, blocks, transactions };
    Kind kind = Kind::blocks;
    LogFilter logs;
    /// Of logs: "latest" is nothing, since each question has its own.
    std::optional<vm::BlockNumber> from, to;
    vm::BlockNumber next_block{};    ///< the first that was not told
    std::uint64_t next_arrival = 0;  ///< of transactions: the same
};

/// The filters of eth_newFilter and its kin, by numbers that cannot be guessed. Bounded (`limits::filters_max`); those
/// that nobody asks go. From any thread.
class Filters {
  public:
    Filters();
    /// Nothing where there are too many.
    [[nodiscard]] std::optional<std::uint64_t> add(PolledFilter filter, Instant now);
    /// Nothing where there is none, or no more.
    [[nodiscard]] std::optional<PolledFilter> find(std::uint64_t id, Instant now);
    /// What was told since `before` was found. False: another request told it meanwhile, or the filter is gone.
    [[nodiscard]] bool told(std::uint64_t id, const PolledFilter& before, const PolledFilter& after);
    bool remove(std::uint64_t id);
    void expire(Instant now);

  private:
    struct Entry {
        PolledFilter filter;
        Instant used;
    };
    std::mutex mutex_;
    std::mt19937_64 draw_;
    std::map<std::uint64_t, Entry> filters_;
};

}  // namespace talea::node
