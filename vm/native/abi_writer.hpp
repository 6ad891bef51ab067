#pragma once
#include "vm/base/bytes.hpp"
#include "vm/base/u256.hpp"

namespace talea::vm {

/// Appends words of the Solidity ABI to `out`.
class AbiWriter {
  public:
    explicit AbiWriter(Bytes& out) : out_(out), begin_(out.size()) {}

    void word(const u256& value) {
        const auto bytes = value.to_be_bytes();
        out_.insert(out_.end(), bytes.begin(), bytes.end());
    }
    void address(const Address& address) { word(to_u256(address)); }
    void boolean(bool value) { word(std::uint64_t{value}); }
    /// Length and content, padded to words.
    void bytes(BytesView content) {
        word(content.size());
        append(out_, content);
        out_.resize(out_.size() + (32 - content.size() % 32) % 32);
    }
    /// A word to be filled in later by `point_here`.
    [[nodiscard]] std::size_t hole() {
        word({});
        return out_.size() - 32;
    }
    /// Writes into `hole` the distance from `origin` (an index into the output) to its present end.
    void point_here(std::size_t hole, std::size_t origin) {
        const auto bytes = u256{out_.size() - origin}.to_be_bytes();
        std::memcpy(out_.data() + hole, bytes.data(), 32);
    }
    /// Where this writer began, and where it is, as indices into the output.
    [[nodiscard]] std::size_t begin() const { return begin_; }
    [[nodiscard]] std::size_t end() const { return out_.size(); }

  private:
    Bytes& out_;
    std::size_t begin_;
};

}  // namespace talea::vm
