#include "vm/crypto/address.hpp"

#include "vm/base/hex.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::vm {

std::string to_checksum_hex(const Address& address) {
    std::string text = to_hex(address);
    const std::string_view digits = std::string_view{text}.substr(2);
    const Hash digest = keccak256({reinterpret_cast<const std::uint8_t*>(digits.data()), digits.size()});
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const unsigned nibble = i % 2 == 0 ? digest.bytes[i / 2] >> 4 : digest.bytes[i / 2] & 15;
        char& c = text[2 + i];
        if (c >= 'a' && nibble >= 8) c = static_cast<char>(c - 'a' + 'A');
    }
    return text;
}

}  // namespace talea::vm
