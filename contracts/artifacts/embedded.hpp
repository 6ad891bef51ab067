#pragma once
#include <cstddef>
#include <span>

namespace talea::contracts {

/// A row of the table that contracts/embed.mjs writes; bytes are literals with their size beside them.
struct Embedded {
    const char* name;
    const char* unit;
    const char* abi;
    const char* creation_code;
    std::size_t creation_size;
    const char* runtime_code;
    std::size_t runtime_size;
};

/// In ascending order of name.
std::span<const Embedded> embedded();

}  // namespace talea::contracts
