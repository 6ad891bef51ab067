#include "contracts/abi/codec.hpp"

#include <algorithm>
#include <cstring>

#include "vm/base/check.hpp"

namespace talea::abi {
namespace {

using vm::Bytes;
using vm::BytesView;
using vm::check;
using vm::u256;

void append_word(Bytes& out, const u256& word) {
    const auto bytes = word.to_be_bytes();
    out.insert(out.end(), bytes.begin(), bytes.end());
}

void put_word(Bytes& out, std::size_t at, std::uint64_t value) {
    const auto bytes = u256{value}.to_be_bytes();
    std::memcpy(out.data() + at, bytes.data(), 32);
}

void append_padded(Bytes& out, BytesView content) {
    vm::append(out, content);
    out.resize(out.size() + (32 - content.size() % 32) % 32);
}

/// A number that its type does not hold would be encoded as another one.
bool fits(const Type& type, const u256& word) {
    switch (type.kind) {
        case Kind::uint:
            return word.bit_width() <= type.size;
        case Kind::sint: {
            if (type.size == 256) return true;
            const u256 sign_bits = ~u256{} << (type.size - 1U);
            const u256 high = word & sign_bits;
            return high.is_zero() || high == sign_bits;
        }
        case Kind::address:
            return word.bit_width() <= 160;
        case Kind::boolean:
            return word.bit_width() <= 1;
        case Kind::fixed_bytes:
        case Kind::function:
            return (word << (8U * type.size)).is_zero();
        case Kind::bytes:
        case Kind::string:
        case Kind::array:
        case Kind::fixed_array:
        case Kind::tuple:
            return false;
    }
    return false;
}

/// The type of item `i` of an array or tuple.
const Type& item_type(const Type& type, std::size_t i) {
    return type.kind == Kind::tuple ? type.items[i] : type.items.front();
}

void encode_value(Bytes& out, const Type& type, const Value& value);

/// Heads, then tails; offsets count from the first head.
template <typename TypeOf>
void encode_sequence(Bytes& out, TypeOf type_of, std::span<const Value> values) {
    const std::size_t start = out.size();
    std::size_t head = 0;
    for (std::size_t i = 0; i < values.size(); ++i) head += type_of(i).head_bytes();
    out.reserve(start + head);
    std::vector<std::pair<std::size_t, std::size_t>> tails;  // place of the offset, index of the value
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (type_of(i).is_dynamic()) {
            tails.emplace_back(out.size(), i);
            out.resize(out.size() + 32);
        } else {
            encode_value(out, type_of(i), values[i]);
        }
    }
    for (const auto& [at, i] : tails) {
        put_word(out, at, out.size() - start);
        encode_value(out, type_of(i), values[i]);
    }
}

void encode_value(Bytes& out, const Type& type, const Value& value) {
    switch (type.kind) {
        case Kind::bytes:
        case Kind::string:
            append_word(out, value.bytes.size());
            append_padded(out, value.bytes);
            return;
        case Kind::array:
            append_word(out, value.items.size());
            break;
        case Kind::fixed_array:
            check(value.items.size() == type.length, "a value of a fixed array has the array's length");
            break;
        case Kind::tuple:
            check(value.items.size() == type.items.size(), "a value of a tuple has the tuple's components");
            break;
        case Kind::uint:
        case Kind::sint:
        case Kind::address:
        case Kind::boolean:
        case Kind::fixed_bytes:
        case Kind::function:
            check(fits(type, value.word), "a value to encode is one of its type");
            append_word(out, value.word);
            return;
    }
    encode_sequence(out, [&](std::size_t i) -> const Type& { return item_type(type, i); }, value.items);
}

/// Reads from one input; counts what it makes.
class Decoder {
  public:
    explicit Decoder(BytesView data) : data_(data) {}

    using Result = std::expected<Value, DecodeError>;

    template <typename TypeOf>
    std::expected<std::vector<Value>, DecodeError> sequence(TypeOf type_of, std::size_t count, std::size_t start) {
        std::vector<Value> values;
        values.reserve(count);
        std::size_t at = start;
        for (std::size_t i = 0; i < count; ++i) {
            const Type& type = type_of(i);
            std::size_t from = at;
            if (type.is_dynamic()) {
                const auto offset = size_at(at);
                if (!offset) return std::unexpected(offset.error());
                if (*offset > data_.size() - start) return std::unexpected(DecodeError::bad_offset);
                from = start + *offset;
            }
            auto decoded = value(type, from);
            if (!decoded) return std::unexpected(decoded.error());
            values.push_back(std::move(*decoded));
            at += type.head_bytes();
        }
        return values;
    }

  private:
    BytesView data_;
    std::size_t items_ = 0;

    std::expected<u256, DecodeError> word_at(std::size_t at) const {
        if (at > data_.size() || data_.size() - at < 32) return std::unexpected(DecodeError::too_short);
        return u256::from_be_bytes(data_.subspan(at, 32));
    }
    /// A length or offset: one beyond the input is wrong whatever it counts, or it is an array of nothing.
    std::expected<std::size_t, DecodeError> size_at(std::size_t at) const {
        const auto word = word_at(at);
        if (!word) return std::unexpected(word.error());
        if (!word->fits_u64() || word->low_u64() > data_.size()) return std::unexpected(DecodeError::bad_offset);
        return static_cast<std::size_t>(word->low_u64());
    }

    Result value(const Type& type, std::size_t at) {
        if (++items_ > decoded_items_max) return std::unexpected(DecodeError::too_many_items);
        switch (type.kind) {
            case Kind::bytes:
            case Kind::string:
                return content(at);
            case Kind::array: {
                const auto count = size_at(at);
                if (!count) return std::unexpected(count.error());
                const std::size_t left = data_.size() - at - 32;
                if (*count > left / type.items.front().head_bytes()) return std::unexpected(DecodeError::too_short);
                return items(type, *count, at + 32);
            }
            case Kind::fixed_array:
                return items(type, type.length, at);
            case Kind::tuple:
                return items(type, type.items.size(), at);
            case Kind::uint:
            case Kind::sint:
            case Kind::address:
            case Kind::boolean:
            case Kind::fixed_bytes:
            case Kind::function:
                break;
        }
        const auto word = word_at(at);
        if (!word) return std::unexpected(word.error());
        if (!fits(type, *word)) {
            const bool bytes = type.kind == Kind::fixed_bytes || type.kind == Kind::function;
            return std::unexpected(bytes ? DecodeError::dirty_padding : DecodeError::out_of_range);
        }
        return number(*word);
    }

    Result items(const Type& type, std::size_t count, std::size_t at) {
        auto values = sequence([&](std::size_t i) -> const Type& { return item_type(type, i); }, count, at);
        if (!values) return std::unexpected(values.error());
        return list(std::move(*values));
    }

    Result content(std::size_t at) const {
        const auto size = size_at(at);
        if (!size) return std::unexpected(size.error());
        const std::size_t padded = (*size + 31) / 32 * 32;
        if (padded > data_.size() - at - 32) return std::unexpected(DecodeError::too_short);
        const BytesView whole = data_.subspan(at + 32, padded);
        if (std::ranges::any_of(whole.subspan(*size), [](std::uint8_t byte) { return byte != 0; }))
            return std::unexpected(DecodeError::dirty_padding);
        return bytes(whole.first(*size));
    }
};

}  // namespace

void encode_to(Bytes& out, std::span<const Type> types, std::span<const Value> values) {
    check(types.size() == values.size(), "there is one value for each type");
    encode_sequence(out, [&](std::size_t i) -> const Type& { return types[i]; }, values);
}

Bytes encode(std::span<const Type> types, std::span<const Value> values) {
    Bytes out;
    encode_to(out, types, values);
    return out;
}

std::expected<std::vector<Value>, DecodeError> decode(std::span<const Type> types, BytesView data) {
    return Decoder(data).sequence([&](std::size_t i) -> const Type& { return types[i]; }, types.size(), 0);
}

std::string_view to_string(DecodeError error) {
    switch (error) {
        case DecodeError::too_short:
            return "the data ends too early";
        case DecodeError::bad_offset:
            return "an offset or length points beyond the data";
        case DecodeError::out_of_range:
            return "a value is out of its type's range";
        case DecodeError::dirty_padding:
            return "padding is not zero";
        case DecodeError::too_many_items:
            return "too many items";
    }
    return "unknown";
}

}  // namespace talea::abi
