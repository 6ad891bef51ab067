#include "node/gossip/admission.hpp"

namespace talea::node {

std::string_view to_string(Admission::Role role) {
    switch (role) {
        case Admission::Role::none:
            return "not admitted";
        case Admission::Role::node:
            return "node";
        case Admission::Role::validator:
            return "validator";
    }
    return "";
}

Admission::Admission(const vm::Address& own, std::vector<vm::Address> bootnodes)
    : own_(own), bootnodes_(bootnodes.begin(), bootnodes.end()) {
    bootnodes_.erase(own_);
}

std::vector<vm::Address> Admission::update(const std::vector<vm::Address>& validators,
                                           const std::vector<vm::Address>& nodes) {
    std::set<vm::Address> known = validators_;
    known.insert(nodes_.begin(), nodes_.end());
    known.insert(validators.begin(), validators.end());
    known.insert(nodes.begin(), nodes.end());
    std::vector<Role> before;
    for (const auto& peer : known) before.push_back(incoming(peer));
    validators_ = {validators.begin(), validators.end()};
    nodes_ = {nodes.begin(), nodes.end()};
    std::vector<vm::Address> changed;
    std::size_t i = 0;
    for (const auto& peer : known)
        if (incoming(peer) != before[i++]) changed.push_back(peer);
    return changed;
}

Admission::Role Admission::incoming(const vm::Address& peer) const {
    if (peer == own_) return Role::none;
    // Votes go between validators: to a node that is none, every validator is a node like others.
    if (validators_.contains(peer)) return validators_.contains(own_) ? Role::validator : Role::node;
    return nodes_.contains(peer) ? Role::node : Role::none;
}

Admission::Role Admission::outgoing(const vm::Address& peer) const {
    const auto role = incoming(peer);
    if (role == Role::none && behind_ && bootnodes_.contains(peer)) return Role::node;
    return role;
}

std::vector<vm::Address> Admission::to_dial() const {
    std::set<vm::Address> peers;
    for (const auto* set : {&validators_, &nodes_})
        for (const auto& peer : *set)
            if (own_ < peer) peers.insert(peer);
    for (const auto& peer : bootnodes_)
        if (outgoing(peer) != Role::none) peers.insert(peer);
    return {peers.begin(), peers.end()};
}

}  // namespace talea::node
