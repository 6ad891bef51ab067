#include "contracts/artifacts/artifacts.hpp"

#include <algorithm>

#include "contracts/artifacts/embedded.hpp"

namespace talea::contracts {
namespace {

std::span<const std::uint8_t> bytes(const char* literal, std::size_t size) {
    return {reinterpret_cast<const std::uint8_t*>(literal), size};
}

const std::vector<Artifact>& artifacts() {
    static const std::vector<Artifact> all = [] {
        std::vector<Artifact> list;
        for (const Embedded& row : embedded()) {
            list.push_back({row.name, row.unit, row.abi, bytes(row.creation_code, row.creation_size),
                            bytes(row.runtime_code, row.runtime_size)});
        }
        return list;
    }();
    return all;
}

}  // namespace

const Artifact* find_artifact(std::string_view name) {
    const std::vector<Artifact>& all = artifacts();
    const auto found = std::ranges::lower_bound(all, name, {}, &Artifact::name);
    return found != all.end() && found->name == name ? &*found : nullptr;
}

std::vector<std::string_view> artifact_names() {
    std::vector<std::string_view> names;
    for (const Artifact& artifact : artifacts()) names.push_back(artifact.name);
    return names;
}

}  // namespace talea::contracts
