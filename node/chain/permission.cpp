#include "node/chain/permission.hpp"

#include <algorithm>

#include "vm/native/admitted_nodes.hpp"
#include "vm/native/permissions.hpp"

namespace talea::node {

bool is_operator(const vm::StateView& state, const vm::Address& sender) {
    return vm::has_role(state, sender, vm::role::admin) || vm::has_role(state, sender, vm::role::network);
}

SenderJudgement judge_sender(const vm::StateView& state, const vm::Address& sender) {
    const auto account = state.account(sender);
    SenderJudgement judged;
    judged.facts = {account ? account->nonce : 0, is_operator(state, sender)};
    judged.may_transact = vm::has_role(state, sender, vm::role::transact);
    judged.may_deploy = vm::has_role(state, sender, vm::role::deploy);
    return judged;
}

std::vector<vm::Address> admitted_nodes(const vm::StateView& state) {
    std::vector<vm::Address> nodes;
    const auto keys = vm::read_nodes(state);
    for (const auto& key : keys) nodes.push_back(vm::address_of(key));
    std::ranges::sort(nodes);
    return nodes;
}

}  // namespace talea::node
