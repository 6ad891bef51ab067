#pragma once
#include <vector>

#include "node/p2p/hello.hpp"
#include "node/p2p/message.hpp"

namespace talea::node::wire {

/// Cuts the bytes of one connection into frames. The first must be a Hello, or a refusal. Holds no more than what came:
/// what a header announces is checked against its type's limit, and memory grows as bytes arrive.
class FrameReader {
  public:
    /// The next bytes; the frames they complete, headers included. After an error the connection is to be ended;
    /// `rejected` then says at what.
    std::expected<std::vector<vm::Bytes>, WireError> feed(vm::BytesView bytes);
    /// The header that was refused; empty where none was.
    [[nodiscard]] vm::BytesView rejected() const { return rejected_; }
    /// Bytes kept of a frame that is not whole.
    [[nodiscard]] std::size_t held_bytes() const { return frame_.size(); }

  private:
    vm::Bytes frame_;
    std::size_t frame_bytes_ = 0;  ///< of the whole frame; 0 before its header is known
    bool greeted_ = false;
    vm::Bytes rejected_;
};

}  // namespace talea::node::wire
