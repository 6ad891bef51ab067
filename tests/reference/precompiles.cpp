#include "reference/precompiles.hpp"

#include <gmpxx.h>

#include <algorithm>

#include "vm/crypto/digest.hpp"
#include "vm/crypto/p256.hpp"
#include "vm/crypto/secp256k1.hpp"
#include "vm/interpreter/precompiles.hpp"

namespace talea::reference {
namespace {

using namespace talea::vm;
using Integer = mpz_class;

Bytes slice(BytesView input, std::size_t from, std::size_t size) {
    Bytes out(size);
    for (std::size_t i = 0; i < size && from + i < input.size(); ++i) out[i] = input[from + i];
    return out;
}
u256 word_at(BytesView input, std::size_t from) {
    return u256::from_be_bytes(slice(input, from, 32));
}
Integer integer(BytesView bytes) {
    Integer out;
    if (!bytes.empty()) mpz_import(out.get_mpz_t(), bytes.size(), 1, 1, 1, 0, bytes.data());
    return out;
}
Bytes as_word(BytesView bytes) {
    Bytes out(32 - bytes.size());
    append(out, bytes);
    return out;
}
Result fail() {
    return {Status::precompile_failure, 0, {}, {}};
}
/// `output` is asked for only where `cost` can be paid.
template <class Output>
Result give(Gas gas, const Integer& cost, const Output& output) {
    if (cost > gas) return fail();
    return {Status::success, gas - static_cast<Gas>(cost.get_si()), output(), {}};
}

Bytes recovered(BytesView input) {
    const u256 v = word_at(input, 32);
    if (v != u256{27} && v != u256{28}) return {};
    const Signature signature{word_at(input, 64), word_at(input, 96), static_cast<std::uint8_t>(v.low_u64() - 27)};
    const auto signer = recover_address(Hash{word_at(input, 0).to_be_bytes()}, signature);
    return signer ? as_word(view(*signer)) : Bytes{};
}

/// EIP-198; its price by EIP-2565, since Osaka by EIP-7883, which EIP-7823 bounds.
Result modular_exponentiation(Fork fork, BytesView input, Gas gas) {
    const bool osaka = fork >= Fork::osaka;
    const Integer base_size = integer(slice(input, 0, 32)), exponent_size = integer(slice(input, 32, 32)),
                  modulus_size = integer(slice(input, 64, 32));
    if (osaka && (base_size > 1024 || exponent_size > 1024 || modulus_size > 1024)) return fail();
    const Integer longest = std::max(base_size, modulus_size);

    // The exponent may be long beyond all that can be paid; only its first 32 bytes are priced bit by bit.
    const Integer exponent_at = 96 + base_size;
    const std::size_t head_size = exponent_size < 32 ? exponent_size.get_ui() : 32;
    const Integer head =
        exponent_at < Integer(input.size()) ? integer(slice(input, exponent_at.get_ui(), head_size)) : 0;
    Integer iterations = head == 0 ? 0 : Integer(mpz_sizeinbase(head.get_mpz_t(), 2) - 1);
    if (exponent_size > 32) iterations += (osaka ? 16 : 8) * (exponent_size - 32);
    if (iterations < 1) iterations = 1;
    const Integer words = (longest + 7) / 8;
    Integer cost;
    if (osaka)
        cost = std::max(Integer((longest <= 32 ? Integer(16) : Integer(2 * words * words)) * iterations), Integer(500));
    else
        cost = std::max(Integer(words * words * iterations / 3), Integer(200));
    return give(gas, cost, [&]() -> Bytes {
        if (longest == 0) return {};
        const std::size_t b = base_size.get_ui(), e = exponent_size.get_ui(), m = modulus_size.get_ui();
        const Integer base = integer(slice(input, 96, b)), exponent = integer(slice(input, 96 + b, e)),
                      modulus = integer(slice(input, 96 + b + e, m));
        Bytes out(m);
        if (modulus <= 1) return out;
        Integer power;
        mpz_powm(power.get_mpz_t(), base.get_mpz_t(), exponent.get_mpz_t(), modulus.get_mpz_t());
        if (power == 0) return out;
        const std::size_t bytes = (mpz_sizeinbase(power.get_mpz_t(), 2) + 7) / 8;
        mpz_export(out.data() + (m - bytes), nullptr, 1, 1, 1, 0, power.get_mpz_t());
        return out;
    });
}

/// EIP-152.
Result blake2(BytesView input, Gas gas) {
    if (input.size() != 213 || input[212] > 1) return fail();
    const auto rounds = static_cast<std::uint32_t>(integer(input.first(4)).get_ui());
    return give(gas, Integer(rounds), [&] {
        std::uint64_t h[8], m[16], t[2];
        const auto limbs = [&](std::uint64_t* to, std::size_t count, std::size_t from) {
            for (std::size_t i = 0; i < 8 * count; ++i)
                to[i / 8] = (i % 8 == 0 ? 0 : to[i / 8]) | std::uint64_t{input[from + i]} << (8 * (i % 8));
        };
        limbs(h, 8, 4), limbs(m, 16, 68), limbs(t, 2, 196);
        blake2b_compress(rounds, h, m, t, input[212] == 1);
        Bytes out;
        for (std::size_t i = 0; i < 64; ++i) out.push_back(static_cast<std::uint8_t>(h[i / 8] >> (8 * (i % 8))));
        return out;
    });
}

}  // namespace

std::optional<Result> precompile(Fork fork, const Address& address, BytesView input, Gas gas) {
    const u256 number = u256::from_be_bytes(address.bytes);
    const u256 last{fork >= Fork::prague ? 0x11U : fork >= Fork::cancun ? 0x0aU : 0x09U};
    if (!(number <= last && !number.is_zero()) && !(fork >= Fork::osaka && number == u256{0x100})) return std::nullopt;
    const Integer words((input.size() + 31) / 32);
    switch (number.low_u64()) {
        case 1:
            return give(gas, 3000, [&] { return recovered(input); });
        case 2:
            return give(gas, 60 + 12 * words, [&] { return to_bytes(view(sha256(input))); });
        case 3:
            return give(gas, 600 + 120 * words, [&] { return as_word(view(ripemd160(input))); });
        case 4:
            return give(gas, 15 + 3 * words, [&] { return to_bytes(input); });
        case 5:
            return modular_exponentiation(fork, input, gas);
        case 9:
            return blake2(input, gas);
        case 0x100:  // EIP-7951
            return give(gas, 6900, [&] {
                const bool valid =
                    input.size() == 160 && verify_p256(Hash{word_at(input, 0).to_be_bytes()}, word_at(input, 32),
                                                       word_at(input, 64), word_at(input, 96), word_at(input, 128));
                return valid ? to_bytes(u256{1}.to_be_bytes()) : Bytes{};
            });
        default: {  // the curves have oracles of their own: their group laws, GMP and the public tests
            const PrecompileResult result = run_precompile(fork, address, input, gas);
            return Result{result.succeeded ? Status::success : Status::precompile_failure,
                          result.succeeded ? result.gas_left : 0,
                          result.output,
                          {}};
        }
    }
}

}  // namespace talea::reference
