#pragma once
#include <cstdint>
#include <string>

#include "vm/base/numbers.hpp"
#include "vm/state/state_view.hpp"

namespace talea::node {

/// What a node makes of an upgrade of the native registries that it does not know (DESIGN 5): it warns once it is
/// scheduled, and stops before the first block of it.
class UpgradeWatch {
  public:
    enum class Verdict : std::uint8_t {
        go_on,  ///< nothing is scheduled that this program does not know
        warn,   ///< something is, and nobody has been told
        stop,   ///< the block after `head` is of a version that this program does not know
    };
    /// `state` is the one after `head`. `warn` comes once for each upgrade that is scheduled.
    [[nodiscard]] Verdict look(const vm::StateView& state, vm::BlockNumber head);
    /// The sentence for the last `warn` or `stop`.
    [[nodiscard]] std::string sentence() const;

    /// Does what `look` says: logs the warning, ends the process with the sentence.
    void heed(const vm::StateView& state, vm::BlockNumber head);

  private:
    std::uint32_t version_ = 0;  ///< of the last warning; 0: none was given
    vm::BlockNumber from_;
};

}  // namespace talea::node
