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
    /// `memory` is of the head before, but for permissions where a block after that changed them.
    Head(std::shared_ptr<const KvReader> store, CodeCache& codes, vm::Header header, const vm::Hash& hash,
         HeadMemory memory = {})
        : store_(std::move(store)),
          codes_(codes),
          header_(std::move(header)),
          hash_(hash),
          memory_(std::move(memory)),
          state_(*store_, codes, header_.number, memory_) {}

    [[nodiscard]] const vm::Header& header() const { return header_; }
    [[nodiscard]] vm::BlockNumber number() const { return header_.number; }
    [[nodiscard]] const vm::Hash& hash() const { return hash_; }
    [[nodiscard]] ChainReader blocks() const { return ChainReader(*store_); }
    [[nodiscard]] const KvReader& store() const { return *store_; }
    [[nodiscard]] const HeadMemory& memory() const { return memory_; }
    /// The state after this block.
    [[nodiscard]] const vm::StateView& state() const { return state_; }
    /// The state after `number`, which is at or below this block. Must not outlive the head.
    [[nodiscard]] std::unique_ptr<vm::StateView> state_at(vm::BlockNumber number) const {
        if (number == header_.number) return std::make_unique<HeadState>(*store_, codes_, number, memory_);
        return std::make_unique<PastState>(*store_, codes_, number);
    }

  private:
    std::shared_ptr<const KvReader> store_;
    CodeCache& codes_;
    vm::Header header_;
    vm::Hash hash_;
    HeadMemory memory_;
    HeadState state_;
};
using HeadPtr = std::shared_ptr<const Head>;

}  // namespace talea::node
