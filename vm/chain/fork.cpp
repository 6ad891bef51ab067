#include "vm/chain/fork.hpp"

namespace talea::vm {

std::string_view to_string(Fork fork) {
    switch (fork) {
        case Fork::shanghai:
            return "shanghai";
        case Fork::cancun:
            return "cancun";
        case Fork::prague:
            return "prague";
        case Fork::osaka:
            return "osaka";
    }
    return "unknown fork";
}

std::optional<Fork> fork_from_string(std::string_view name) {
    for (const Fork fork : {Fork::cancun, Fork::prague, Fork::osaka})
        if (name == to_string(fork)) return fork;
    return std::nullopt;
}

}  // namespace talea::vm
