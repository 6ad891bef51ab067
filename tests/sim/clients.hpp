#pragma once
#include <functional>
#include <map>
#include <vector>

#include "sim/checker.hpp"
#include "sim/economy.hpp"
#include "sim/options.hpp"
#include "sim/scheduler.hpp"

namespace talea::sim {

/// Those who use the chain: they sign in their turn, hand a transaction to one node, and hand it in again, elsewhere,
/// until they are told that it is final.
class Clients {
  public:
    /// `submit(preferred, transaction)` gives it to some node that runs.
    using Submit = std::function<void(std::uint64_t drawn, const SignedTransaction& transaction)>;

    Clients(Scheduler& scheduler, Economy& economy, Random random, const LoadOptions& options, Submit submit);
    Clients(const Clients&) = delete;
    Clients& operator=(const Clients&) = delete;

    /// Asked now and then, by `set_change_ppm`: a transaction of actor 0 that changes the validators, or nothing.
    std::function<SignedTransaction()> change_set;

    void start();
    void stop();
    /// One transaction now, by a client whose turn it is.
    SignedTransaction act(std::size_t actor);
    /// A node shows a block as final.
    void hear(const FinalRecord& record);

    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
    [[nodiscard]] std::uint64_t told() const { return told_; }
    [[nodiscard]] std::uint64_t nonsense() const { return nonsense_; }
    /// From being submitted to being told, of each transaction, where `keep_latencies` was set before.
    bool keep_latencies = false;
    [[nodiscard]] const std::vector<Micros>& latencies() const { return latencies_; }

  private:
    struct Waiting {
        SignedTransaction transaction;
        std::size_t actor;
        Micros since;
    };
    void plan(Micros delay);
    [[nodiscard]] SignedTransaction draw(std::size_t actor);
    void submit_again(const vm::Hash& hash);

    Scheduler& scheduler_;
    Economy& economy_;
    Random random_;
    LoadOptions options_;
    Submit submit_;
    std::map<vm::Hash, Waiting> waiting_;
    std::vector<std::size_t> waiting_of_;  ///< by actor
    std::vector<Micros> latencies_;
    std::uint64_t told_ = 0;
    std::uint64_t nonsense_ = 0;
    std::uint64_t turn_ = 0;
    std::uint64_t epoch_ = 0;
    std::optional<vm::Address> revoked_;
};

}  // namespace talea::sim
