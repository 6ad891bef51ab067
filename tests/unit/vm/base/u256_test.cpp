#include "vm/base/u256.hpp"

#include <doctest/doctest.h>
#include <gmp.h>

#include <iterator>

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

/// Operands where carries, estimates of quotient digits and shortcuts by width go wrong: limbs of all zeros or ones or
/// nearly, powers of two and their neighbours.
u256 edge_word(tests::Random& random) {
    if (random.one_in(3)) {
        const u256 power = u256{1} << static_cast<unsigned>(random.below(256));
        return power + u256{random.below(3)} - u256{1};
    }
    constexpr std::uint64_t limbs[] = {0, 1, ~0ULL, ~0ULL - 1, 1ULL << 63, (1ULL << 63) - 1, (1ULL << 63) + 1};
    u256 value;
    for (auto& limb : value.limbs) limb = limbs[random.below(std::size(limbs))];
    return value >> static_cast<unsigned>(64 * random.below(4));
}

u256 magnitude(const u256& value) {
    return value.is_negative() ? -value : value;
}

}  // namespace

TEST_CASE("u256 arithmetic agrees with GMP on random words of every width") {
    tests::Random random;
    CAPTURE(random.seed);
    for (int i = 0; i < 100'000; ++i) {
        const auto word = [&] { return random.one_in(2) ? random.word() : edge_word(random); };
        const u256 a = word();
        const u256 b = word();
        const u256 m = word();
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
            const u256 quotient = divmod(magnitude(a), magnitude(b)).quotient;
            CHECK((sdiv(a, b) == (a.is_negative() != b.is_negative() ? -quotient : quotient)));
            CHECK((sdiv(a, b) * b + smod(a, b) == a));
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

TEST_CASE("powers agree with GMP, those of powers of two included") {
    tests::Random random;
    CAPTURE(random.seed);
    Big modulus;
    mpz_setbit(modulus.z, 256);
    for (int i = 0; i < 2000; ++i) {
        const u256 base = random.one_in(2) ? edge_word(random) : random.word();
        const u256 exponent = random.one_in(2) ? u256{random.below(300)} : random.word();
        const Big x(base), y(exponent);
        Big out;
        mpz_powm(out.z, x.z, y.z, modulus.z);
        CHECK((exp(base, exponent) == out.low()));
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
