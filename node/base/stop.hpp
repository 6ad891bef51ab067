#pragma once
#include <string_view>

namespace talea::node {

/// What the shell sees of talead.
enum class ExitCode : int {
    done = 0,
    failed = 1,        ///< the command could not do it; the sentence says why
    wrong_usage = 2,   ///< options
    disk_failed = 74,  ///< a read or write of the store failed (EX_IOERR); nothing after it was acknowledged
};

/// Prints one sentence and ends the process at once, without running destructors: after a failed write nothing may
/// touch the disk any more (LevelDB would go on and lose writes; DESIGN 12).
[[noreturn]] void stop_process(ExitCode code, std::string_view sentence);

}  // namespace talea::node
