#include "sim/story.hpp"

namespace talea::sim {

Simulation& Teller::network(const Options& options) {
    simulation_ = std::make_unique<Simulation>(options, trace_printed_);
    return *simulation_;
}

Simulation& Teller::network_of(std::size_t validators, std::size_t observers, std::uint64_t idle_interval_seconds) {
    Options options = healthy_options(1);
    options.validators = validators;
    options.observers = observers;
    options.idle_interval_seconds = idle_interval_seconds;
    return network(options);
}

void Teller::expect(bool holds, std::string_view claim) {
    if (!holds && !failure_) failure_ = fmt::format("not true: {}", claim);
}

std::optional<std::string> Teller::failure() const {
    if (simulation_ && simulation_->checker().violation()) return simulation_->checker().violation();
    return failure_;
}

void Teller::transfer_is_final_at(std::size_t node, Micros limit) {
    auto& economy = simulation_->economy();
    const auto transaction = economy.idle_transfer(1 + actor_++ % (economy.actors() - 1));
    const bool taken = simulation_->node(node).submit(transaction);
    expect(taken, fmt::format("n{} takes a transfer", node));
    const bool is_final =
        taken &&
        simulation_->run_until(
            [&] { return simulation_->checker().is_final(transaction->hash) && simulation_->node(node).runs(); },
            limit);
    expect(is_final, fmt::format("a transfer handed in at n{} is final within {} ms", node, limit / millisecond));
}

void Teller::transfer_waits_at(std::size_t node, Micros time) {
    auto& economy = simulation_->economy();
    const auto transaction = economy.idle_transfer(1 + actor_++ % (economy.actors() - 1));
    expect(simulation_->node(node).submit(transaction), fmt::format("n{} takes a transfer", node));
    passes(time);
    expect(!simulation_->checker().is_final(transaction->hash), "a transfer is not final where no quorum is");
}

void Teller::all_agree_within(Micros limit) {
    const auto together = [&] {
        for (std::size_t i = 0; i < simulation_->nodes(); ++i)
            if (simulation_->node(i).runs() && simulation_->head(i) != simulation_->checker().highest().value)
                return false;
        return true;
    };
    expect(simulation_->run_until(together, limit), "all nodes stand on one head");
}

}  // namespace talea::sim
