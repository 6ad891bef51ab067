#pragma once
#include "fuzz/input.hpp"
#include "unit/vm/crypto/gmp_number.hpp"
#include "vm/crypto/tower.hpp"

namespace talea::fuzz {

/// An element made of words of awkward shapes, reduced by GMP.
template <class Prime>
vm::PrimeField<Prime> element(Input& input, const vm::PrimeField<Prime>*) {
    using Fp = vm::PrimeField<Prime>;
    typename Fp::Number number{};
    for (std::size_t i = 0; i < Fp::limb_count; i += 4) {
        const vm::u256 word = input.word();
        for (std::size_t k = i; k < std::min(i + 4, Fp::limb_count); ++k) number[k] = word.limbs[k - i];
    }
    // The modulus's upper limbs make numbers just below and above it as likely as small ones.
    if (input.byte() % 4 == 0) number.back() = Fp::modulus.back();
    const auto reduced = tests::GmpNumber(number) % tests::GmpNumber(Fp::modulus);
    return Fp::from_number(reduced.template limbs<Fp::limb_count>());
}
template <class Fp>
vm::QuadraticField<Fp> element(Input& input, const vm::QuadraticField<Fp>*) {
    const Fp c0 = element(input, static_cast<const Fp*>(nullptr));
    return {c0, element(input, static_cast<const Fp*>(nullptr))};
}
/// Of the field that is asked for.
template <class Field>
Field element(Input& input) {
    return element(input, static_cast<const Field*>(nullptr));
}

}  // namespace talea::fuzz
