#include "node/chain/upgrade.hpp"

#include <fmt/format.h>

#include "node/base/log.hpp"
#include "node/base/stop.hpp"
#include "vm/chain/native_version.hpp"
#include "vm/native/permissions.hpp"

namespace talea::node {

UpgradeWatch::Verdict UpgradeWatch::look(const vm::StateView& state, vm::BlockNumber head) {
    const auto next_block = next(head);
    const auto in_force = vm::native_version_at(state, next_block);
    const auto scheduled = vm::read_upgrade(state);
    if (in_force > vm::native_version_max) {
        version_ = in_force;
        from_ = scheduled.from;
        return Verdict::stop;
    }
    if (scheduled.version <= vm::native_version_max) return Verdict::go_on;
    if (version_ == scheduled.version && from_ == scheduled.from) return Verdict::go_on;
    version_ = scheduled.version;
    from_ = scheduled.from;
    return Verdict::warn;
}

std::string UpgradeWatch::sentence() const {
    return fmt::format(
        "block {} begins version {} of the native registries and this program knows versions up to {}: go on with a "
        "newer one",
        from_.value, version_, vm::native_version_max);
}

void UpgradeWatch::heed(const vm::StateView& state, vm::BlockNumber head) {
    switch (look(state, head)) {
        case Verdict::go_on:
            return;
        case Verdict::warn:
            log_warning("chain", "{}; it stops before that block", sentence());
            return;
        case Verdict::stop:
            stop_process(ExitCode::failed, sentence());
    }
}

}  // namespace talea::node
