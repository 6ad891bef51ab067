#include "vm/crypto/p256.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <memory>

#include "vm/base/check.hpp"

namespace talea::vm {
namespace {

template <auto free_function>
struct Free {
    template <class T>
    void operator()(T* object) const {
        free_function(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;

/// The order of the group (SEC 2, 2.4.2).
constexpr u256 order{0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff, 0xffffffff00000000};

void append_word(Bytes& to, const u256& word) {
    append(to, word.to_be_bytes());
}

/// Nothing for coordinates that are not below the field's prime, or a point that is not on the curve.
Key public_key(const u256& x, const u256& y) {
    Bytes point{0x04};  // uncompressed
    append_word(point, x);
    append_word(point, y);
    char group[] = "prime256v1";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
        OSSL_PARAM_construct_end(),
    };
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    check(context && EVP_PKEY_fromdata_init(context.get()) == 1, "OpenSSL 3 makes EC keys from data");
    EVP_PKEY* key = nullptr;
    if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, const_cast<OSSL_PARAM*>(parameters)) != 1)
        return nullptr;
    return Key(key);
}

/// A number in DER: minimal, with a zero before a set highest bit.
void append_der_number(Bytes& to, const u256& number) {
    const auto bytes = number.to_be_bytes();
    const BytesView minimal = BytesView{bytes}.last(number.byte_width());
    const bool padded = minimal[0] >= 0x80;
    to.push_back(0x02);
    to.push_back(static_cast<std::uint8_t>(minimal.size() + (padded ? 1 : 0)));
    if (padded) to.push_back(0);
    append(to, minimal);
}

}  // namespace

bool verify_p256(const Hash& digest, const u256& r, const u256& s, const u256& x, const u256& y) {
    if (r.is_zero() || s.is_zero() || r >= order || s >= order) return false;
    const Key key = public_key(x, y);
    if (!key) return false;
    Bytes numbers;
    append_der_number(numbers, r);
    append_der_number(numbers, s);
    Bytes der{0x30, static_cast<std::uint8_t>(numbers.size())};  // at most 2 (2 + 33) = 70, a short length
    append(der, numbers);

    const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
    check(context && EVP_PKEY_verify_init(context.get()) == 1, "OpenSSL 3 verifies with EC keys");
    return EVP_PKEY_verify(context.get(), der.data(), der.size(), digest.bytes.data(), digest.bytes.size()) == 1;
}

}  // namespace talea::vm
