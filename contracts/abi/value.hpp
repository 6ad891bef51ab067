#pragma once
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/abi/type.hpp"
#include "vm/base/bytes.hpp"
#include "vm/base/u256.hpp"

namespace talea::abi {

/// A value of some Type, which its owner knows; which of the fields counts is the type's matter.
struct Value {
    vm::u256 word;             ///< of a one-word type: the 32 bytes as they are encoded (fixed bytes to the left)
    vm::Bytes bytes;           ///< of bytes and string
    std::vector<Value> items;  ///< of arrays and tuples
    friend bool operator==(const Value&, const Value&) = default;
};

[[nodiscard]] Value number(const vm::u256& value);
[[nodiscard]] Value address(const vm::Address& value);
[[nodiscard]] Value boolean(bool value);
[[nodiscard]] Value hash(const vm::Hash& value);
[[nodiscard]] Value bytes(vm::BytesView value);
[[nodiscard]] Value text(std::string_view value);
[[nodiscard]] Value list(std::vector<Value> items);

enum class ValueError : std::uint8_t {
    not_a_number,
    out_of_range,  ///< of the type's bits
    not_an_address,
    not_a_boolean,
    not_hex,
    wrong_length,  ///< of fixed bytes or a fixed array, or of a tuple
    malformed,     ///< brackets or quotes that do not match
};
[[nodiscard]] std::string_view to_string(ValueError error);

/// What a person writes on a command line: decimal or 0x numbers (with a minus sign for ints), addresses and bytes in
/// hex, true and false, strings as they are (inside brackets quoted where they hold a comma, bracket or quote), arrays
/// as [a,b], tuples as (a,b).
[[nodiscard]] std::expected<Value, ValueError> parse_value(const Type& type, std::string_view text);

/// The reverse; addresses with their checksum (EIP-55), strings quoted. Components of named tuples are named.
[[nodiscard]] std::string format(const Type& type, const Value& value);
/// The same with addresses as `name_address` writes them: names of an address book, labels of a test.
using AddressNamer = std::function<std::string(const vm::Address&)>;
[[nodiscard]] std::string format(const Type& type, const Value& value, const AddressNamer& name_address);

}  // namespace talea::abi
