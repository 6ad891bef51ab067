#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/clients.hpp"
#include "sim/node.hpp"

namespace talea::sim {

/// How a run ended.
enum class Verdict : std::uint8_t {
    good,
    wrong,  ///< a claim of the checkers does not hold
    stuck,  ///< the healed core made no progress within its limit
};

struct Result {
    Verdict verdict = Verdict::good;
    std::string sentence;  ///< what is wrong, where it is
    std::uint64_t blocks = 0;
    std::uint64_t transactions = 0;
    Micros time = 0;
    std::uint64_t steps = 0;
    std::uint64_t trace_hash = 0;
};

/// A whole network in one thread, from a seed.
class Simulation {
  public:
    /// `trace_printed` tells the story on stdout, one line an event.
    Simulation(const Options& options, bool trace_printed);
    Simulation(const Simulation&) = delete;
    Simulation& operator=(const Simulation&) = delete;

    /// Both phases: safety under faults, then liveness of a healed core.
    [[nodiscard]] Result run();

    // For stories, which do by hand what `run` draws.
    void start_all();
    void run_for(Micros time);
    /// True as soon as `condition` holds; false where it does not within `limit`, or a checker complained.
    [[nodiscard]] bool run_until(const std::function<bool()>& condition, Micros limit);
    [[nodiscard]] Node& node(std::size_t index) { return *nodes_[index]; }
    [[nodiscard]] std::size_t nodes() const { return nodes_.size(); }
    [[nodiscard]] Network& network() { return *network_; }
    [[nodiscard]] Scheduler& scheduler() { return scheduler_; }
    [[nodiscard]] Checker& checker() { return checker_; }
    [[nodiscard]] Clients& clients() { return *clients_; }
    [[nodiscard]] Economy& economy() { return economy_; }
    [[nodiscard]] Marks& marks() { return marks_; }
    [[nodiscard]] World& world() { return world_; }
    [[nodiscard]] const Options& options() const { return options_; }
    /// From now on consensus messages for which `hand` says so do not leave.
    void hold_back(std::function<bool(std::size_t from, std::size_t to, const node::Message& message)> hand) {
        around_->holds_back = std::move(hand);
    }
    /// What the recovery key of genesis signs on the highest final block, for these validators (ascending), else the
    /// same.
    [[nodiscard]] node::Checkpoint checkpoint(std::vector<vm::Address> validators = {});
    /// The number of the head at node `index`; 0 where it does not run.
    [[nodiscard]] std::uint64_t head(std::size_t index) const;
    [[nodiscard]] Result result();

  private:
    void start_faults();
    void stop_faults();
    void plan_crash(std::size_t index);
    void crash_soon(std::size_t index, Micros patience);
    void crash(std::size_t index, bool power_cut);
    void restart_later(std::size_t index);
    void restart(std::size_t index);
    void restore(std::size_t index, const Backup& backup);
    void plan_backup(std::size_t index);
    void roll(std::size_t index);
    void lose_all_journals();
    void plan_pause(std::size_t index);
    void plan_clock_jump();
    void blackout();
    /// Of the validators of the next block, and of what a pending change makes of them.
    [[nodiscard]] std::vector<std::size_t> voters() const;
    [[nodiscard]] bool is_faulty(std::size_t index);
    [[nodiscard]] bool one_more_may_fail(std::size_t index);
    [[nodiscard]] SignedTransaction change_set();
    [[nodiscard]] SignedTransaction change_admission();
    /// Whether Permissions may not admit observer `index`, for all that is final and sent.
    [[nodiscard]] bool is_cut_off(std::size_t index) const;
    [[nodiscard]] bool set_is_changing() const { return pending_change_ && !checker_.is_final(*pending_change_); }
    void check_heads();
    void check_sizes();
    void check_supply(std::size_t index);
    void check_health();
    void pass_the_night();
    [[nodiscard]] bool liveness(Result& result);
    [[nodiscard]] bool idles(Result& result);
    [[nodiscard]] bool step();

    Options options_;
    Scheduler scheduler_;
    Trace trace_;
    Marks marks_;
    Random random_;
    std::vector<Person> validators_, candidates_;
    Economy economy_;
    World world_;
    RememberedSignatures remembered_;
    Checker checker_;
    std::unique_ptr<Surroundings> around_;
    std::unique_ptr<Network> network_;
    std::vector<std::unique_ptr<Node>> nodes_;
    std::unique_ptr<Clients> clients_;
    std::vector<std::optional<Backup>> backups_;  ///< by node, its last
    vm::BlockNumber supply_checked_;
    std::uint64_t instance_ = 0;              ///< of the latest checkpoint
    std::optional<vm::Hash> pending_change_;  ///< of the set: the latest transaction
    /// Observers whose admission was revoked, with the transaction that gives it back where there is one.
    std::map<std::size_t, std::optional<vm::Hash>> cut_off_;
    std::vector<bool> mute_;  ///< by node: lost their journal, and have not been seen to sign since
    std::uint64_t fault_epoch_ = 0;
};

}  // namespace talea::sim
