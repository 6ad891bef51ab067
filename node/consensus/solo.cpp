#include "node/consensus/solo.hpp"

#include <algorithm>

#include "vm/base/check.hpp"

namespace talea::node {

std::vector<SoloEngine::Action> SoloEngine::on(const Event& event, Instant now) {
    if (const auto* started = std::get_if<Started>(&event)) {
        vm::check(phase_ == Phase::stopped, "an engine starts once");
        phase_ = Phase::waiting;
        head_ = started->head;
        head_since_ = now;
        block_is_due_ = started->block_is_due || head_.value == 0;
        return decide(now);
    }
    if (std::holds_alternative<PoolNotEmpty>(event)) {
        pool_waits_ = true;
        return decide(now);
    }
    if (std::holds_alternative<TimerExpired>(event)) return decide(now);
    if (const auto* executed = std::get_if<Executed>(&event)) {
        vm::check(phase_ == Phase::executing, "a block is executed after it was ordered");
        phase_ = Phase::persisting;
        last_execution_ms_ = executed->execution_ms;
        return {Persist{next(head_), 0}};
    }
    if (const auto* nothing = std::get_if<NothingToSeal>(&event)) {
        vm::check(phase_ == Phase::executing, "a block is given up after it was ordered");
        phase_ = Phase::waiting;
        pool_waits_ = pool_waits_ || nothing->more_wait;
        return decide(now);
    }
    const auto& persisted = std::get<Persisted>(event);
    vm::check(phase_ == Phase::persisting, "a block is durable after it was written");
    phase_ = Phase::waiting;
    head_ = next(head_);
    head_since_ = now;
    block_is_due_ = persisted.block_is_due;
    std::vector<Action> actions{Finalise{head_}};
    std::ranges::copy(decide(now), std::back_inserter(actions));
    return actions;
}

std::vector<SoloEngine::Action> SoloEngine::decide(Instant now) {
    if (phase_ != Phase::waiting) return {};
    const Instant heartbeat{head_since_.ms + settings_.idle_interval_ms};
    const bool even_empty = block_is_due_ || now >= heartbeat;
    if (!even_empty && !pool_waits_) return {SetTimer{heartbeat}};
    const auto spacing = std::clamp(2 * last_execution_ms_, settings_.spacing_min_ms, settings_.spacing_max_ms);
    const Instant earliest{head_since_.ms + spacing};
    if (now < earliest && !block_is_due_) return {SetTimer{earliest}};
    phase_ = Phase::executing;
    pool_waits_ = false;
    return {Build{next(head_), even_empty}};
}

}  // namespace talea::node
