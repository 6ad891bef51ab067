#include "vm/trie/node_changes.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace talea::vm {
namespace {
constexpr std::size_t first_piece_bytes = 4 * 1024;  // most updates are small
constexpr std::size_t piece_bytes_max = 256 * 1024;
}  // namespace

std::span<std::uint8_t> NodeChanges::put(const Nibbles& path, BytesView encoding) {
    if (encoding.size() > free_bytes_) {
        const std::size_t grown =
            std::min(piece_bytes_max, first_piece_bytes << std::min<std::size_t>(memory_.pieces.size(), 8));
        const std::size_t bytes = std::max(encoding.size(), grown);
        memory_.pieces.push_back(std::make_unique_for_overwrite<std::uint8_t[]>(bytes));
        memory_.bytes += bytes;
        free_ = memory_.pieces.back().get();
        free_bytes_ = bytes;
    }
    const std::span<std::uint8_t> written{free_, encoding.size()};
    std::ranges::copy(encoding, written.begin());
    entries_.push_back({path, written});
    free_ += encoding.size();
    free_bytes_ -= encoding.size();
    return written;
}

void NodeChanges::append(NodeChanges more) {
    entries_.insert(entries_.end(), more.entries_.begin(), more.entries_.end());
    memory_.append(more.take_memory());
    free_bytes_ = 0;  // the last piece is another one now
}

void NodeChanges::Memory::append(Memory more) {
    std::ranges::move(more.pieces, std::back_inserter(pieces));
    bytes += more.bytes;
}

NodeChanges::Memory NodeChanges::take_memory() {
    free_bytes_ = 0;
    return std::exchange(memory_, {});
}

}  // namespace talea::vm
