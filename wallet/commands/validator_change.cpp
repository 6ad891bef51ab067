#include "wallet/commands/validator_change.hpp"

#include <fmt/format.h>

#include "vm/chain/quorum.hpp"

namespace talea::wallet {

std::string ValidatorChange::sentence() const {
    return fmt::format(
        "{} validators now, {} after it; a block needs {} now, {} after it, so that {} may be away; {} of those {} are "
        "linked to this node",
        now, after, needed_now, needed_after, after - needed_after, linked_after, after);
}

ValidatorChange judge_change(const std::vector<vm::Address>& now, const std::vector<vm::Address>& after,
                             const std::set<vm::Address>& linked) {
    ValidatorChange change;
    change.now = now.size();
    change.after = after.size();
    change.needed_now = vm::quorum(now.size());
    change.needed_after = vm::quorum(after.size());
    for (const auto& validator : after) {
        if (linked.contains(validator))
            ++change.linked_after;
        else
            change.not_linked.push_back(validator);
    }
    return change;
}

}  // namespace talea::wallet
