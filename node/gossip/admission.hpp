#pragma once
#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

#include "vm/base/bytes.hpp"

namespace talea::node {

/// Who may be connected to this node (DESIGN 7): validators and the nodes that Permissions admits, as of the latest
/// block, both named by the address of their key, which the handshake proves. Asked at the handshake and, for everyone
/// connected, whenever a block changed the registry.
class Admission {
  public:
    /// In which kinds of connection a peer takes part.
    enum class Role : std::uint8_t {
        none,
        node,       ///< bulk: transactions, sync
        validator,  ///< bulk and consensus
    };

    /// `bootnodes`: keys from this node's own configuration, which it may *dial* whatever its registry says: a node
    /// that is behind does not know who was admitted since. Bulk only, and only until its head is the highest certified
    /// one.
    Admission(const vm::Address& own, std::vector<vm::Address> bootnodes);

    /// The registry after a block. Returns whom it says nothing about any more, or something else than before; the
    /// driver closes their connections, or opens what they now may have.
    std::vector<vm::Address> update(const std::vector<vm::Address>& validators, const std::vector<vm::Address>& nodes);

    /// This node's head is the highest certified one it knows: its own registry judges alone.
    void caught_up() { behind_ = false; }
    void fell_behind() { behind_ = true; }

    /// Of one who dials this node. Nobody is admitted twice: oneself is refused.
    [[nodiscard]] Role incoming(const vm::Address& peer) const;
    /// Of one whom this node dials.
    [[nodiscard]] Role outgoing(const vm::Address& peer) const;
    /// Everyone to keep a connection with, ascending. Of two nodes, the one with the lower address dials the other,
    /// unless that one does not know it yet (a bootnode is always dialled).
    [[nodiscard]] std::vector<vm::Address> to_dial() const;

  private:
    vm::Address own_;
    std::set<vm::Address> bootnodes_;
    std::set<vm::Address> validators_;
    std::set<vm::Address> nodes_;
    bool behind_ = true;
};
[[nodiscard]] std::string_view to_string(Admission::Role role);

}  // namespace talea::node
