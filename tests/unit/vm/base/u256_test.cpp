#include "vm/base/u256.hpp"

#include <doctest/doctest.h>
#include <gmp.h>

#include "unit/random.hpp"

using namespace talea;
using vm::u256;

namespace {

/// A GMP number, freed at the end of its scope: the independent reference.
struct Big {
    mpz_t z;
    Big() { mpz_init(z); }
    explicit Big(const u256& value) : Big() { mpz_import(z, 4, -1, 8, 0, 0, value.limbs.data()); }
    ~Big() { mpz_clear(z); }
    Big(const Big&) = delete;
    Big& operator=(const Big&) = delete;
    u256 low() {
        mpz_fdiv_r_2exp(z, z, 256);
        u256 value;
        mpz_export(value.limbs.data(), nullptr, -1, 8, 0, 0, z);
        return value;
    }
};

}  // namespace

TEST_CASE("u256 arithmetic agrees with GMP on random words of every width") {
    tests::Random random;
    CAPTURE(random.seed);
    for (int i = 0; i < 100'000; ++i) {
        const u256 a = random.word(), b = random.word(), m = random.word();
        const Big x(a), y(b), z(m);
        Big out;
        mpz_add(out.z, x.z, y.z);
        CHECK((a + b == out.low()));
        mpz_sub(out.z, x.z, y.z);
        CHECK((a - b == out.low()));
        mpz_mul(out.z, x.z, y.z);
        CHECK((a * b == out.low()));
        if (!b.is_zero()) {
            mpz_fdiv_q(out.z, x.z, y.z);
            CHECK((divmod(a, b).quotient == out.low()));
            mpz_fdiv_r(out.z, x.z, y.z);
            CHECK((divmod(a, b).remainder == out.low()));
        }
        if (!m.is_zero()) {
            mpz_add(out.z, x.z, y.z);
            mpz_fdiv_r(out.z, out.z, z.z);
            CHECK((addmod(a, b, m) == out.low()));
            mpz_mul(out.z, x.z, y.z);
            mpz_fdiv_r(out.z, out.z, z.z);
            CHECK((mulmod(a, b, m) == out.low()));
        }
        const unsigned bits = static_cast<unsigned>(random.below(300));
        mpz_mul_2exp(out.z, x.z, bits);
        CHECK(((a << bits) == out.low()));
        mpz_fdiv_q_2exp(out.z, x.z, bits);
        CHECK(((a >> bits) == out.low()));
        CHECK((vm::u256_from_decimal(vm::to_decimal(a)) == a));
    }
}

TEST_CASE("division by zero gives zero, and the lowest negative number divided by -1 stays itself") {
    const u256 lowest = u256{1} << 255;
    CHECK((divmod(u256{7}, u256{}).quotient.is_zero()));
    CHECK((divmod(u256{7}, u256{}).remainder.is_zero()));
    CHECK((sdiv(lowest, u256::max()) == lowest));
    CHECK((smod(-u256{7}, u256{3}) == -u256{1}));
    CHECK((mulmod(u256{5}, u256{5}, u256{}).is_zero()));
    CHECK((exp(u256{}, u256{}) == u256{1}));
}
