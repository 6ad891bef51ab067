// fuzz_replay: runs every target over its corpus. fuzz_replay TARGET FILE...: runs one target over these inputs, as to
// see a finding under another compiler.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz/target.hpp"

namespace {

using talea::fuzz::Target;
using Paths = std::vector<std::filesystem::path>;

bool replay(const Target& target, const Paths& inputs) {
    for (const auto& path : inputs) {
        std::ifstream file(path, std::ios::binary);
        if (!file) {
            std::printf("%s cannot be read\n", path.c_str());
            return false;
        }
        const std::vector<char> text{std::istreambuf_iterator<char>(file), {}};
        const talea::vm::Bytes input(text.begin(), text.end());
        std::printf("%s\n", path.c_str());  // the last one named is the one that failed
        std::fflush(stdout);
        target.run(input);
    }
    return true;
}

/// In an order that is the same everywhere.
Paths files_in(const std::filesystem::path& folder) {
    Paths files;
    std::error_code absent;
    for (const auto& entry : std::filesystem::directory_iterator(folder, absent)) files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

std::vector<const Target*> all_targets() {
    std::vector<const Target*> targets;
    for (const Target* target = Target::first(); target != nullptr; target = target->next()) targets.push_back(target);
    std::ranges::sort(targets, {}, &Target::name);
    return targets;
}

int replay_corpora() {
    int passed = 0, failed = 0;
    std::string summary;
    for (const Target* target : all_targets()) {
        const std::string name(target->name());
        const Paths inputs = files_in(std::filesystem::path(TALEA_FUZZ_CORPUS) / name);
        const bool good = !inputs.empty() && replay(*target, inputs);
        (good ? passed : failed) += 1;
        summary += name + ": " + (good ? std::to_string(inputs.size()) + " inputs\n" : "FAILED: no corpus is read\n");
    }
    std::printf("\n%s%d passed, %d failed\n", summary.c_str(), passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 1) return replay_corpora();
    for (const Target* target : all_targets())
        if (target->name() == argv[1]) return replay(*target, Paths(argv + 2, argv + argc)) ? 0 : 1;
    std::printf("usage: fuzz_replay [TARGET FILE...]\ntargets:");
    for (const Target* target : all_targets()) std::printf(" %s", std::string(target->name()).c_str());
    std::printf("\n");
    return 2;
}
