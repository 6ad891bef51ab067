#include "sim/performance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "sim/simulation.hpp"

namespace talea::sim {
namespace {

int misses = 0;

void judge(bool holds, std::string_view what) {
    if (!holds) ++misses;
    fmt::print("{} {}\n", holds ? "ok  " : "MISS", what);
}

double ms(Micros time) {
    return static_cast<double>(time) / 1'000;
}

/// From submission at a node to final at that node, of transactions one after another.
std::vector<Micros> latencies(Simulation& simulation, std::size_t count, std::size_t at_nodes) {
    std::vector<Micros> measured;
    std::vector<std::pair<vm::Hash, Micros>> submitted(simulation.nodes());
    for (std::size_t i = 0; i < at_nodes; ++i)
        simulation.node(i).on_final = [&, i](const FinalRecord& record) {
            for (const auto& transaction : record.block->transactions)
                if (transaction.hash == submitted[i].first)
                    measured.push_back(simulation.scheduler().now() - submitted[i].second);
        };
    Random random(7);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t at = i % at_nodes;
        const auto transaction = simulation.economy().idle_transfer(1 + i % (simulation.economy().actors() - 1));
        submitted[at] = {transaction->hash, simulation.scheduler().now()};
        static_cast<void>(simulation.node(at).submit(transaction));
        simulation.run_for(80 * millisecond + random.below(40 * millisecond));
        for (int wait = 0; wait < 200 && measured.size() <= i; ++wait) simulation.run_for(10 * millisecond);
    }
    for (std::size_t i = 0; i < simulation.nodes(); ++i) simulation.node(i).on_final = nullptr;
    std::ranges::sort(measured);
    return measured;
}

Micros percentile(const std::vector<Micros>& sorted, std::size_t percents) {
    return sorted.empty() ? 0 : sorted[std::min(sorted.size() - 1, sorted.size() * percents / 100)];
}

struct Sums {
    std::uint64_t messages = 0, syncs = 0, timeouts = 0, round_changes = 0;
};
Sums sums(Simulation& simulation) {
    Sums all;
    for (std::size_t i = 0; i < simulation.nodes(); ++i) {
        all.messages += simulation.node(i).counters().consensus_messages;
        all.timeouts += simulation.node(i).counters().timeouts;
        all.round_changes += simulation.node(i).counters().round_changes;
        all.syncs += simulation.node(i).journal().syncs();
    }
    return all;
}

void light_load() {
    Simulation simulation(healthy_options(1), false);
    simulation.start_all();
    simulation.run_for(1 * second);
    const Sums before = sums(simulation);
    const std::uint64_t blocks_before = simulation.checker().highest().value;
    const auto measured = latencies(simulation, 400, 4);
    const Sums after = sums(simulation);
    const std::uint64_t blocks = simulation.checker().highest().value - blocks_before;
    judge(measured.size() == 400 && percentile(measured, 50) <= 9'000 && percentile(measured, 99) <= 20'000,
          fmt::format(
              "light load: submit to final p50 {:.1f} ms (at most 9), p99 {:.1f} ms (at most 20), {} of 400 final",
              ms(percentile(measured, 50)), ms(percentile(measured, 99)), measured.size()));
    judge(after.messages - before.messages <= 27 * blocks,
          fmt::format("a healthy block costs {:.2f} consensus messages (at most 27)",
                      static_cast<double>(after.messages - before.messages) / static_cast<double>(blocks)));
    judge(after.syncs - before.syncs == 4 * blocks,
          fmt::format("a healthy block costs {:.2f} blocking syncs a validator (exactly 1)",
                      static_cast<double>(after.syncs - before.syncs) / static_cast<double>(4 * blocks)));
    judge(after.round_changes == 0 && after.timeouts == 0,
          fmt::format("{} round changes and {} expired rounds (none)", after.round_changes, after.timeouts));
}

void one_down() {
    Simulation simulation(healthy_options(2), false);
    simulation.start_all();
    simulation.run_for(1 * second);
    simulation.node(3).crash(true);
    simulation.run_for(5 * second);
    const auto measured = latencies(simulation, 300, 3);
    judge(measured.size() == 300 && percentile(measured, 50) <= 12'000 && percentile(measured, 95) <= 250'000,
          fmt::format("one of four down: p50 {:.1f} ms (at most 12), p95 {:.1f} ms (at most 250), {} of 300 final",
                      ms(percentile(measured, 50)), ms(percentile(measured, 95)), measured.size()));
}

void idle() {
    Simulation simulation(healthy_options(3), false);
    simulation.start_all();
    simulation.run_for(5 * second);
    const std::uint64_t before = simulation.checker().highest().value;
    simulation.run_for(600 * second);
    const std::uint64_t blocks = simulation.checker().highest().value - before;
    const Sums after = sums(simulation);
    judge(
        blocks >= 19 && blocks <= 20 && after.timeouts == 0,
        fmt::format("idle for 600 s: {} blocks (one each 30 s), {} round timers fired (none)", blocks, after.timeouts));
}

void speed() {
    Options options = healthy_options(4);
    options.load.every = 10 * millisecond;
    Simulation simulation(options, false);
    simulation.start_all();
    simulation.run_for(1 * second);
    // Ten transactions at one node ten times a second: a block each.
    const std::clock_t begun = std::clock();  // of the processor, so that a busy machine says the same
    const std::uint64_t before = simulation.checker().highest().value;
    constexpr int virtual_seconds = 60;
    for (std::size_t tenth = 0; tenth < 10 * virtual_seconds; ++tenth) {
        for (std::size_t i = 0; i < 10; ++i)
            static_cast<void>(simulation.node(tenth % 4).submit(simulation.economy().idle_transfer(1 + i)));
        simulation.run_for(100 * millisecond);
    }
    const double took = static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
    const double blocks = static_cast<double>(simulation.checker().highest().value - before) / virtual_seconds;
    const double transactions = static_cast<double>(simulation.checker().transactions()) / virtual_seconds;
    fmt::print(
        "     speed: {:.1f} virtual seconds a second of one core (20 asked), at {:.1f} blocks and {:.0f} transactions "
        "a virtual second\n",
        virtual_seconds / took, blocks, transactions);
}

}  // namespace

int measure_performance() {
    misses = 0;
    light_load();
    one_down();
    idle();
    speed();
    fmt::print("{} passed, {} failed\n", 6 - misses, misses);
    return misses;
}

}  // namespace talea::sim
