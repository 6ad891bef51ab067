#include "contracts/runner/project.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "contracts/runner/driver.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::runner {
namespace {

namespace fs = std::filesystem;

bool is_folder(const fs::path& path) {
    std::error_code error;
    return fs::is_directory(path, error);
}

bool has_modules(const fs::path& folder) {
    return is_folder(folder / "node_modules" / "solc") && is_folder(folder / "node_modules" / "@openzeppelin");
}

/// A folder with sources or tests. `test` alone does, so that a folder of tests is a project without more.
bool looks_like_project(const fs::path& folder) {
    return is_folder(folder / "src") || is_folder(folder / "test");
}

std::vector<std::string> read_remappings(const fs::path& root) {
    std::vector<std::string> remappings;
    std::ifstream file(root / "remappings.txt");
    for (std::string line; std::getline(file, line);) {
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
        const auto equals = line.find('=');
        if (equals == std::string::npos || equals == 0) continue;
        const fs::path folder = line.substr(equals + 1);
        remappings.push_back(line.substr(0, equals + 1) + (folder.is_absolute() ? folder : root / folder).string());
    }
    return remappings;
}

/// Files below `folder` whose name ends so, as unit names.
std::vector<std::string> units_below(const fs::path& root, const fs::path& folder, std::string_view ending) {
    std::vector<std::string> units;
    std::error_code error;
    const auto take = [&](const fs::path& path) {
        if (path.filename().string().ends_with(ending)) units.push_back(path.lexically_relative(root).generic_string());
    };
    if (fs::is_regular_file(folder, error)) take(folder);
    fs::recursive_directory_iterator entries(folder, fs::directory_options::skip_permission_denied, error), end;
    while (!error && entries != end) {
        const fs::path& path = entries->path();
        const bool skipped = path.filename() == "node_modules" || path.filename().string().starts_with('.');
        if (skipped && entries->is_directory(error)) entries.disable_recursion_pending();
        if (!skipped && entries->is_regular_file(error)) take(path);
        entries.increment(error);
    }
    std::ranges::sort(units);
    return units;
}

}  // namespace

std::string_view to_string(ProjectError error) {
    switch (error) {
        case ProjectError::no_such_path:
            return "no such file or folder";
        case ProjectError::not_a_project:
            return "neither it nor a folder above it holds a folder named test or src";
    }
    return "unknown";
}

std::expected<Project, ProjectError> find_project(const fs::path& path) {
    std::error_code error;
    const fs::path given = fs::canonical(path, error);
    if (error) return std::unexpected(ProjectError::no_such_path);
    for (fs::path folder = given;; folder = folder.parent_path()) {
        if (looks_like_project(folder)) {
            Project project{folder, read_remappings(folder), std::nullopt};
            if (folder != given) project.only = given;
            return project;
        }
        if (folder == folder.root_path()) return std::unexpected(ProjectError::not_a_project);
    }
}

std::vector<std::string> test_units(const Project& project) {
    return units_below(project.root, project.only.value_or(project.root / "test"), ".t.sol");
}

std::vector<std::string> source_units(const Project& project) {
    auto units = units_below(project.root, project.only.value_or(project.root / "src"), ".sol");
    std::erase_if(units, [](const std::string& unit) { return unit.ends_with(".t.sol"); });
    return units;
}

std::optional<fs::path> find_modules(const Project& project, const std::optional<fs::path>& given) {
    if (given) return has_modules(*given) ? given : std::nullopt;
    if (const char* set = std::getenv("TALEA_SOLC"); set != nullptr && *set != '\0')
        return has_modules(set) ? std::optional<fs::path>(set) : std::nullopt;
    for (fs::path folder = project.root;; folder = folder.parent_path()) {
        if (has_modules(folder)) return folder;
        if (folder == folder.root_path()) break;
    }
    if (has_modules(built_in_modules)) return fs::path(built_in_modules);
    return std::nullopt;
}

fs::path cache_folder(const std::optional<fs::path>& given) {
    if (given) return *given;
    const auto from = [](const char* variable) -> fs::path {
        const char* value = std::getenv(variable);
        return value != nullptr ? value : "";
    };
    const fs::path below = fs::path("talea") / "solidity";
    if (const fs::path cache = from("XDG_CACHE_HOME"); cache.is_absolute()) return cache / below;
    if (const fs::path home = from("HOME"); home.is_absolute()) return home / ".cache" / below;
    std::error_code error;
    return fs::temp_directory_path(error) / below;
}

fs::path failures_folder(const Project& project, const fs::path& cache) {
    const std::string root = project.root.string();
    const vm::Hash digest = vm::keccak256({reinterpret_cast<const std::uint8_t*>(root.data()), root.size()});
    return cache / "failures" / vm::to_hex(digest).substr(2, 16);
}

}  // namespace talea::runner
