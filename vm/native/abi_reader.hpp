#pragma once
#include "vm/base/bytes.hpp"
#include "vm/base/u256.hpp"

namespace talea::vm {

/// Reads arguments of the Solidity ABI strictly, one head word after the other: values with bits outside their type,
/// words that are not there and offsets out of range set `failed` (and read as zero). What follows the last argument is
/// not looked at, as in Solidity.
class AbiReader {
  public:
    explicit AbiReader(BytesView data) : data_(data) {}

    [[nodiscard]] u256 word() {
        if (data_.size() - at_ < 32) {
            failed_ = true;
            return {};
        }
        const u256 value = u256::from_be_bytes(data_.subspan(at_, 32));
        at_ += 32;
        return value;
    }
    /// An unsigned number of at most 64 bits.
    [[nodiscard]] std::uint64_t number(unsigned bits) {
        const u256 value = word();
        if (!value.fits_u64() || (bits < 64 && value.limbs[0] >> bits != 0)) failed_ = true;
        return failed_ ? 0 : value.limbs[0];
    }
    template <typename Unsigned>
    [[nodiscard]] Unsigned number() {
        return static_cast<Unsigned>(number(8 * sizeof(Unsigned)));
    }
    [[nodiscard]] u256 wide_number(unsigned bits) {
        const u256 value = word();
        if (value.bit_width() > bits) failed_ = true;
        return failed_ ? u256{} : value;
    }
    [[nodiscard]] bool boolean() { return number(1) != 0; }
    [[nodiscard]] Address address() { return to_address(wide_number(160)); }

    /// A list of `words_each` words an element (1 for address[]), or of dynamic elements with `words_each` 1, whose
    /// offsets count from the list's first element: `items` is a reader at that element.
    struct List;
    [[nodiscard]] List list();
    /// A dynamic tuple (or list element) by its offset.
    [[nodiscard]] AbiReader tuple() { return follow(); }
    /// `bytes`.
    [[nodiscard]] BytesView bytes() {
        AbiReader tail = follow();
        const std::uint64_t size = tail.number(64);
        const BytesView rest = tail.rest();
        if (tail.failed_ || size > rest.size()) {
            failed_ = true;
            return {};
        }
        return rest.first(size);
    }

    [[nodiscard]] bool failed() const { return failed_; }
    void fail() { failed_ = true; }

  private:
    [[nodiscard]] BytesView rest() const { return data_.subspan(at_); }
    /// What the next word, an offset from the first head word, points at.
    [[nodiscard]] AbiReader follow() {
        const std::uint64_t offset = number(64);
        if (failed_ || offset > data_.size()) {
            failed_ = true;
            return AbiReader{BytesView{}};
        }
        return AbiReader{data_.subspan(offset)};
    }

    BytesView data_;
    std::size_t at_ = 0;
    bool failed_ = false;
};

struct AbiReader::List {
    std::uint64_t count = 0;
    AbiReader items;
};

inline AbiReader::List AbiReader::list() {
    AbiReader tail = follow();
    const std::uint64_t count = tail.number(64);
    const BytesView items = tail.rest();
    if (tail.failed_ || count > items.size() / 32) {
        failed_ = true;
        return {.count = 0, .items = AbiReader{{}}};
    }
    return {.count = count, .items = AbiReader{items}};
}

}  // namespace talea::vm
