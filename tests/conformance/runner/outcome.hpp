#pragma once
#include <string>

#include "vm/chain/fork.hpp"
#include "vm/interpreter/inspector.hpp"

namespace talea::conformance {

enum class Verdict : std::uint8_t {
    passed,
    failed,
    needs,  ///< failed for want of something that is not built yet
};

struct Outcome {
    Verdict verdict = Verdict::passed;
    std::string why;      ///< for a failure: what differs
    std::string missing;  ///< for `needs`: "the precompile bn254_add", "the fork Shanghai"
};

/// Notes the first call of a precompile that is not built.
class MissingPrecompile final : public vm::Inspector {
  public:
    explicit MissingPrecompile(vm::Fork fork) : fork_(fork) {}
    std::optional<vm::CallResult> on_call(vm::Message& message) override;
    /// A failure after such a call becomes `needs`; everything else stays as it is.
    [[nodiscard]] Outcome excuse(Outcome outcome) const;

  private:
    vm::Fork fork_;
    std::string name_;
};

}  // namespace talea::conformance
