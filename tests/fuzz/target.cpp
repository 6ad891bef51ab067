#include "fuzz/target.hpp"

#include <algorithm>

namespace talea::fuzz {
namespace {

constinit const Target* newest = nullptr;  // set before main, by the targets' constructors

}  // namespace

Target::Target(std::string_view name, std::size_t input_bytes_max, void (*claims)(vm::BytesView input))
    : name_(name), input_bytes_max_(input_bytes_max), run_(claims), next_(newest) {
    newest = this;
}

void Target::run(vm::BytesView input) const {
    run_(input.first(std::min(input.size(), input_bytes_max_)));
}

const Target* Target::first() {
    return newest;
}

}  // namespace talea::fuzz
