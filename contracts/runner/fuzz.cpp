#include "contracts/runner/fuzz.hpp"

#include <algorithm>

namespace talea::runner {
namespace {

using abi::Kind;
using abi::Type;
using abi::Value;
using vm::u256;

constexpr std::uint8_t push1 = 0x60, push32 = 0x7f, jump = 0x56, jumpi = 0x57;

u256 low_bits(unsigned count) {
    return count >= 256 ? u256::max() : (u256{1} << count) - u256{1};
}

u256 random_word(Random& random) {
    return {random.next(), random.next(), random.next(), random.next()};
}

void insert(std::vector<u256>& sorted, const u256& word) {
    const auto at = std::ranges::lower_bound(sorted, word);
    if (at == sorted.end() || *at != word) sorted.insert(at, word);
}

/// A number of `bits` bits, before anyone asks for its sign.
u256 random_number(Random& random, unsigned bits, const Dictionary& dictionary) {
    const u256 mask = low_bits(bits);
    switch (random.below(10)) {
        case 0:  // near zero
            return u256{random.below(4)};
        case 1:  // near the top, which is -1 and below for a signed type
            return mask - u256{random.below(4)};
        case 2:  // around the middle, the edges of a signed type
            return ((u256{1} << (bits - 1)) + u256{random.below(4)} - u256{2}) & mask;
        case 3: {  // around a power of two
            return ((u256{1} << static_cast<unsigned>(random.below(bits))) + u256{random.below(3)} - u256{1}) & mask;
        }
        case 4:
        case 5:
            if (!dictionary.words().empty()) {
                const u256& word = dictionary.words()[random.below(dictionary.words().size())];
                return (word + u256{random.below(3)} - u256{1}) & mask;
            }
            [[fallthrough]];
        default:  // any width alike
            return random_word(random) & low_bits(1 + static_cast<unsigned>(random.below(bits)));
    }
}

u256 random_address(Random& random, const Dictionary& dictionary) {
    const auto known = dictionary.addresses();
    if (!known.empty() && random.below(4) == 0) return known[random.below(known.size())];
    if (random.below(16) == 0) return u256{random.below(4)};
    return random_word(random) & low_bits(160);
}

u256 sign_extended(const u256& word, unsigned bits) {
    return (word >> (bits - 1)).is_zero() ? word : word | ~low_bits(bits);
}

Value random_bytes(Random& random, bool printable) {
    Value value;
    const std::uint64_t shape = random.below(8);
    value.bytes.resize(shape == 0 ? 0 : shape == 1 ? 32 : random.below(random_bytes_max + 1));
    for (std::uint8_t& byte : value.bytes)
        byte = static_cast<std::uint8_t>(printable ? 0x20 + random.below(0x5f) : random.next());
    return value;
}

/// Simpler stand-ins for `value`, the simplest first.
std::vector<Value> simpler_numbers(const Value& value, bool is_signed) {
    std::vector<Value> out;
    const bool negative = is_signed && value.word.is_negative();
    const u256 magnitude = negative ? -value.word : value.word;
    const auto offer = [&](const u256& smaller) { out.push_back(abi::number(negative ? -smaller : smaller)); };
    if (magnitude.is_zero()) return out;
    if (negative) out.push_back(abi::number(magnitude));
    offer({});
    // What code takes modulo something often needs no more than low bits, or a number below ten.
    for (std::uint64_t small = 1; small < 10; ++small)
        if (u256{small} < magnitude) offer(u256{small});
    for (unsigned bits = 8; bits < magnitude.bit_width(); bits *= 2) offer(magnitude & low_bits(bits));
    // What is cut off halves each time: far steps first, then near ones.
    for (unsigned kept = 1; kept < magnitude.bit_width(); ++kept) offer(magnitude - (magnitude >> kept));
    offer(magnitude - u256{1});
    return out;
}

std::vector<Value> simpler(const Type& type, const Value& value);

/// Halves of the content, then without one item each, then with simpler items.
std::vector<Value> simpler_items(const Type& type, const Value& value) {
    std::vector<Value> out;
    const std::size_t size = value.items.size();
    if (type.kind == Kind::array && size > 0) {
        out.push_back(abi::list({}));
        const auto middle = value.items.begin() + static_cast<std::ptrdiff_t>(size / 2);
        if (size > 1) {
            out.push_back(abi::list({value.items.begin(), middle}));
            out.push_back(abi::list({middle, value.items.end()}));
        }
        for (std::size_t i = 0; i < size && size > 2; ++i) {
            Value shorter = value;
            shorter.items.erase(shorter.items.begin() + static_cast<std::ptrdiff_t>(i));
            out.push_back(std::move(shorter));
        }
    }
    for (std::size_t i = 0; i < size; ++i) {
        for (Value& item : simpler(type.items[type.kind == Kind::tuple ? i : 0], value.items[i])) {
            Value changed = value;
            changed.items[i] = std::move(item);
            out.push_back(std::move(changed));
        }
    }
    return out;
}

std::vector<Value> simpler(const Type& type, const Value& value) {
    switch (type.kind) {
        case Kind::uint:
        case Kind::address:
        case Kind::boolean:
            return simpler_numbers(value, false);
        case Kind::sint:
            return simpler_numbers(value, true);
        case Kind::fixed_bytes:
        case Kind::function:
            return value.word.is_zero() ? std::vector<Value>{} : std::vector{abi::number({})};
        case Kind::bytes:
        case Kind::string: {
            std::vector<Value> out;
            if (value.bytes.empty()) return out;
            out.push_back(abi::bytes({}));
            const vm::BytesView content = value.bytes;
            if (content.size() > 1) out.push_back(abi::bytes(content.first(content.size() / 2)));
            out.push_back(abi::bytes(content.first(content.size() - 1)));
            Value blank = value;
            std::ranges::fill(blank.bytes, type.kind == Kind::string ? std::uint8_t{'a'} : std::uint8_t{0});
            if (blank.bytes != value.bytes) out.push_back(std::move(blank));
            return out;
        }
        case Kind::array:
        case Kind::fixed_array:
        case Kind::tuple:
            return simpler_items(type, value);
    }
    return {};
}

}  // namespace

void Dictionary::add_code(vm::BytesView code) {
    for (std::size_t at = 0; at < code.size(); ++at) {
        if (code[at] < push1 || code[at] > push32) continue;
        const std::size_t size = code[at] - push1 + 1U;
        const std::size_t after = at + 1 + size;
        if (after > code.size()) return;
        const bool jumps = after < code.size() && (code[after] == jump || code[after] == jumpi);
        if (size > 1 && !jumps && words_.size() < dictionary_words_max)
            insert(words_, u256::from_be_bytes(code.subspan(at + 1, size)));
        at += size;
    }
}

void Dictionary::add_address(const vm::Address& address) {
    insert(addresses_, vm::to_u256(address));
}

Value random_value(Random& random, const Type& type, const Dictionary& dictionary) {
    switch (type.kind) {
        case Kind::uint:
            return abi::number(random_number(random, type.size, dictionary));
        case Kind::sint:
            return abi::number(sign_extended(random_number(random, type.size, dictionary), type.size));
        case Kind::address:
            return abi::number(random_address(random, dictionary));
        case Kind::boolean:
            return abi::boolean(random.below(2) == 1);
        case Kind::fixed_bytes:
        case Kind::function: {
            const unsigned bits = 8U * type.size;
            return abi::number(random_number(random, bits, dictionary) << (256 - bits));
        }
        case Kind::bytes:
            return random_bytes(random, false);
        case Kind::string:
            return random_bytes(random, true);
        case Kind::array:
        case Kind::fixed_array: {
            Value value;
            const std::uint64_t count = type.kind == Kind::array ? random.below(random_items_max + 1) : type.length;
            for (std::uint64_t i = 0; i < count; ++i)
                value.items.push_back(random_value(random, type.items.front(), dictionary));
            return value;
        }
        case Kind::tuple: {
            Value value;
            for (const Type& item : type.items) value.items.push_back(random_value(random, item, dictionary));
            return value;
        }
    }
    return {};
}

std::vector<Value> shrink(std::span<const Type> types, std::vector<Value> arguments,
                          const std::function<bool(std::span<const Value>)>& fails) {
    std::size_t runs = 0;
    for (bool progress = true; progress;) {
        progress = false;
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            // Each success starts over from the smaller value, so this is a descent.
            for (bool smaller = true; smaller;) {
                smaller = false;
                for (Value& candidate : simpler(types[i], arguments[i])) {
                    if (++runs > shrink_runs_max) return arguments;
                    std::swap(arguments[i], candidate);
                    if (fails(arguments)) {
                        smaller = progress = true;
                        break;
                    }
                    std::swap(arguments[i], candidate);
                }
            }
        }
    }
    return arguments;
}

}  // namespace talea::runner
