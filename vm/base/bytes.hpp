#pragma once
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace talea::vm {

using Bytes = std::vector<std::uint8_t>;
using BytesView = std::span<const std::uint8_t>;

/// An account's address: the last 20 bytes of the keccak of a public key, or of what created the contract.
struct Address {
    std::array<std::uint8_t, 20> bytes{};
    friend auto operator<=>(const Address&, const Address&) = default;
    [[nodiscard]] constexpr bool is_zero() const { return *this == Address{}; }
};

/// 32 bytes that are no number: a keccak, a root, an identity.
struct Hash {
    std::array<std::uint8_t, 32> bytes{};
    friend auto operator<=>(const Hash&, const Hash&) = default;
    [[nodiscard]] constexpr bool is_zero() const { return *this == Hash{}; }
};

static_assert(sizeof(Address) == 20 && sizeof(Hash) == 32);

[[nodiscard]] inline BytesView view(const Address& address) {
    return address.bytes;
}
[[nodiscard]] inline BytesView view(const Hash& hash) {
    return hash.bytes;
}

[[nodiscard]] inline bool equal(BytesView a, BytesView b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}
[[nodiscard]] inline Bytes to_bytes(BytesView view) {
    return {view.begin(), view.end()};
}
inline void append(Bytes& to, BytesView what) {
    to.insert(to.end(), what.begin(), what.end());
}

/// The address whose last two bytes are `low` and all others zero: precompiles and registries.
[[nodiscard]] constexpr Address low_address(std::uint16_t low) {
    Address address;
    address.bytes[18] = static_cast<std::uint8_t>(low >> 8);
    address.bytes[19] = static_cast<std::uint8_t>(low);
    return address;
}

/// Hash functors for tables whose order is never seen. The bytes are keccaks or chosen by users, so the tables that
/// outlive a transaction must bound their size; words are mixed, not just taken.
struct AddressHasher {
    std::size_t operator()(const Address& address) const noexcept {
        std::uint64_t a, b;
        std::uint32_t c;
        std::memcpy(&a, address.bytes.data(), 8);
        std::memcpy(&b, address.bytes.data() + 8, 8);
        std::memcpy(&c, address.bytes.data() + 16, 4);
        const std::uint64_t x = (a ^ (b * 0x9e3779b97f4a7c15ULL) ^ c) * 0xff51afd7ed558ccdULL;
        return x ^ (x >> 32);
    }
};
struct HashHasher {
    std::size_t operator()(const Hash& hash) const noexcept {
        std::uint64_t x;
        std::memcpy(&x, hash.bytes.data() + 8, 8);
        return x;
    }
};

}  // namespace talea::vm
