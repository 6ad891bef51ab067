#pragma once
#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/runner/project.hpp"
#include "vm/base/bytes.hpp"

namespace talea::runner {

enum class ContractKind : std::uint8_t { contract, abstract, interface, library };

/// One contract that the compiler made, without its contents: `load_contract` reads those.
struct ContractEntry {
    std::string name;
    std::string unit;
    ContractKind kind = ContractKind::contract;
    std::string digest;  ///< of the contents: their name in the cache
};

/// Where code refers to something that only deployment knows.
struct CodeRange {
    std::size_t start = 0, length = 0;
};
struct LibraryReference {
    std::string unit, name;
    std::vector<CodeRange> places;  ///< of its address in the creation code
};

struct ContractContents {
    std::string abi;                          ///< JSON text
    vm::Bytes creation_code;                  ///< library places hold zeros
    vm::Bytes runtime_code;                   ///< the same, and zeros where immutables go
    std::vector<LibraryReference> libraries;  ///< of the creation code
    std::vector<CodeRange> open_places;       ///< of the runtime code: immutables and libraries
};

struct Compilation {
    std::vector<ContractEntry> contracts;  ///< of the units asked for and all they import, each once
    std::vector<std::string> warnings;     ///< as the compiler formats them, each once; those of the units compiled now
    std::size_t units_compiled = 0;        ///< the others came from the cache
};

enum class CompileErrorKind : std::uint8_t {
    no_compiler,     ///< node or solc is missing
    cache_unusable,  ///< cannot be written or read
    solidity,        ///< `text` is what the compiler says
};
struct CompileError {
    CompileErrorKind kind;
    std::string text;
};
[[nodiscard]] std::string_view to_string(CompileErrorKind kind);

/// Compiles units of a project by the pinned solc, and keeps what it makes by the content of everything a unit imports:
/// units whose sources did not change cost a few file reads. Several programs may share a cache folder.
class Compiler {
  public:
    /// `modules` holds node_modules with solc; `cache` is made if it is missing.
    Compiler(Project project, std::filesystem::path modules, std::filesystem::path cache);

    [[nodiscard]] std::expected<Compilation, CompileError> compile(const std::vector<std::string>& units);
    /// Of an entry that `compile` returned.
    [[nodiscard]] std::expected<ContractContents, CompileError> load(const ContractEntry& entry) const;

  private:
    Project project_;
    std::filesystem::path modules_, cache_;
};

}  // namespace talea::runner
