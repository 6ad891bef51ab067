// RLP: what is read is what a plain reading of the Yellow Paper's appendix B reads, what is refused is what we would
// not have written, and what was read is written back to the byte.
#include <optional>
#include <vector>

#include "fuzz/target.hpp"
#include "vm/base/check.hpp"
#include "vm/rlp/decode.hpp"
#include "vm/rlp/encode.hpp"

using namespace talea;
using vm::Bytes;
using vm::BytesView;
using vm::check;

namespace {

/// An item as a value.
struct Tree {
    bool is_list = false;
    Bytes string;
    std::vector<Tree> items;
};

/// Reads without regard to whether lengths are minimal: how the item is to be written says `write`.
std::optional<Tree> read(BytesView& input) {
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
    BytesView payload = input.first(length);
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

void write_header(Bytes& out, std::uint8_t base, std::size_t length) {
    if (length <= 55) {
        out.push_back(static_cast<std::uint8_t>(base + length));
        return;
    }
    Bytes digits;
    for (; length > 0; length /= 256) digits.insert(digits.begin(), static_cast<std::uint8_t>(length % 256));
    out.push_back(static_cast<std::uint8_t>(base + 55 + digits.size()));
    vm::append(out, digits);
}

Bytes written(const Tree& tree) {
    Bytes out;
    if (tree.is_list) {
        Bytes payload;
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

/// Takes the next item of `reader` apart, to the strings in it; whether all of it is well-formed.
bool read_all(vm::rlp::Reader& reader, Tree& tree) {
    const auto item = reader.peek();
    if (!item) return false;
    if (!item->is_list) {
        tree.string = vm::to_bytes(*reader.string());
        return true;
    }
    tree.is_list = true;
    for (auto inner = *reader.list(); !inner.at_end();)
        if (!read_all(inner, tree.items.emplace_back())) return false;
    return true;
}

bool same(const Tree& a, const Tree& b) {
    if (a.is_list != b.is_list || a.string != b.string || a.items.size() != b.items.size()) return false;
    for (std::size_t i = 0; i < a.items.size(); ++i)
        if (!same(a.items[i], b.items[i])) return false;
    return true;
}

void write_with_product(Bytes& out, const Tree& tree) {
    if (!tree.is_list) return vm::rlp::encode(out, BytesView{tree.string});
    vm::rlp::List list(out);
    for (const Tree& item : tree.items) write_with_product(out, item);
}

/// A typed reading succeeds exactly where `due`, and then writes back what it read.
template <class Value>
void check_typed(const vm::rlp::Result<Value>& value, bool due, BytesView encoded) {
    check(value.has_value() == due, "a typed reading takes what its type holds and nothing else");
    if (!value) return;
    Bytes out;
    vm::rlp::encode(out, *value);
    check(vm::equal(out, encoded), "a value is written back as it was read");
}

void check_typed_readings(BytesView input, const Tree& tree) {
    const std::size_t size = tree.string.size();
    const bool number = !tree.is_list && (size == 0 || tree.string[0] != 0);
    check_typed(vm::rlp::Reader{input}.u64(), number && size <= 8, input);
    check_typed(vm::rlp::Reader{input}.number(), number && size <= 32, input);
    check_typed(vm::rlp::Reader{input}.address(), !tree.is_list && size == 20, input);
    check_typed(vm::rlp::Reader{input}.hash(), !tree.is_list && size == 32, input);
}

void run(BytesView input) {
    BytesView rest = input;
    const auto plain = read(rest);
    const bool whole = plain && rest.empty();
    const bool canonical = whole && vm::equal(written(*plain), input);

    Tree tree;
    vm::rlp::Reader reader{input};
    const bool taken = read_all(reader, tree) && reader.end().has_value();
    check(taken == canonical, "what we would not have written is refused, and nothing else");
    if (!taken) return;
    check(same(tree, *plain), "both readings find the same items");
    check(vm::rlp::decode(input).has_value(), "the only item of an input is decoded");
    Bytes out;
    write_with_product(out, tree);
    check(vm::equal(out, input), "what was read is written back to the byte");
    check_typed_readings(input, tree);
}

const fuzz::Target target{"rlp", 1024, run};

}  // namespace
