#include "contracts/runner/compiler.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>

#include "contracts/runner/driver.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/keccak.hpp"

extern char** environ;

namespace talea::runner {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::optional<std::string> read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
}

/// Whole or not at all: other programs may read the same cache.
bool write_file(const fs::path& path, std::string_view content) {
    const fs::path draft = path.string() + "." + std::to_string(::getpid());
    {
        std::ofstream file(draft, std::ios::binary | std::ios::trunc);
        file.write(content.data(), static_cast<std::streamsize>(content.size()));
        if (!file.flush()) return false;
    }
    std::error_code error;
    fs::rename(draft, path, error);
    return !error;
}

std::string digest_of(std::string_view text) {
    const vm::Hash digest = vm::keccak256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    return vm::to_hex(digest).substr(2, 40);
}

/// Digests of files, each read once.
class FileDigests {
  public:
    std::string of(const fs::path& path) {
        auto& digest = digests_[path.string()];
        if (digest.empty()) {
            const auto text = read_file(path);
            digest = text ? digest_of(*text) : "absent";
        }
        return digest;
    }

  private:
    std::map<std::string, std::string> digests_;
};

ContractKind kind_of(const std::string& text) {
    if (text == "abstract") return ContractKind::abstract;
    if (text == "interface") return ContractKind::interface;
    if (text == "library") return ContractKind::library;
    return ContractKind::contract;
}

/// A unit's manifest in the cache: what it was made of and what came out.
json manifest_of(const std::vector<std::string>& paths, FileDigests& digests, const json& contracts,
                 const json& warnings) {
    json dependencies = json::array();
    for (const std::string& path : paths) dependencies.push_back({{"path", path}, {"digest", digests.of(path)}});
    return {{"dependencies", dependencies}, {"contracts", contracts}, {"warnings", warnings}};
}

bool is_current(const json& manifest, FileDigests& digests) {
    return std::ranges::all_of(manifest.at("dependencies"), [&](const json& dependency) {
        return digests.of(dependency.at("path").get<std::string>()) == dependency.at("digest").get<std::string>();
    });
}

/// Runs `program` with its arguments; what it says goes to a file. The exit code, or nothing where it did not start.
std::optional<int> run_process(const std::vector<std::string>& arguments, const fs::path& said) {
    std::vector<char*> argv;
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, said.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t child = 0;
    const int failed = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) return std::nullopt;
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return std::nullopt;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/// Hexadecimal code as the compiler prints it; the names of libraries not linked yet ("__$…$__") become zeros.
vm::Bytes parse_code(std::string hex) {
    for (std::size_t at = hex.find("__$"); at != std::string::npos; at = hex.find("__$", at))
        hex.replace(at, 40, 40, '0');
    return vm::from_hex(hex).value_or(vm::Bytes{});
}

CodeRange range_of(const json& place) {
    return {place.at("start").get<std::size_t>(), place.at("length").get<std::size_t>()};
}

std::vector<LibraryReference> libraries_of(const json& references) {
    std::vector<LibraryReference> libraries;
    for (const auto& [unit, names] : references.items()) {
        for (const auto& [name, places] : names.items()) {
            LibraryReference library{unit, name, {}};
            for (const json& place : places) library.places.push_back(range_of(place));
            libraries.push_back(std::move(library));
        }
    }
    return libraries;
}

/// Units that `unit` imports, itself included.
std::set<std::string> closure_of(const std::string& unit,
                                 const std::map<std::string, std::vector<std::string>>& imports) {
    std::set<std::string> reached = {unit};
    std::vector<std::string> open = {unit};
    while (!open.empty()) {
        const auto found = imports.find(open.back());
        open.pop_back();
        if (found == imports.end()) continue;
        for (const std::string& next : found->second)
            if (reached.insert(next).second) open.push_back(next);
    }
    return reached;
}

/// Test contracts may be larger than what a chain accepts (solc's warnings of EIP-170 and EIP-3860).
bool is_about_test_size(const json& error) {
    const auto code = error.at("code").get<std::string>();
    return (code == "5574" || code == "3860") && error.at("unit").get<std::string>().ends_with(".t.sol");
}

/// Keeps what a run of the compiler made: contents by digest, a manifest for each unit asked for.
bool store(const json& response, const std::vector<std::string>& units, const fs::path& cache,
           const std::map<std::string, fs::path>& manifests, FileDigests& digests) {
    std::map<std::string, std::vector<std::string>> imports;
    std::map<std::string, std::string> paths;
    for (const json& source : response.at("sources")) {
        const auto unit = source.at("unit").get<std::string>();
        imports[unit] = source.at("imports").get<std::vector<std::string>>();
        paths[unit] = source.at("path").get<std::string>();
    }
    std::map<std::string, json> entries;  // by unit
    for (const json& contract : response.at("contracts")) {
        const std::string contents = contract.dump();
        const std::string digest = digest_of(contents);
        if (!fs::exists(cache / digest) && !write_file(cache / digest, contents)) return false;
        entries[contract.at("unit").get<std::string>()].push_back({{"name", contract.at("name")},
                                                                   {"unit", contract.at("unit")},
                                                                   {"kind", contract.at("kind")},
                                                                   {"digest", digest}});
    }
    for (const std::string& unit : units) {
        json contracts = json::array(), warnings = json::array();
        std::vector<std::string> dependencies;
        const auto closure = closure_of(unit, imports);
        for (const std::string& member : closure) {
            dependencies.push_back(paths[member]);
            for (const json& entry : entries[member]) contracts.push_back(entry);
        }
        for (const json& error : response.at("errors"))
            if (closure.contains(error.at("unit").get<std::string>()) && !is_about_test_size(error))
                warnings.push_back(error.at("formatted"));
        if (!write_file(manifests.at(unit), manifest_of(dependencies, digests, contracts, warnings).dump()))
            return false;
    }
    return true;
}

}  // namespace

std::string_view to_string(CompileErrorKind kind) {
    switch (kind) {
        case CompileErrorKind::no_compiler:
            return "the Solidity compiler cannot be run";
        case CompileErrorKind::cache_unusable:
            return "the cache of compilations cannot be used";
        case CompileErrorKind::solidity:
            return "the Solidity compiler reports errors";
    }
    return "unknown";
}

Compiler::Compiler(Project project, fs::path modules, fs::path cache)
    : project_(std::move(project)), modules_(std::move(modules)), cache_(std::move(cache)) {}

std::expected<Compilation, CompileError> Compiler::compile(const std::vector<std::string>& units) try {
    std::error_code error;
    fs::create_directories(cache_, error);
    cache_ = fs::canonical(cache_, error);
    if (error) return std::unexpected(CompileError{CompileErrorKind::cache_unusable, cache_.string()});
    modules_ = fs::canonical(modules_, error);

    FileDigests digests;
    // Whatever changes the bytes besides the sources is part of the manifest's name.
    std::string surroundings = std::string(compile_driver) + project_.root.string() + '\n';
    surroundings += digests.of(modules_ / "node_modules" / "solc" / "package.json") + '\n' + modules_.string() + '\n';
    for (const std::string& remapping : project_.remappings) surroundings += remapping + '\n';
    std::map<std::string, fs::path> manifests;
    for (const std::string& unit : units) manifests[unit] = cache_ / (digest_of(surroundings + unit) + ".unit");

    const auto current_manifest = [&](const std::string& unit) -> json {
        const auto text = read_file(manifests[unit]);
        json manifest = text ? json::parse(*text, nullptr, false) : json();
        return manifest.is_object() && is_current(manifest, digests) ? manifest : json();
    };
    std::map<std::string, json> current;
    std::vector<std::string> stale;
    for (const std::string& unit : units) {
        current[unit] = current_manifest(unit);
        if (current[unit].is_null()) stale.push_back(unit);
    }

    if (!stale.empty()) {
        const std::string run = std::to_string(::getpid());
        const fs::path driver = cache_ / (digest_of(compile_driver) + ".mjs");
        const fs::path request = cache_ / ("request-" + run), response = cache_ / ("response-" + run),
                       said = cache_ / ("said-" + run);
        const json asked = {{"root", project_.root.string()},
                            {"sources", stale},
                            {"modules", modules_.string()},
                            {"remappings", project_.remappings},
                            {"out", response.string()}};
        if (!write_file(driver, compile_driver) || !write_file(request, asked.dump()))
            return std::unexpected(CompileError{CompileErrorKind::cache_unusable, cache_.string()});
        const auto code = run_process({"node", driver.string(), request.string()}, said);
        const auto text = read_file(response);
        std::string complaint = read_file(said).value_or("");
        for (const fs::path& path : {request, response, said}) fs::remove(path, error);
        if (!code || *code == 127)
            return std::unexpected(
                CompileError{CompileErrorKind::no_compiler, "node (Node.js 18 or newer) is not installed"});
        if (!text) {
            while (complaint.ends_with('\n')) complaint.pop_back();
            return std::unexpected(CompileError{CompileErrorKind::no_compiler, complaint});
        }
        const json answer = json::parse(*text);
        std::string errors;
        for (const json& entry : answer.at("errors"))
            if (entry.at("severity") == "error") errors += entry.at("formatted").get<std::string>() + "\n";
        if (!errors.empty()) return std::unexpected(CompileError{CompileErrorKind::solidity, errors});
        if (!store(answer, stale, cache_, manifests, digests))
            return std::unexpected(CompileError{CompileErrorKind::cache_unusable, cache_.string()});
        for (const std::string& unit : stale) current[unit] = json::parse(read_file(manifests[unit]).value_or(""));
    }

    Compilation compilation;
    compilation.units_compiled = stale.size();
    std::set<std::pair<std::string, std::string>> seen;
    std::set<std::string> warned;
    for (const std::string& unit : units) {
        for (const json& entry : current[unit].at("contracts")) {
            ContractEntry contract{entry.at("name"), entry.at("unit"), kind_of(entry.at("kind")), entry.at("digest")};
            if (seen.emplace(contract.unit, contract.name).second) compilation.contracts.push_back(std::move(contract));
        }
    }
    for (const std::string& unit : stale)
        for (const json& warning : current[unit].at("warnings"))
            if (warned.insert(warning).second) compilation.warnings.push_back(warning);
    return compilation;
} catch (const json::exception& thrown) {
    return std::unexpected(
        CompileError{CompileErrorKind::cache_unusable, std::string(thrown.what()) + " in " + cache_.string()});
}

std::expected<ContractContents, CompileError> Compiler::load(const ContractEntry& entry) const try {
    const auto text = read_file(cache_ / entry.digest);
    if (!text) return std::unexpected(CompileError{CompileErrorKind::cache_unusable, (cache_ / entry.digest).string()});
    const json parsed = json::parse(*text);
    ContractContents contents;
    contents.abi = parsed.at("abi").dump();
    contents.creation_code = parse_code(parsed.at("bytecode"));
    contents.runtime_code = parse_code(parsed.at("deployedBytecode"));
    contents.libraries = libraries_of(parsed.at("linkReferences"));
    for (const json& places : parsed.at("immutableReferences"))
        for (const json& place : places) contents.open_places.push_back(range_of(place));
    const auto& runtime_hex = parsed.at("deployedBytecode").get_ref<const std::string&>();
    for (std::size_t at = runtime_hex.find("__$"); at != std::string::npos; at = runtime_hex.find("__$", at + 40))
        contents.open_places.push_back({at / 2, 20});
    return contents;
} catch (const json::exception& thrown) {
    return std::unexpected(
        CompileError{CompileErrorKind::cache_unusable, std::string(thrown.what()) + " in " + entry.digest});
}

}  // namespace talea::runner
