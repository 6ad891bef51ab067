#include "node/pool/block_order.hpp"

#include <algorithm>

#include "vm/base/check.hpp"

namespace talea::node {

BlockOrder::BlockOrder(std::vector<SenderQueue> queues, std::uint64_t gas_limit) : gas_share_(gas_limit / 4) {
    turns_.reserve(queues.size());
    for (auto& queue : queues) turns_.push_back({std::move(queue)});
    operators_ = static_cast<std::size_t>(
        std::ranges::find_if(turns_, [](const Turn& turn) { return !turn.queue.is_operator; }) - turns_.begin());
}

bool BlockOrder::waits(const Turn& turn) const {
    return !last_resort_ && turn.gas_used >= gas_share_;
}

PendingTransaction BlockOrder::next() {
    // An operator's queue is emptied before the next sender's turn.
    while (current_ < operators_) {
        auto& turn = turns_[current_];
        if (!is_done(turn)) return turn.queue.txs[turn.position];
        ++current_;
    }
    const auto count = turns_.size() - operators_;
    for (const bool round : {false, true}) {
        last_resort_ = last_resort_ || round;
        for (std::size_t tried = 0; tried < count; ++tried) {
            if (current_ >= turns_.size()) current_ = operators_;
            auto& turn = turns_[current_];
            if (!is_done(turn) && !waits(turn)) return turn.queue.txs[turn.position];
            ++current_;
        }
    }
    return nullptr;
}

void BlockOrder::took(std::uint64_t gas) {
    vm::check(current_ < turns_.size() && !is_done(turns_[current_]), "a candidate was given before it was taken");
    auto& turn = turns_[current_];
    turn.gas_used += gas;
    ++turn.position;
    if (current_ >= operators_) ++current_;
}

void BlockOrder::leave_sender() {
    vm::check(current_ < turns_.size(), "a candidate was given before it was left");
    auto& turn = turns_[current_];
    turn.position = turn.queue.txs.size();
    ++current_;
}

}  // namespace talea::node
