#pragma once
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace talea::runner {

/// A folder with Solidity sources, in the layout that other tools use too: `src`, `test` with *.t.sol files, and
/// optionally `remappings.txt`.
struct Project {
    std::filesystem::path root;                 ///< canonical; import names start here
    std::vector<std::string> remappings;        ///< "prefix=folder", folders absolute
    std::optional<std::filesystem::path> only;  ///< the file or folder asked for, where it is below the root
};

enum class ProjectError : std::uint8_t {
    no_such_path,
    not_a_project,  ///< neither the path nor a folder above it has a `test` or `src` folder
};
[[nodiscard]] std::string_view to_string(ProjectError error);

/// The project at `path` or, where that is a part of one, the nearest around it.
[[nodiscard]] std::expected<Project, ProjectError> find_project(const std::filesystem::path& path);

/// The unit names (paths below the root, with "/") of *.t.sol below `test`, or below what was asked for; sorted.
[[nodiscard]] std::vector<std::string> test_units(const Project& project);
/// The same of *.sol below `src`, tests left out.
[[nodiscard]] std::vector<std::string> source_units(const Project& project);

/// The folder whose node_modules hold the compiler and OpenZeppelin's contracts: the one given, that of TALEA_SOLC, the
/// nearest around the project, that of the source tree this program was built in. Nothing where none of them has it.
[[nodiscard]] std::optional<std::filesystem::path> find_modules(const Project& project,
                                                                const std::optional<std::filesystem::path>& given);

/// Where compilations are kept: the folder given, else talea/solidity in the user's cache folder (XDG_CACHE_HOME, else
/// ~/.cache, else the folder for temporary files).
[[nodiscard]] std::filesystem::path cache_folder(const std::optional<std::filesystem::path>& given);

/// Where sequences of calls that failed in tests of this project are kept, below that cache folder.
[[nodiscard]] std::filesystem::path failures_folder(const Project& project, const std::filesystem::path& cache);

}  // namespace talea::runner
