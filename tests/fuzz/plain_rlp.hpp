#pragma once
#include <algorithm>
#include <optional>
#include <vector>

#include "fuzz/input.hpp"
#include "vm/base/bytes.hpp"

/// RLP as the Yellow Paper's appendix B puts it, in trees and without care for time: a second opinion that shares
/// nothing with vm/rlp.
namespace talea::fuzz {

/// An item as a value.
struct Tree {
    bool is_list = false;
    vm::Bytes string;
    std::vector<Tree> items;
    friend bool operator==(const Tree& a, const Tree& b) {  // not defaulted: the type is incomplete there
        return a.is_list == b.is_list && a.string == b.string && a.items == b.items;
    }
};

/// Takes the first item off `input`, without regard to whether its lengths are minimal: whether it is what we would
/// have written is seen by writing it.
inline std::optional<Tree> read(vm::BytesView& input) {
    if (input.empty()) return std::nullopt;
    const std::uint8_t first = input[0];
    Tree tree;
    if (first < 0x80) {
        tree.string = {first};
        input = input.subspan(1);
        return tree;
    }
    tree.is_list = first >= 0xc0;
    std::size_t length = first % 64;
    std::size_t width = 0;
    if (length > 55) width = length - 55;
    if (input.size() < 1 + width) return std::nullopt;
    if (width > 0) {
        length = 0;
        for (std::size_t i = 0; i < width; ++i) {
            if (length >> 56 != 0) return std::nullopt;
            length = length * 256 + input[1 + i];
        }
    }
    input = input.subspan(1 + width);
    if (input.size() < length) return std::nullopt;
    vm::BytesView payload = input.first(length);
    input = input.subspan(length);
    if (!tree.is_list) {
        tree.string = vm::to_bytes(payload);
        return tree;
    }
    while (!payload.empty()) {
        auto item = read(payload);
        if (!item) return std::nullopt;
        tree.items.push_back(std::move(*item));
    }
    return tree;
}

/// Writes a length as the appendix says, at `base` 0x80 for a string and 0xc0 for a list.
inline void write_header(vm::Bytes& out, std::uint8_t base, std::size_t length) {
    if (length <= 55) {
        out.push_back(static_cast<std::uint8_t>(base + length));
        return;
    }
    vm::Bytes digits;
    for (; length > 0; length /= 256) digits.insert(digits.begin(), static_cast<std::uint8_t>(length % 256));
    out.push_back(static_cast<std::uint8_t>(base + 55 + digits.size()));
    vm::append(out, digits);
}

/// The one canonical writing.
inline vm::Bytes written(const Tree& tree) {
    vm::Bytes out;
    if (tree.is_list) {
        vm::Bytes payload;
        for (const Tree& item : tree.items) vm::append(payload, written(item));
        write_header(out, 0xc0, payload.size());
        vm::append(out, payload);
    } else if (tree.string.size() == 1 && tree.string[0] < 0x80) {
        out = tree.string;
    } else {
        write_header(out, 0x80, tree.string.size());
        vm::append(out, tree.string);
    }
    return out;
}

/// Somewhere in the tree, as `input` chooses.
inline Tree& any_item(Tree& tree, Input& input) {
    Tree* item = &tree;
    while (item->is_list && !item->items.empty() && input.below(8) != 0)
        item = &item->items[input.below(std::min<std::size_t>(item->items.size(), 256))];
    return *item;
}

}  // namespace talea::fuzz
