#pragma once
#include <cstddef>
#include <string_view>

#include "vm/base/bytes.hpp"

/// Fuzz targets: functions that hold a part of the product against claims, whatever bytes come in. libFuzzer drives
/// them one a program (`fuzz_NAME`, preset `fuzz`); `fuzz_replay`, which any compiler builds, runs all over the
/// corpora.
namespace talea::fuzz {

/// One target, which states its claims with `vm::check`. A file in targets/ has one, at namespace scope, and is thereby
/// in the list of its program.
class Target {
  public:
    /// `claims` must end for all inputs of up to `input_bytes_max` bytes, within seconds, and depend on nothing else.
    Target(std::string_view name, std::size_t input_bytes_max, void (*claims)(vm::BytesView input));
    Target(const Target&) = delete;
    Target& operator=(const Target&) = delete;

    [[nodiscard]] std::string_view name() const { return name_; }
    [[nodiscard]] std::size_t input_bytes_max() const { return input_bytes_max_; }
    /// Longer inputs are cut.
    void run(vm::BytesView input) const;

    /// The targets of this program, in no particular order.
    [[nodiscard]] static const Target* first();
    [[nodiscard]] const Target* next() const { return next_; }

  private:
    std::string_view name_;
    std::size_t input_bytes_max_;
    void (*run_)(vm::BytesView input);
    const Target* next_;
};

}  // namespace talea::fuzz
