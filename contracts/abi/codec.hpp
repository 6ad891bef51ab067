#pragma once
#include <expected>
#include <span>
#include <string_view>
#include <vector>

#include "contracts/abi/type.hpp"
#include "contracts/abi/value.hpp"
#include "vm/base/bytes.hpp"

namespace talea::abi {

/// The values as the arguments of a call (a tuple of `types`). Each value must be one of its type: words in range,
/// fixed arrays and tuples of their length (checked: it is our own fault where it is not).
[[nodiscard]] vm::Bytes encode(std::span<const Type> types, std::span<const Value> values);
/// The same, appended.
void encode_to(vm::Bytes& out, std::span<const Type> types, std::span<const Value> values);

enum class DecodeError : std::uint8_t {
    too_short,       ///< a word, length or content beyond the end
    bad_offset,      ///< beyond the end
    out_of_range,    ///< a number beyond its type's bits, an address above 20 bytes, a boolean above 1
    dirty_padding,   ///< bytes after a fixed-bytes value or the end of a string that are not zero
    too_many_items,  ///< more than decoded_items_max in all
};
[[nodiscard]] std::string_view to_string(DecodeError error);

/// Values in all that one decoding may make: crafted offsets let a short input repeat itself without end.
inline constexpr std::size_t decoded_items_max = 1 << 18;

/// Strict: whatever Solidity's decoder would refuse is refused, and so is padding that is not zero. Offsets may lie in
/// any order, and bytes may follow the values (Solidity accepts both); `decode(encode(x)) == x`.
[[nodiscard]] std::expected<std::vector<Value>, DecodeError> decode(std::span<const Type> types, vm::BytesView data);

}  // namespace talea::abi
