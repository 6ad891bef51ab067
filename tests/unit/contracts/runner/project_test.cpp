#include "contracts/runner/project.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

using namespace talea::runner;
namespace fs = std::filesystem;

namespace {

/// A folder that goes with the test.
struct Scratch {
    fs::path path;
    Scratch() {
        std::string name = (fs::temp_directory_path() / "talea-project-XXXXXX").string();
        path = fs::canonical(::mkdtemp(name.data()));
    }
    ~Scratch() { fs::remove_all(path); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    void write(const fs::path& below, std::string_view text = "") const {
        fs::create_directories((path / below).parent_path());
        std::ofstream(path / below) << text;
    }
};

using Units = std::vector<std::string>;

}  // namespace

TEST_CASE("a project is found from any folder or file in it, and only that part is tested") {
    const Scratch scratch;
    scratch.write("src/Token.sol");
    scratch.write("test/A.t.sol");
    scratch.write("test/deep/B.t.sol");
    scratch.write("test/Base.sol");
    scratch.write("test/node_modules/x/C.t.sol");
    scratch.write("test/.hidden/D.t.sol");

    const auto whole = find_project(scratch.path);
    REQUIRE(whole);
    CHECK(whole->root == scratch.path);
    CHECK(test_units(*whole) == Units{"test/A.t.sol", "test/deep/B.t.sol"});
    CHECK(source_units(*whole) == Units{"src/Token.sol"});

    const auto part = find_project(scratch.path / "test/deep");
    REQUIRE(part);
    CHECK(part->root == scratch.path);
    CHECK(test_units(*part) == Units{"test/deep/B.t.sol"});

    const auto file = find_project(scratch.path / "test/A.t.sol");
    REQUIRE(file);
    CHECK(test_units(*file) == Units{"test/A.t.sol"});
}

TEST_CASE("a path that does not exist or belongs to no project is an error") {
    const Scratch scratch;
    CHECK(find_project(scratch.path / "absent").error() == ProjectError::no_such_path);
    CHECK(find_project(scratch.path).error() == ProjectError::not_a_project);
}

TEST_CASE("remappings are read from remappings.txt, their folders below the project") {
    const Scratch scratch;
    scratch.write("test/A.t.sol");
    scratch.write("remappings.txt", "std/=lib/std/src/\r\n\n# no remapping\n@abs/=/abs/\n");
    CHECK(find_project(scratch.path)->remappings ==
          Units{"std/=" + scratch.path.string() + "/lib/std/src/", "@abs/=/abs/"});
}

TEST_CASE("the compiler is taken from the folder given, or from the nearest around the project") {
    const Scratch scratch;
    scratch.write("a/test/A.t.sol");
    const auto project = find_project(scratch.path / "a");
    REQUIRE(project);
    CHECK(find_modules(*project, scratch.path) == std::nullopt);
    scratch.write("node_modules/solc/package.json");
    CHECK(find_modules(*project, scratch.path) == std::nullopt);
    scratch.write("node_modules/@openzeppelin/contracts/package.json");
    CHECK(find_modules(*project, scratch.path) == scratch.path);
    if (std::getenv("TALEA_SOLC") == nullptr) CHECK(find_modules(*project, std::nullopt) == scratch.path);
}
