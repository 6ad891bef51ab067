#include <string>

#include "contracts/refusals/refusals.hpp"

namespace talea::contracts {
namespace {

constexpr PermissionReason reasons[] = {
    {"sender_not_permitted", "{who} may not send transactions on this chain: it lacks TRANSACT",
     "ask an ADMIN of the chain to grant TRANSACT to {who}"},
    {"deploy_not_permitted", "{who} may not deploy contracts on this chain: it lacks DEPLOY",
     "ask an ADMIN of the chain to grant DEPLOY to {who}"},
    {"create_not_permitted",
     "the contract {who} tried to create another, but neither it nor the sender of the transaction has DEPLOY",
     "ask an ADMIN of the chain to grant DEPLOY to the sender, or to the contract {who}"},
    {"authority_not_permitted",
     "{who} may not let its account run code by an EIP-7702 authorisation, which was skipped: it lacks TRANSACT",
     "ask an ADMIN of the chain to grant TRANSACT to {who}"},
};

}  // namespace

std::span<const PermissionReason> permission_reasons() {
    return reasons;
}

const PermissionReason* find_permission_reason(std::string_view name) {
    for (const PermissionReason& reason : reasons) {
        if (reason.name == name) return &reason;
    }
    return nullptr;
}

std::string fill_who(std::string_view text, std::string_view who) {
    constexpr std::string_view mark = "{who}";
    std::string filled(text);
    for (std::size_t at = filled.find(mark); at != std::string::npos; at = filled.find(mark, at + who.size())) {
        filled.replace(at, mark.size(), who);
    }
    return filled;
}

}  // namespace talea::contracts
