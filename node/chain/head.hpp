#pragma once
#include <memory>

#include "node/chain/head_state.hpp"
#include "node/storage/chain_store.hpp"
#include "node/storage/state_store.hpp"
#include "vm/chain/block.hpp"
#include "vm/state/state_view.hpp"

namespace talea::node {

/// The chain up to one final block, unchanged for as long as it is held. From any thread.
class Head {
  public:
    /// `permissions` is of the head before, where no block after that changed Permissions.
    Head(std::shared_ptr<const KvReader> store, CodeCache& codes, vm::Header header, const vm::Hash& hash,
         std::shared_ptr<PermissionSlots> permissions = std::make_shared<PermissionSlots>())
        : store_(std::move(store)),
          codes_(codes),
          header_(std::move(header)),
          hash_(hash),
          permissions_(std::move(permissions)),
          state_(*store_, codes, permissions_) {}

    [[nodiscard]] const vm::Header& header() const { return header_; }
    [[nodiscard]] vm::BlockNumber number() const { return header_.number; }
    [[nodiscard]] const vm::Hash& hash() const { return hash_; }
    [[nodiscard]] ChainReader blocks() const { return ChainReader(*store_); }
    [[nodiscard]] const KvReader& store() const { return *store_; }
    [[nodiscard]] const std::shared_ptr<PermissionSlots>& permissions() const { return permissions_; }
    /// The state after this block.
    [[nodiscard]] const vm::StateView& state() const { return state_; }
    /// The state after `number`, which is at or below this block. Must not outlive the head.
    [[nodiscard]] std::unique_ptr<vm::StateView> state_at(vm::BlockNumber number) const {
        if (number == header_.number) return std::make_unique<HeadState>(*store_, codes_, permissions_);
        return std::make_unique<PastState>(*store_, codes_, number);
    }

  private:
    std::shared_ptr<const KvReader> store_;
    CodeCache& codes_;
    vm::Header header_;
    vm::Hash hash_;
    std::shared_ptr<PermissionSlots> permissions_;
    HeadState state_;
};
using HeadPtr = std::shared_ptr<const Head>;

}  // namespace talea::node
