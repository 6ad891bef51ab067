// RLP: what is read is what a plain reading of the Yellow Paper's appendix B reads, what is refused is what we would
// not have written, and what was read is written back to the byte.
#include "fuzz/input.hpp"
#include "fuzz/plain_rlp.hpp"
#include "fuzz/target.hpp"
#include "vm/base/check.hpp"
#include "vm/rlp/decode.hpp"
#include "vm/rlp/encode.hpp"

using namespace talea;
using fuzz::Tree;
using vm::Bytes;
using vm::BytesView;
using vm::check;

namespace {

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

void check_reading(BytesView input) {
    BytesView rest = input;
    const auto plain = fuzz::read(rest);
    const bool whole = plain && rest.empty();
    const bool canonical = whole && vm::equal(fuzz::written(*plain), input);

    Tree tree;
    vm::rlp::Reader reader{input};
    const bool taken = read_all(reader, tree) && reader.end().has_value();
    check(taken == canonical, "what we would not have written is refused, and nothing else");
    if (!taken) return;
    check(tree == *plain, "both readings find the same items");
    check(vm::rlp::decode(input).has_value(), "the only item of an input is decoded");
    Bytes out;
    write_with_product(out, tree);
    check(vm::equal(out, input), "what was read is written back to the byte");
    check_typed_readings(input, tree);
}

/// Writes what the input describes: strings and lists of lengths about the limits of the forms, headers mostly as they
/// should be, else wider than need be or off by one.
void describe(fuzz::Input& input, Bytes& out, unsigned depth) {
    constexpr std::array<std::uint16_t, 8> lengths{0, 1, 2, 54, 55, 56, 57, 256};
    const std::uint8_t shape = input.byte(), form = input.byte();
    const bool is_list = depth < 8 && shape % 4 == 0;
    Bytes payload;
    if (is_list)
        for (std::size_t items = shape / 4 % 8; items > 0; --items) describe(input, payload, depth + 1);
    const std::size_t length = lengths[shape / 32U];
    if (!is_list || form % 4 == 0) payload.resize(length, input.byte());  // a list may be cut, or go on in single bytes

    if (!is_list && payload.size() == 1 && payload[0] < 0x80 && form < 240) return vm::append(out, payload);
    const std::size_t said = form >= 252 ? payload.size() + 1 : payload.size();
    const std::size_t width = said > 0xff ? 2 : said > 55 || form == 240 ? 1 : 0;
    const std::size_t wider = form > 240 && form < 248 ? width + form % 8U : width;
    const std::uint8_t base = is_list ? 0xc0 : 0x80;
    if (wider == 0) {
        out.push_back(static_cast<std::uint8_t>(base + said));
    } else {
        out.push_back(static_cast<std::uint8_t>(base + 55 + wider));
        for (std::size_t i = wider; i-- > 0;) out.push_back(i < 2 ? static_cast<std::uint8_t>(said >> (8 * i)) : 0);
    }
    vm::append(out, payload);
}

void run(BytesView bytes) {
    check_reading(bytes);
    fuzz::Input input(bytes);
    Bytes described;
    describe(input, described, 0);
    check_reading(described);
}

const fuzz::Target target{"rlp", 300, run};

}  // namespace
