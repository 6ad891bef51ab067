#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "contracts/abi/type.hpp"
#include "contracts/abi/value.hpp"
#include "vm/base/u256.hpp"

namespace talea::runner {

/// SplitMix64: the same numbers on every machine, so that a seed is a test case.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }
    /// Below `bound`, which is not 0.
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }

  private:
    std::uint64_t state_;
};

/// Words that the code under test compares with, and addresses that exist: arguments near them find more.
class Dictionary {
  public:
    /// Takes the constants that a contract pushes, but for one-byte ones and jump targets.
    void add_code(vm::BytesView code);
    void add_address(const vm::Address& address);

    [[nodiscard]] std::span<const vm::u256> words() const { return words_; }
    [[nodiscard]] std::span<const vm::u256> addresses() const { return addresses_; }

  private:
    std::vector<vm::u256> words_, addresses_;  // sorted, each once
};
/// Constants kept; contracts with more are generated code, whose first are as good as any.
inline constexpr std::size_t dictionary_words_max = 1024;

/// Items of a random array, bytes of a random text.
inline constexpr std::uint64_t random_items_max = 16;
inline constexpr std::uint64_t random_bytes_max = 160;

/// A value of `type`: numbers of every width, edges of the type, words of the dictionary and their neighbours.
[[nodiscard]] abi::Value random_value(Random& random, const abi::Type& type, const Dictionary& dictionary);

/// Runs of a test spent on making a counterexample smaller.
inline constexpr std::size_t shrink_runs_max = 1'000;

/// The smallest arguments that this finds for which `fails` still holds, by halving numbers and dropping items; `fails`
/// holds for `arguments`.
[[nodiscard]] std::vector<abi::Value> shrink(std::span<const abi::Type> types, std::vector<abi::Value> arguments,
                                             const std::function<bool(std::span<const abi::Value>)>& fails);

}  // namespace talea::runner
