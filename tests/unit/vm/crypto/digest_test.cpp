#include "vm/crypto/digest.hpp"

#include <doctest/doctest.h>

#include <string_view>

#include "vm/base/hex.hpp"

using namespace talea;

namespace {

vm::BytesView text(std::string_view chars) {
    return {reinterpret_cast<const std::uint8_t*>(chars.data()), chars.size()};
}

/// BLAKE2b-512 of at most one block, without a key (RFC 7693, 3.3).
std::string blake2b_512(std::string_view message) {
    std::uint64_t h[8] = {0x6a09e667f3bcc908 ^ 0x01010040,
                          0xbb67ae8584caa73b,
                          0x3c6ef372fe94f82b,
                          0xa54ff53a5f1d36f1,
                          0x510e527fade682d1,
                          0x9b05688c2b3e6c1f,
                          0x1f83d9abfb41bd6b,
                          0x5be0cd19137e2179};
    std::uint64_t m[16]{};
    std::memcpy(m, message.data(), message.size());
    const std::uint64_t t[2] = {message.size(), 0};
    vm::blake2b_compress(12, h, m, t, true);
    vm::Bytes digest(64);
    std::memcpy(digest.data(), h, 64);
    return vm::to_hex(digest);
}

}  // namespace

TEST_CASE("sha256 and ripemd160 give the known digests") {
    CHECK(to_hex(vm::sha256({})) == "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(to_hex(vm::sha256(text("abc"))) == "0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(to_hex(vm::ripemd160({})) == "0x9c1185a5c5e9fc54612808977ee8f548b2258d31");
    CHECK(to_hex(vm::ripemd160(text("abc"))) == "0x8eb208f7e05d987a9b044a8e98c6b087f15a0bfc");
}

TEST_CASE("the compression function makes BLAKE2b-512 of abc") {
    CHECK(blake2b_512("abc") ==
          "0xba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
          "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
}

TEST_CASE("the compression function of no rounds only folds the state") {
    std::uint64_t h[8]{};
    const std::uint64_t m[16]{}, t[2]{};
    vm::blake2b_compress(0, h, m, t, false);
    CHECK(h[0] == 0x6a09e667f3bcc908);
    CHECK(h[7] == 0x5be0cd19137e2179);
}
