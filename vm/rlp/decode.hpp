#pragma once
#include <expected>
#include <string_view>

#include "vm/base/bytes.hpp"
#include "vm/base/u256.hpp"

/// Recursive Length Prefix, read strictly: what we would not have written is refused.
namespace talea::vm::rlp {

enum class Error : std::uint8_t {
    truncated,          ///< an item is longer than what is left
    trailing_bytes,     ///< something follows the last item
    not_minimal,        ///< a length or a single byte is written longer than it need be
    leading_zero,       ///< a number with a leading zero
    unexpected_list,    ///< a list where a string was due
    unexpected_string,  ///< a string where a list was due
    number_too_large,   ///< a number that does not fit its type
    wrong_length,       ///< a string of fixed length that is longer or shorter
    too_few_items,      ///< a list that ends early
};
[[nodiscard]] std::string_view to_string(Error error);

template <class T>
using Result = std::expected<T, Error>;

/// One item: its payload, and whether it is a list.
struct Item {
    bool is_list = false;
    BytesView payload;
    BytesView encoded;  ///< with its header
};

/// Reads items one after another from a view; nothing is copied.
class Reader {
  public:
    explicit Reader(BytesView input) : rest_(input) {}

    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    [[nodiscard]] BytesView rest() const { return rest_; }
    /// Looks at the next item without taking it.
    [[nodiscard]] Result<Item> peek() const;
    Result<Item> item();
    Result<Reader> list();
    Result<BytesView> string();
    Result<std::uint64_t> u64();
    Result<u256> number();
    Result<Address> address();
    Result<Hash> hash();
    /// trailing_bytes unless all was read.
    [[nodiscard]] Result<void> end() const;

  private:
    BytesView rest_;
};

/// The only item of `input`.
[[nodiscard]] Result<Item> decode(BytesView input);

}  // namespace talea::vm::rlp
