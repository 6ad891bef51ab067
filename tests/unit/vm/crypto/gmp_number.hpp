#pragma once
#include <gmp.h>

#include "vm/crypto/montgomery.hpp"

namespace talea::tests {

/// An integer of GMP as a value: the oracle of the fields.
class GmpNumber {
  public:
    explicit GmpNumber(std::uint64_t value) { mpz_init_set_ui(z_, value); }
    template <std::size_t count>
    explicit GmpNumber(const vm::Limbs<count>& limbs) {
        mpz_init(z_);
        mpz_import(z_, count, -1, 8, 0, 0, limbs.data());
    }
    GmpNumber(const GmpNumber& other) { mpz_init_set(z_, other.z_); }
    GmpNumber& operator=(const GmpNumber& other) {
        mpz_set(z_, other.z_);
        return *this;
    }
    ~GmpNumber() { mpz_clear(z_); }

    friend GmpNumber operator+(GmpNumber a, const GmpNumber& b) { return mpz_add(a.z_, a.z_, b.z_), a; }
    friend GmpNumber operator-(GmpNumber a, const GmpNumber& b) { return mpz_sub(a.z_, a.z_, b.z_), a; }
    friend GmpNumber operator*(GmpNumber a, const GmpNumber& b) { return mpz_mul(a.z_, a.z_, b.z_), a; }
    friend GmpNumber operator/(GmpNumber a, const GmpNumber& b) { return mpz_fdiv_q(a.z_, a.z_, b.z_), a; }
    friend GmpNumber operator%(GmpNumber a, const GmpNumber& b) { return mpz_mod(a.z_, a.z_, b.z_), a; }
    friend bool operator==(const GmpNumber& a, const GmpNumber& b) { return mpz_cmp(a.z_, b.z_) == 0; }
    friend bool operator<(const GmpNumber& a, const GmpNumber& b) { return mpz_cmp(a.z_, b.z_) < 0; }

    [[nodiscard]] GmpNumber power(unsigned long exponent) const {
        GmpNumber out(0);
        mpz_pow_ui(out.z_, z_, exponent);
        return out;
    }
    [[nodiscard]] bool is_probably_prime() const { return mpz_probab_prime_p(z_, 30) != 0; }
    [[nodiscard]] std::size_t bit_width() const { return mpz_sizeinbase(z_, 2); }
    [[nodiscard]] bool bit(std::size_t index) const { return mpz_tstbit(z_, index) != 0; }
    /// Of a number that is not negative and fits.
    template <std::size_t count>
    [[nodiscard]] vm::Limbs<count> limbs() const {
        vm::Limbs<count> out{};
        mpz_export(out.data(), nullptr, -1, 8, 0, 0, z_);
        return out;
    }

  private:
    mpz_t z_;
};

}  // namespace talea::tests
