#include "node/rpc/past_tries.hpp"

#include "node/base/limits.hpp"

namespace talea::node {

std::expected<std::shared_ptr<const PastTries::Tries>, ProofError> PastTries::at(const HeadPtr& head,
                                                                                 vm::BlockNumber number, Instant now) {
    const auto block = head->blocks().hash(number).value_or(vm::Hash{});
    const std::lock_guard lock(mutex_);
    if (last_ == nullptr || block_ != block) {
        last_.reset();
        auto made = StateTries::at(head->store(), number);
        if (!made) return std::unexpected(made.error());
        last_ = std::make_shared<const Tries>(Tries{head, std::move(*made)});
        block_ = block;
    }
    used_ = now;
    return last_;
}

void PastTries::expire(Instant now) {
    constexpr auto kept_ms = static_cast<std::uint64_t>(std::chrono::milliseconds(limits::proof_tries_kept).count());
    const std::lock_guard lock(mutex_);
    if (last_ != nullptr && elapsed_ms(used_, now) >= kept_ms) last_.reset();
}

}  // namespace talea::node
