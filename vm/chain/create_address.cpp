#include "vm/chain/create_address.hpp"

#include "vm/crypto/keccak.hpp"
#include "vm/rlp/encode.hpp"

namespace talea::vm {
namespace {

Address low_20(const Hash& hash) {
    Address address;
    std::memcpy(address.bytes.data(), hash.bytes.data() + 12, 20);
    return address;
}

}  // namespace

Address create_address(const Address& creator, std::uint64_t nonce) {
    Bytes encoded;
    rlp::List list(encoded);
    rlp::encode(encoded, creator);
    rlp::encode(encoded, nonce);
    list.close();
    return low_20(keccak256(encoded));
}

Address create2_address(const Address& creator, const Hash& salt, const Hash& init_code_hash) {
    std::array<std::uint8_t, 85> input;
    input[0] = 0xff;
    std::memcpy(input.data() + 1, creator.bytes.data(), 20);
    std::memcpy(input.data() + 21, salt.bytes.data(), 32);
    std::memcpy(input.data() + 53, init_code_hash.bytes.data(), 32);
    return low_20(keccak256(input));
}

}  // namespace talea::vm
