#include "vm/rlp/encode.hpp"

namespace talea::vm::rlp {
namespace {

constexpr std::size_t short_max = 55;  // longer payloads have their length written out
constexpr std::uint8_t string_offset = 0x80, list_offset = 0xc0;

std::size_t byte_width(std::uint64_t number) {
    return static_cast<std::size_t>(std::bit_width(number) + 7) / 8;
}

/// At most 9 bytes.
struct Prefix {
    std::array<std::uint8_t, 9> bytes{};
    std::size_t size = 0;
};
Prefix prefix_of(std::uint8_t offset, std::size_t payload_bytes) {
    Prefix prefix;
    if (payload_bytes <= short_max) {
        prefix.bytes[prefix.size++] = static_cast<std::uint8_t>(offset + payload_bytes);
        return prefix;
    }
    const std::size_t width = byte_width(payload_bytes);
    prefix.bytes[prefix.size++] = static_cast<std::uint8_t>(offset + short_max + width);
    for (std::size_t i = width; i-- > 0;)
        prefix.bytes[prefix.size++] = static_cast<std::uint8_t>(payload_bytes >> (8 * i));
    return prefix;
}
BytesView view_of(const Prefix& prefix) {
    return BytesView{prefix.bytes}.first(prefix.size);
}

}  // namespace

void encode(Bytes& out, BytesView string) {
    if (string.size() != 1 || string[0] >= string_offset) append(out, view_of(prefix_of(string_offset, string.size())));
    append(out, string);
}

void encode(Bytes& out, std::uint64_t number) {
    const std::uint64_t big_endian = __builtin_bswap64(number);
    std::array<std::uint8_t, 8> bytes;
    std::memcpy(bytes.data(), &big_endian, 8);
    encode(out, BytesView{bytes}.last(byte_width(number)));
}

void encode(Bytes& out, const u256& number) {
    const auto bytes = number.to_be_bytes();
    encode(out, BytesView{bytes}.last(number.byte_width()));
}

void encode_list_header(Bytes& out, std::size_t payload_bytes) {
    append(out, view_of(prefix_of(list_offset, payload_bytes)));
}

std::size_t list_header_bytes(std::size_t payload_bytes) {
    return payload_bytes <= short_max ? 1 : 1 + byte_width(payload_bytes);
}

void List::close() {
    if (!open_) return;
    open_ = false;
    const Prefix prefix = prefix_of(list_offset, out_.size() - start_);
    const BytesView bytes = view_of(prefix);
    out_.insert(out_.begin() + static_cast<std::ptrdiff_t>(start_), bytes.begin(), bytes.end());
}

}  // namespace talea::vm::rlp
