#include "node/ops/ceremony.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "node/chain/genesis_record.hpp"
#include "node/ops/directory.hpp"
#include "node/ops/failure.hpp"
#include "node/ops/files.hpp"
#include "node/ops/run_config.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"

namespace talea::node {
namespace {

using OrderedJson = nlohmann::ordered_json;

std::string absolute(const std::string& path) {
    std::error_code error;
    const auto full = std::filesystem::absolute(path, error);
    return error ? path : full.lexically_normal().string();
}

const PublicFile* find(const std::vector<PublicFile>& files, const vm::Address& address) {
    const auto found = std::ranges::find(files, address, &PublicFile::address);
    return found == files.end() ? nullptr : &*found;
}

/// The first validator of genesis that none of the files is of.
std::optional<vm::Address> without_file(const vm::Genesis& genesis, const std::vector<PublicFile>& files) {
    for (const auto& validator : genesis.talea.validators)
        if (find(files, validator) == nullptr) return validator;
    return std::nullopt;
}

/// What `talead run --config` takes.
std::string node_config(const JoinOptions& options, const vm::Address& own, const std::vector<PublicFile>& files) {
    const auto* self = find(files, own);
    OrderedJson json;
    json["dir"] = absolute(options.dir);
    json[self != nullptr && self->role == PublicRole::observer ? "node-key" : "key"] = absolute(options.key);
    if (!options.password_file.empty()) json["password-file"] = absolute(options.password_file);
    if (options.rpc_port) json["rpc-port"] = *options.rpc_port;
    if (!options.listen.empty())
        json["listen"] = options.listen;
    else if (self != nullptr && !self->place.empty())
        json["listen"] = fmt::format("0.0.0.0:{}", parse_host_port(self->place)->port);
    json["peers"] = OrderedJson::array();
    for (const auto& file : files)
        if (file.address() != own && !file.place.empty())
            json["peers"].push_back(fmt::format("{}@{}", vm::to_checksum_hex(file.address()), file.place));
    return json.dump(2) + "\n";
}

ExitCode make_directory(const JoinOptions& options, const vm::Genesis& genesis, const vm::Hash& hash,
                        const std::vector<PublicFile>& files) {
    if (options.key.empty()) return fail("name this host's key with --key; `talead keys new` makes one");
    const auto read = read_key_address(options.key);
    if (!read) return fail(read.error());
    const auto& own = *read;
    const Directory directory{options.dir};
    const auto config_file = options.dir + "/node.json";
    if (file_exists(config_file))
        return fail(fmt::format("'{}' exists already and is not written over; move it away first", config_file));
    if (file_exists(directory.genesis_file())) {
        const auto there = load_genesis(directory);
        if (!there) return fail(there.error());
        if (genesis_record(*there).hash != hash) return fail(fmt::format("'{}' has another chain", options.dir));
    } else {
        if (auto made = make_folder(options.dir); !made) return fail(made.error());
        if (auto written = write_text_file(directory.genesis_file(), vm::write_genesis(genesis)); !written)
            return fail(written.error());
    }
    if (auto written = write_text_file(config_file, node_config(options, own, files)); !written)
        return fail(written.error());
    const auto& validators = genesis.talea.validators;
    const bool votes = std::ranges::find(validators, own) != validators.end();
    fmt::print(stderr, "{} {}; start it with: talead run --config {}\n", vm::to_checksum_hex(own),
               votes ? "is a validator of genesis" : "is no validator of genesis and follows, where it is admitted",
               config_file);
    return ExitCode::done;
}

}  // namespace

std::expected<std::vector<PublicFile>, std::string> read_public_files(const std::vector<std::string>& paths) {
    std::vector<PublicFile> files;
    for (const auto& path : paths) {
        const auto text = read_text_file(path);
        if (!text) return std::unexpected(text.error());
        auto file = parse_public_file(*text);
        if (!file) return std::unexpected(fmt::format("{}: {}", path, file.error()));
        files.push_back(std::move(*file));
    }
    return files;
}

ExitCode export_public_file(const ExportKey& options) {
    const auto key = read_key_file(options.key_file, options.password_file);
    if (!key) return fail(key.error());
    if (!options.place.empty()) {
        const auto place = parse_host_port(options.place);
        if (!place) return fail(place.error());
        if (place->port == 0) return fail("other nodes find nobody at port 0; name the one this node listens at");
    }
    if (!options.observer && !key->journal_id)
        return fail(
            fmt::format("'{}' has no vote journal; `talead keys new` makes a validator's key", options.key_file));
    const auto role = options.observer ? PublicRole::observer : PublicRole::validator;
    fmt::print("{}", write_public_file(make_public_file(key->key, role, options.place)));
    return ExitCode::done;
}

ExitCode join_network(const JoinOptions& options) {
    if (!options.listen.empty())
        if (const auto place = parse_host_port(options.listen); !place) return misused(place.error());
    const auto genesis = load_genesis(options.genesis);
    if (!genesis) return fail(genesis.error());
    const auto hash = genesis_record(*genesis).hash;
    if (!options.hash.empty()) {
        const auto expected = vm::hash_from_hex(options.hash);
        if (!expected) return fail(fmt::format("'{}' is no hash of 32 bytes", options.hash));
        if (*expected != hash)
            return fail(fmt::format("'{}' has the hash {}, not {}: it is not the genesis that was agreed on",
                                    options.genesis, vm::to_hex(hash), vm::to_hex(*expected)));
    }
    const auto files = read_public_files(options.files);
    if (!files) return fail(files.error());
    if (!files->empty())
        if (const auto missing = without_file(*genesis, *files))
            return fail(fmt::format("genesis names the validator {}, of which there is no public file",
                                    vm::to_checksum_hex(*missing)));
    fmt::print("{}\n", vm::to_hex(hash));
    // Neither is under the hash.
    fmt::print(stderr, "chain {}, fork {}\n", genesis->chain_id, vm::to_string(genesis->fork));
    for (const auto& validator : genesis->talea.validators) {
        const auto* file = find(*files, validator);
        fmt::print(stderr, "validator {}{}\n", vm::to_checksum_hex(validator),
                   file == nullptr || file->place.empty() ? "" : " at " + file->place);
    }
    if (options.dir.empty()) return ExitCode::done;
    return make_directory(options, *genesis, hash, *files);
}

}  // namespace talea::node
