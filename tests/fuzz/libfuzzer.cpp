// What libFuzzer calls, for a program of one target.
#include <string>
#include <vector>

#include "fuzz/target.hpp"

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// Puts the target's limit before the flags of the command line, which so can still say otherwise.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    static std::string limit = "-max_len=" + std::to_string(talea::fuzz::Target::first()->input_bytes_max());
    static std::vector<char*> arguments(*argv, *argv + *argc);
    arguments.insert(arguments.begin() + 1, limit.data());
    *argc = static_cast<int>(arguments.size());
    arguments.push_back(nullptr);
    *argv = arguments.data();
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    talea::fuzz::Target::first()->run({data, size});
    return 0;
}
