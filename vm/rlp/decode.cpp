#include "vm/rlp/decode.hpp"

namespace talea::vm::rlp {
namespace {

struct HeaderSize {
    bool is_list = false;
    std::size_t header_bytes = 0;
    std::size_t payload_bytes = 0;
};

/// Reads a length written out in `width` bytes (1 to 8) that follow the first.
Result<std::size_t> long_length(BytesView input, std::size_t width) {
    if (input.size() - 1 < width) return std::unexpected(Error::truncated);
    if (input[1] == 0) return std::unexpected(Error::not_minimal);
    std::size_t length = 0;
    for (std::size_t i = 1; i <= width; ++i) length = length << 8 | input[i];
    if (length <= 55) return std::unexpected(Error::not_minimal);
    return length;
}

Result<HeaderSize> header_of(BytesView input) {
    const std::uint8_t first = input[0];
    if (first < 0x80) return HeaderSize{false, 0, 1};
    const bool is_list = first >= 0xc0;
    const std::size_t code = first - (is_list ? 0xc0U : 0x80U);
    if (code <= 55) return HeaderSize{is_list, 1, code};
    const std::size_t width = code - 55;
    const auto length = long_length(input, width);
    if (!length) return std::unexpected(length.error());
    return HeaderSize{is_list, 1 + width, *length};
}

template <class Fixed>
Result<Fixed> fixed(Reader& reader) {
    const auto bytes = reader.string();
    if (!bytes) return std::unexpected(bytes.error());
    Fixed value;
    if (bytes->size() != value.bytes.size()) return std::unexpected(Error::wrong_length);
    std::memcpy(value.bytes.data(), bytes->data(), value.bytes.size());
    return value;
}

}  // namespace

std::string_view to_string(Error error) {
    switch (error) {
        case Error::truncated:
            return "an item is longer than what is left of the input";
        case Error::trailing_bytes:
            return "something follows the last item";
        case Error::not_minimal:
            return "a length or a single byte is written longer than it need be";
        case Error::leading_zero:
            return "a number has a leading zero";
        case Error::unexpected_list:
            return "a list stands where a string was due";
        case Error::unexpected_string:
            return "a string stands where a list was due";
        case Error::number_too_large:
            return "a number does not fit its type";
        case Error::wrong_length:
            return "a string of fixed length is longer or shorter";
        case Error::too_few_items:
            return "a list ends early";
    }
    return "unknown error";
}

Result<Item> Reader::peek() const {
    if (rest_.empty()) return std::unexpected(Error::too_few_items);
    const auto header = header_of(rest_);
    if (!header) return std::unexpected(header.error());
    if (header->payload_bytes > rest_.size() - header->header_bytes) return std::unexpected(Error::truncated);
    const BytesView encoded = rest_.first(header->header_bytes + header->payload_bytes);
    const BytesView payload = encoded.subspan(header->header_bytes);
    if (!header->is_list && header->header_bytes == 1 && payload.size() == 1 && payload[0] < 0x80)
        return std::unexpected(Error::not_minimal);
    return Item{header->is_list, payload, encoded};
}

Result<Item> Reader::item() {
    auto next = peek();
    if (next) rest_ = rest_.subspan(next->encoded.size());
    return next;
}

Result<Reader> Reader::list() {
    const auto next = peek();
    if (!next) return std::unexpected(next.error());
    if (!next->is_list) return std::unexpected(Error::unexpected_string);
    rest_ = rest_.subspan(next->encoded.size());
    return Reader{next->payload};
}

Result<BytesView> Reader::string() {
    const auto next = peek();
    if (!next) return std::unexpected(next.error());
    if (next->is_list) return std::unexpected(Error::unexpected_list);
    rest_ = rest_.subspan(next->encoded.size());
    return next->payload;
}

// Which of two broken rules is named is what the public transaction tests expect: 64-bit numbers are too large before
// they have leading zeros, 256-bit numbers the other way round.
Result<std::uint64_t> Reader::u64() {
    const auto bytes = string();
    if (!bytes) return std::unexpected(bytes.error());
    if (bytes->size() > 8) return std::unexpected(Error::number_too_large);
    if (!bytes->empty() && bytes->front() == 0) return std::unexpected(Error::leading_zero);
    return u256::from_be_bytes(*bytes).low_u64();
}

Result<u256> Reader::number() {
    const auto bytes = string();
    if (!bytes) return std::unexpected(bytes.error());
    if (!bytes->empty() && bytes->front() == 0) return std::unexpected(Error::leading_zero);
    if (bytes->size() > 32) return std::unexpected(Error::number_too_large);
    return u256::from_be_bytes(*bytes);
}

Result<Address> Reader::address() {
    return fixed<Address>(*this);
}

Result<Hash> Reader::hash() {
    return fixed<Hash>(*this);
}

Result<void> Reader::end() const {
    if (!rest_.empty()) return std::unexpected(Error::trailing_bytes);
    return {};
}

Result<Item> decode(BytesView input) {
    if (input.empty()) return std::unexpected(Error::truncated);
    Reader reader{input};
    const auto item = reader.item();
    if (!item) return item;
    if (const auto end = reader.end(); !end) return std::unexpected(end.error());
    return item;
}

}  // namespace talea::vm::rlp
