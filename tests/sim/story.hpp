#pragma once
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/simulation.hpp"

namespace talea::sim {

/// Tells a story: a network, what befalls it, and what must be true then. The first thing that is not ends it.
class Teller {
  public:
    explicit Teller(bool trace_printed) : trace_printed_(trace_printed) {}

    /// Links of 1 ms, disks of 2 ms, nothing started.
    Simulation& network_of(std::size_t validators, std::size_t observers = 0, std::uint64_t idle_interval_seconds = 30);
    Simulation& network(const Options& options);
    [[nodiscard]] Simulation& network() { return *simulation_; }

    void everybody_starts() { simulation_->start_all(); }
    void passes(Micros time) { simulation_->run_for(time); }
    /// A transfer is handed in at `node`, and is final there within `limit`.
    void transfer_is_final_at(std::size_t node, Micros limit = 2 * second);
    /// A transfer is handed in at `node` and nothing comes of it for `time`.
    void transfer_waits_at(std::size_t node, Micros time);
    void all_agree_within(Micros limit);
    void expect(bool holds, std::string_view claim);

    [[nodiscard]] bool failed() const { return failure_.has_value(); }
    /// What was not true; what a checker said comes first.
    [[nodiscard]] std::optional<std::string> failure() const;

  private:
    bool trace_printed_;
    std::unique_ptr<Simulation> simulation_;
    std::optional<std::string> failure_;
    std::size_t actor_ = 0;
};

struct Story {
    std::string_view name;   ///< talea-sim --story NAME
    std::string_view claim;  ///< a sentence that could be false
    void (*tell)(Teller& teller);
};
[[nodiscard]] const std::vector<Story>& stories();

}  // namespace talea::sim
