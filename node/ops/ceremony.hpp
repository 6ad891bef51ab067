#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "node/base/stop.hpp"
#include "node/ops/public_file.hpp"

/// How hosts that trust nobody with their keys make a chain: each exports a public file, one assembles the genesis
/// (`talead init --ceremony`), and each verifies it and sets up its node (`talead join`). Failures are printed, one
/// sentence each.
namespace talea::node {

/// The sentence of an error names the file.
[[nodiscard]] std::expected<std::vector<PublicFile>, std::string> read_public_files(
    const std::vector<std::string>& paths);

struct ExportKey {
    std::string key_file;
    std::string place;  ///< HOST:PORT; empty: the node only dials
    bool observer = false;
    std::string password_file;  ///< of an encrypted key
};
/// `talead keys export`: the public file goes to stdout.
[[nodiscard]] ExitCode export_public_file(const ExportKey& options);

struct JoinOptions {
    std::string genesis;             ///< resolved, as whoever assembled it sent it
    std::string hash;                ///< what the hosts told each other it must be; empty: it is printed alone
    std::vector<std::string> files;  ///< public files of all hosts
    std::string key;                 ///< of this host; needed where `dir` is given
    std::string password_file;       ///< of an encrypted key, for the configuration
    std::string dir;                 ///< data directory to make; empty: only verify
    std::string listen;              ///< ADDRESS:PORT; empty: all addresses, at the port of the own public file
    std::optional<std::uint16_t> rpc_port;
};
/// `talead join`: the genesis is whole, has that hash, and every validator of it is one of the files, whose keys signed
/// them. Then makes the data directory with the genesis and, in node.json, what `talead run --config` takes. A
/// directory that has that genesis already is given what it lacks.
[[nodiscard]] ExitCode join_network(const JoinOptions& options);

}  // namespace talea::node
