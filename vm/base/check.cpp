#include "vm/base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace talea::vm {

void check_failed(const char* invariant, std::source_location where) {
    std::fprintf(stderr, "talea: broken invariant: %s (%s:%u)\n", invariant, where.file_name(),
                 static_cast<unsigned>(where.line()));
    std::abort();
}

}  // namespace talea::vm
