#pragma once
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "contracts/runner/targets.hpp"

namespace talea::runner {

/// One call of a campaign. The function lives as long as the targets it was chosen from.
struct SequenceCall {
    vm::Address sender, to;
    const TargetFunction* target = nullptr;
    std::vector<abi::Value> arguments;

    [[nodiscard]] vm::Bytes input() const { return target->function->encode_call(arguments); }
};
using Sequence = std::vector<SequenceCall>;

/// A call of any target with any arguments, as a sender that `targets` allows.
[[nodiscard]] SequenceCall random_call(Random& random, const Targets& targets, const Dictionary& dictionary);

/// Sequences tried while one that fails is made smaller.
inline constexpr std::size_t shrink_sequences_max = 5'000;

/// The fewest calls, with the smallest arguments, that this finds for which `fails` still holds: no single call can be
/// left out. `fails` holds for `sequence`.
[[nodiscard]] Sequence shrink_sequence(Sequence sequence,
                                       const std::function<bool(std::span<const SequenceCall>)>& fails);

/// Sequences that made a test fail, in a folder: one file a test. Trouble with files costs no more than a sequence that
/// is not remembered.
class FailureStore {
  public:
    /// Without a folder nothing is kept.
    FailureStore(std::optional<std::filesystem::path> folder, const TestContract& contract);

    /// Nothing where none is kept, or it names what is no target any more.
    [[nodiscard]] std::optional<Sequence> load(const std::string& test, const Targets& targets) const;
    /// Where it is kept; nothing where it could not be.
    std::optional<std::filesystem::path> keep(const std::string& test, std::span<const SequenceCall> sequence) const;
    void drop(const std::string& test) const;

  private:
    std::optional<std::filesystem::path> folder_;
    std::string contract_;

    [[nodiscard]] std::filesystem::path file_of(const std::string& test) const;
};

}  // namespace talea::runner
