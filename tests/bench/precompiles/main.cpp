// bench_precompiles [NAME]
//
// Calls each precompile of Osaka (or those whose name contains NAME) with valid inputs that take it long, and prints
// processor time per call, the price in gas, and nanoseconds per gas beside those of ecrecover in the same run: what is
// far above the others is an attack.
#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/execution/processor_time.hpp"
#include "unit/random.hpp"
#include "vm/crypto/bls12_381.hpp"
#include "vm/crypto/bn254.hpp"
#include "vm/crypto/digest.hpp"
#include "vm/crypto/kzg.hpp"
#include "vm/crypto/secp256k1.hpp"
#include "vm/interpreter/precompiles.hpp"

namespace {

using namespace talea;
using vm::Bytes, vm::u256;
namespace bn254 = vm::bn254;
namespace bls = vm::bls12_381;

struct Case {
    std::string name;
    std::uint16_t address = 0;
    Bytes input;
};

Bytes joined(std::initializer_list<Bytes> parts) {
    Bytes out;
    for (const Bytes& part : parts) vm::append(out, part);
    return out;
}
template <class Array>
Bytes bytes_of(const Array& array) {
    return {array.begin(), array.end()};
}
Bytes word(const u256& value) {
    return bytes_of(value.to_be_bytes());
}

/// All scalars full, so that no window is skipped.
u256 full_scalar(tests::Random& random) {
    return u256{random.next(), random.next(), random.next(), random.next() | 1ULL << 63};
}

Bytes ecrecover_input() {
    const vm::Hash digest = vm::to_hash(u256{1});
    const vm::Signature signature = vm::sign(vm::PrivateKey{vm::to_hash(u256{0xa11ce})}, digest);
    return joined({bytes_of(digest.bytes), word(u256{27U + signature.y_parity}), word(signature.r), word(signature.s)});
}
/// RFC 6979, appendix A.2.5: SHA-256 of "sample".
Bytes p256_input() {
    constexpr std::string_view message = "sample";
    const auto number = [](std::string_view digits) { return word(*vm::u256_from_hex(digits)); };
    return joined({bytes_of(vm::sha256(bytes_of(message)).bytes),
                   number("0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"),
                   number("0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"),
                   number("0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"),
                   number("0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299")});
}
Bytes modexp_input(std::size_t base, std::size_t exponent, std::size_t modulus) {
    Bytes input = joined({word(u256{base}), word(u256{exponent}), word(u256{modulus})});
    input.resize(96 + base + exponent + modulus, 0xff);
    return input;
}
Bytes blake2f_input(std::uint32_t rounds) {
    Bytes input(213, 0x55);
    for (std::size_t i = 0; i < 4; ++i) input[i] = static_cast<std::uint8_t>(rounds >> (24 - 8 * i));
    input[212] = 1;
    return input;
}

bn254::G1 bn254_g1(tests::Random& random) {
    return bn254::multiply(bn254::g1_generator, full_scalar(random));
}
Bytes encode(const bn254::G2& q) {
    return joined({bytes_of(q.x.c1.to_be_bytes()), bytes_of(q.x.c0.to_be_bytes()), bytes_of(q.y.c1.to_be_bytes()),
                   bytes_of(q.y.c0.to_be_bytes())});
}
Bytes bn254_pairs(tests::Random& random, std::size_t count) {
    Bytes input;
    for (std::size_t i = 0; i < count; ++i) {
        vm::append(input, bn254::encode(bn254_g1(random)));
        vm::append(input, encode(vm::multiple(bn254::g2_generator, full_scalar(random)).affine()));
    }
    return input;
}
bls::G1 bls_g1(tests::Random& random) {
    return vm::multiple(bls::g1_generator, full_scalar(random)).affine();
}
bls::G2 bls_g2(tests::Random& random) {
    return vm::multiple(bls::g2_generator, full_scalar(random)).affine();
}
template <class Make>
Bytes terms(tests::Random& random, std::size_t count, const Make& make) {
    Bytes input;
    for (std::size_t i = 0; i < count; ++i) {
        vm::append(input, bls::encode(make(random)));
        vm::append(input, full_scalar(random).to_be_bytes());
    }
    return input;
}
Bytes bls_pairs(tests::Random& random, std::size_t count) {
    Bytes input;
    for (std::size_t i = 0; i < count; ++i) {
        vm::append(input, bls::encode(bls_g1(random)));
        vm::append(input, bls::encode(bls_g2(random)));
    }
    return input;
}
/// The constant polynomial 1 opened at a full z.
Bytes point_evaluation_input(tests::Random& random) {
    Bytes commitment = bytes_of(bls::g1_generator.x.to_be_bytes()), proof(48);
    commitment[0] |= 0x80, proof[0] = 0xc0;
    const u256 z = divmod(full_scalar(random), bls::order).remainder;
    return joined({bytes_of(vm::kzg_versioned_hash(commitment).bytes), word(z), word(u256{1}), commitment, proof});
}

std::vector<Case> all_cases() {
    tests::Random random;
    std::vector<Case> cases{
        {"ecrecover", 0x01, ecrecover_input()},
        {"sha256, 1 KiB", 0x02, Bytes(1024, 0x11)},
        {"ripemd160, 1 KiB", 0x03, Bytes(1024, 0x11)},
        {"identity, 1 KiB", 0x04, Bytes(1024, 0x11)},
        {"modexp, 32 32 32", 0x05, modexp_input(32, 32, 32)},
        {"modexp, 256 3 256", 0x05, modexp_input(256, 3, 256)},
        {"modexp, 1024 64 1024", 0x05, modexp_input(1024, 64, 1024)},
        {"bn254 add", 0x06,
         joined({bytes_of(bn254::encode(bn254_g1(random))), bytes_of(bn254::encode(bn254_g1(random)))})},
        {"bn254 multiply", 0x07, joined({bytes_of(bn254::encode(bn254_g1(random))), word(full_scalar(random))})},
        {"blake2f, 1000 rounds", 0x09, blake2f_input(1000)},
        {"point evaluation", 0x0a, point_evaluation_input(random)},
        {"bls12 g1 add", 0x0b, joined({bytes_of(bls::encode(bls_g1(random))), bytes_of(bls::encode(bls_g1(random)))})},
        {"bls12 g2 add", 0x0d, joined({bytes_of(bls::encode(bls_g2(random))), bytes_of(bls::encode(bls_g2(random)))})},
        {"bls12 map to g1", 0x10, joined({Bytes(16), Bytes(48, 0x15)})},
        {"bls12 map to g2", 0x11, joined({Bytes(16), Bytes(48, 0x15), Bytes(16), Bytes(48, 0x13)})},
        {"p256 verify", 0x100, p256_input()},
    };
    for (const std::size_t count : {1UL, 2UL, 10UL})
        cases.push_back({"bn254 pairing, " + std::to_string(count), 0x08, bn254_pairs(random, count)});
    for (const std::size_t count : {1UL, 2UL, 16UL, 128UL, 1024UL}) {
        cases.push_back({"bls12 g1 msm, " + std::to_string(count), 0x0c, terms(random, count, bls_g1)});
        cases.push_back({"bls12 g2 msm, " + std::to_string(count), 0x0e, terms(random, count, bls_g2)});
    }
    for (const std::size_t count : {1UL, 2UL, 10UL})
        cases.push_back({"bls12 pairing, " + std::to_string(count), 0x0f, bls_pairs(random, count)});
    std::ranges::sort(cases, {}, [](const Case& one) { return std::pair(one.address, one.input.size()); });
    return cases;
}

struct Measured {
    double ns = 0;
    vm::Gas gas = 0;
    bool succeeded = false;
};
/// The best of five rounds of 20 ms or four calls, whichever is longer. All inputs here have an output.
Measured measure(const Case& one) {
    constexpr vm::Gas plenty = 1'000'000'000;
    const vm::Address address = vm::low_address(one.address);
    Measured best;
    for (int round = 0; round < 5; ++round) {
        const double begun = bench::processor_seconds();
        double seconds = 0;
        std::size_t calls = 0;
        while ((seconds = bench::processor_seconds() - begun) < 0.02) {
            for (int i = 0; i < 4; ++i, ++calls) {
                const auto result = run_precompile(vm::Fork::osaka, address, one.input, plenty);
                best.succeeded = result.succeeded && !result.output.empty(), best.gas = plenty - result.gas_left;
            }
        }
        const double ns = seconds * 1e9 / static_cast<double>(calls);
        best.ns = round == 0 ? ns : std::min(best.ns, ns);
    }
    return best;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view wanted = argc > 1 ? argv[1] : "";
    double of_ecrecover = 0;
    bool all_succeeded = true;
    std::printf("%-24s %12s %10s %8s %13s\n", "precompile", "ns", "gas", "ns/gas", "of ecrecover");
    for (const Case& one : all_cases()) {
        if (one.name != "ecrecover" && one.name.find(wanted) == std::string::npos) continue;
        const Measured measured = measure(one);
        const double per_gas = measured.ns / static_cast<double>(measured.gas);
        if (one.name == "ecrecover") of_ecrecover = per_gas;
        all_succeeded = all_succeeded && measured.succeeded;
        std::printf("%-24s %12.0f %10lld %8.2f %13.2f%s\n", one.name.c_str(), measured.ns,
                    static_cast<long long>(measured.gas), per_gas, per_gas / of_ecrecover,
                    measured.succeeded ? "" : "  FAILED");
    }
    return all_succeeded ? 0 : 1;
}
