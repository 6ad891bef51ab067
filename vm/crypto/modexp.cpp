#include "vm/crypto/modexp.hpp"

#include <gmp.h>

namespace talea::vm {
namespace {

/// GMP aborts when a number outgrows memory; callers bound the lengths (EIP-7823, or the gas).
struct Number {
    mpz_t z;
    Number() { mpz_init(z); }
    explicit Number(BytesView big_endian) : Number() {
        mpz_import(z, big_endian.size(), 1, 1, 1, 0, big_endian.data());
    }
    ~Number() { mpz_clear(z); }
    Number(const Number&) = delete;
    Number& operator=(const Number&) = delete;
};

}  // namespace

Bytes modexp(BytesView base, BytesView exponent, BytesView modulus) {
    Bytes out(modulus.size());
    const Number m(modulus);
    if (mpz_sgn(m.z) == 0) return out;
    const Number b(base), e(exponent);
    Number power;
    mpz_powm(power.z, b.z, e.z, m.z);
    const std::size_t size = (mpz_sizeinbase(power.z, 2) + 7) / 8;  // 1 for zero, which exports nothing
    if (mpz_sgn(power.z) != 0) mpz_export(out.data() + (out.size() - size), nullptr, 1, 1, 1, 0, power.z);
    return out;
}

}  // namespace talea::vm
