#pragma once
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace talea::abi {

enum class Kind : std::uint8_t {
    uint,
    sint,  ///< "int" of the specification
    address,
    boolean,
    fixed_bytes,  ///< bytes1 to bytes32
    function,     ///< address and selector, 24 bytes
    bytes,
    string,
    array,        ///< T[]
    fixed_array,  ///< T[k]
    tuple,
};

/// A type of the Solidity contract ABI specification.
struct Type {
    Kind kind = Kind::uint;
    std::uint16_t size = 256;  ///< bits of uint and sint, bytes of fixed_bytes
    std::size_t length = 0;    ///< of a fixed array
    std::vector<Type> items;   ///< the element of an array (one), the components of a tuple

    std::vector<std::string> names;  ///< of a tuple's components, where a JSON ABI tells them; else empty
    std::string struct_name;         ///< of a tuple, where a JSON ABI tells it ("struct IPolicies.Rule")

    /// As it stands in a signature: "uint256", "(address,uint8)[]".
    [[nodiscard]] std::string canonical() const;
    /// Encoded behind an offset.
    [[nodiscard]] bool is_dynamic() const;
    /// Bytes in the head of a tuple that holds it: 32 where it is dynamic.
    [[nodiscard]] std::size_t head_bytes() const;
    /// One word: everything but bytes, string, arrays and tuples.
    [[nodiscard]] bool is_word() const { return kind <= Kind::function; }
};

/// Types nest no deeper than this, and fixed arrays are no longer, so that a type's size in bytes fits any counter.
inline constexpr std::size_t type_depth_max = 16;
inline constexpr std::size_t fixed_array_length_max = 4096;
/// Bytes of a type's head; also what keeps nested fixed arrays small.
inline constexpr std::size_t head_bytes_max = 1 << 20;

enum class TypeError : std::uint8_t {
    unknown_type,   ///< no type of the specification (nor are empty tuples and fixed-point numbers)
    bad_size,       ///< uint7, bytes33
    bad_length,     ///< of a fixed array: not a number, 0, or above the maximum
    too_deep,       ///< nested beyond type_depth_max
    too_large,      ///< head beyond head_bytes_max
    bad_signature,  ///< not of the form name(type,...)
};
[[nodiscard]] std::string_view to_string(TypeError error);

/// "uint256", "uint" (an alias of it), "bytes4[3][]", "(address,(uint8,bool)[])"; with "tuple" before the parenthesis
/// too. No spaces.
[[nodiscard]] std::expected<Type, TypeError> parse_type(std::string_view text);

/// "transfer(address,uint256)"; for a human also "transfer(address to, uint256 amount)", whose names are dropped.
struct Signature {
    std::string name;
    std::vector<Type> inputs;
    [[nodiscard]] std::string canonical() const;
};
[[nodiscard]] std::expected<Signature, TypeError> parse_signature(std::string_view text);

}  // namespace talea::abi
