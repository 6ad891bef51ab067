#include "sim/clients.hpp"

#include <utility>

namespace talea::sim {
namespace {

constexpr std::size_t waiting_per_actor_max = 8;
constexpr Micros submit_again_after = 1 * second;

}  // namespace

Clients::Clients(Scheduler& scheduler, Economy& economy, Random random, const LoadOptions& options, Submit submit)
    : scheduler_(scheduler),
      economy_(economy),
      random_(random),
      options_(options),
      submit_(std::move(submit)),
      waiting_of_(economy.actors()) {}

void Clients::start() {
    plan(options_.every);
}

void Clients::stop() {
    ++epoch_;
}

void Clients::plan(Micros delay) {
    scheduler_.after(delay, [this, epoch = epoch_] {
        if (epoch != epoch_) return;
        const std::size_t actor = options_.steady ? turn_++ % economy_.actors() : random_.below(economy_.actors());
        if (random_.chance(options_.nonsense_ppm)) {
            const std::uint64_t drawn =
                random_.next();  // before what else draws: compilers order arguments differently
            submit_(drawn, economy_.nonsense(random_));
            ++nonsense_;
        }
        if (waiting_of_[actor] < waiting_per_actor_max) act(actor);
        Micros pause = options_.steady ? options_.every : random_.exponential(options_.every);
        if (random_.chance(options_.idle_ppm)) pause += random_.exponential(options_.rest_mean);
        plan(pause);
    });
}

SignedTransaction Clients::draw(std::size_t actor) {
    if (actor == 0 && change_set && random_.chance(options_.set_change_ppm * economy_.actors()))
        if (auto change = change_set()) return change;
    if (actor != 0 || !random_.chance(options_.revoke_ppm * 10)) return economy_.act(actor, random_);
    if (!revoked_) {
        revoked_ = economy_.actor(1 + random_.below(economy_.actors() - 1)).address;
        return economy_.revoke(*revoked_);
    }
    const auto back = *std::exchange(revoked_, {});
    return economy_.grant(back);
}

SignedTransaction Clients::act(std::size_t actor) {
    const SignedTransaction transaction = draw(actor);
    waiting_[transaction->hash] = {transaction, actor, scheduler_.now()};
    ++waiting_of_[actor];
    submit_(random_.next(), transaction);
    scheduler_.after(submit_again_after, [this, hash = transaction->hash] { submit_again(hash); });
    return transaction;
}

void Clients::submit_again(const vm::Hash& hash) {
    const auto found = waiting_.find(hash);
    if (found == waiting_.end()) return;
    submit_(random_.next(), found->second.transaction);
    scheduler_.after(submit_again_after, [this, hash] { submit_again(hash); });
}

void Clients::hear(const FinalRecord& record) {
    for (const auto& transaction : record.block->transactions) {
        const auto found = waiting_.find(transaction.hash);
        if (found == waiting_.end()) continue;
        if (keep_latencies) latencies_.push_back(scheduler_.now() - found->second.since);
        --waiting_of_[found->second.actor];
        ++told_;
        waiting_.erase(found);
    }
}

}  // namespace talea::sim
