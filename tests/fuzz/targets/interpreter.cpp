// The interpreter: whatever program the bytes are made into, it does what the plain one of tests/reference does, in
// every fork, by the fast loop and by the exact one.
#include <cstdio>

#include "fuzz/target.hpp"
#include "reference/program.hpp"
#include "vm/base/check.hpp"

using namespace talea;

namespace {

void run(vm::BytesView input) {
    // Kept, since under the sanitizers a new one costs more than most programs; as in a node, it has run others before.
    static vm::Evm evm{vm::Translate::all_code};
    const reference::Scenario scenario = reference::scenario_of(input);
    const auto difference = reference::difference(scenario, evm);
    if (!difference) return;
    vm::Evm fresh;
    std::fprintf(stderr, "%s%s\n", difference->c_str(),
                 reference::difference(scenario, fresh) ? "" : "\n(only after the inputs before it)");
    vm::check(false, "the interpreter does what the reference does");
}

const fuzz::Target target{"interpreter", 768, run};

}  // namespace
