#include "node/ops/recover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "node/chain/checkpoints.hpp"
#include "node/chain/genesis_record.hpp"
#include "node/ops/checkpoint_file.hpp"
#include "node/ops/directory.hpp"
#include "node/ops/failure.hpp"
#include "node/ops/files.hpp"
#include "node/storage/database.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"

namespace talea::node {
namespace {

/// Who recovers the chain, and its first block.
struct Terms {
    vm::RecoveryKeys recovery;
    BlockRecord first;
};
std::expected<Terms, std::string> terms_of(const vm::Genesis& genesis) {
    if (genesis.talea.recovery.keys.empty()) return std::unexpected("this chain's genesis names no recovery keys");
    return Terms{genesis.talea.recovery, genesis_record(genesis)};
}
std::expected<Terms, std::string> terms_of(const std::string& genesis_file) {
    const auto genesis = load_genesis(genesis_file);
    if (!genesis) return std::unexpected(genesis.error());
    return terms_of(*genesis);
}

/// The file, which must be of this chain.
std::expected<CheckpointFile, std::string> read_file(const std::string& path, const Terms& chain) {
    const auto text = read_text_file(path);
    if (!text) return std::unexpected(text.error());
    auto file = parse_checkpoint_file(*text);
    if (!file) return std::unexpected(fmt::format("{}: {}", path, file.error()));
    if (file->genesis_hash != chain.first.hash)
        return std::unexpected(fmt::format("{} is for the chain with genesis {}, this is {}", path,
                                           vm::to_hex(file->genesis_hash), vm::to_hex(chain.first.hash)));
    return file;
}

/// The recovery keys that signed, in the order of the signatures; a signature of nobody's is left out.
std::vector<vm::Address> signers_of(const CheckpointFile& file, const Terms& chain) {
    const auto digest = checkpoint_digest(file.genesis_hash, file.checkpoint);
    std::vector<vm::Address> signers;
    for (const auto& seal : file.checkpoint.signatures) {
        const auto signer = plain_signatures().signer(digest, seal);
        if (signer && std::ranges::find(chain.recovery.keys, *signer) != chain.recovery.keys.end() &&
            std::ranges::find(signers, *signer) == signers.end())
            signers.push_back(*signer);
    }
    return signers;
}

/// Writes over `path`, whole or not at all.
std::expected<void, std::string> write_over(const std::string& path, const CheckpointFile& file) {
    return write_text_file(path, write_checkpoint_file(file));
}

}  // namespace

ExitCode recover_new(const RecoverNew& options) {
    const Directory directory{options.dir};
    const auto genesis = load_genesis(directory);
    if (!genesis) return fail(genesis.error());
    const auto chain = terms_of(*genesis);
    if (!chain) return fail(chain.error());
    if (file_exists(options.file)) return fail(fmt::format("'{}' is there already", options.file));
    const auto database = Database::open(directory.database(), chain->first, database_that_exists());
    if (!database) return fail(describe(directory, database.error()));
    const ChainReader blocks((*database)->store());
    CheckpointFile file;
    file.genesis_hash = chain->first.hash;
    auto& checkpoint = file.checkpoint;
    checkpoint.number = (*database)->head();
    checkpoint.hash = blocks.hash(checkpoint.number).value_or(vm::Hash{});
    checkpoint.instance = sealed_instance(blocks, checkpoint.number);
    for (const auto& stored : stored_checkpoints(blocks))
        checkpoint.instance = std::max(checkpoint.instance, stored.instance);
    ++checkpoint.instance;
    for (const auto& text : options.validators) {
        const auto validator = vm::address_from_hex(text);
        if (!validator) return fail(fmt::format("'{}' is no address", text));
        checkpoint.validators.push_back(*validator);
    }
    std::ranges::sort(checkpoint.validators);
    if (std::ranges::adjacent_find(checkpoint.validators) != checkpoint.validators.end())
        return fail("a validator is named twice");
    if (auto written = write_over(options.file, file); !written) return fail(written.error());
    fmt::print("{}\n", vm::to_hex(checkpoint_digest(file.genesis_hash, checkpoint)));
    fmt::print(stderr, "wrote {}: block {}, instance {}; {} of {} recovery keys must sign it\n", options.file,
               checkpoint.number.value, checkpoint.instance, chain->recovery.threshold, chain->recovery.keys.size());
    return ExitCode::done;
}

ExitCode recover_sign(const RecoverSign& options) {
    const auto chain = terms_of(options.genesis);
    if (!chain) return fail(chain.error());
    auto file = read_file(options.file, *chain);
    if (!file) return fail(file.error());
    const auto digest = checkpoint_digest(file->genesis_hash, file->checkpoint);
    Seal seal{};
    if (options.key_file) {
        const auto key = read_key_file(*options.key_file, options.password_file);
        if (!key) return fail(key.error());
        seal = make_seal(key->key, digest);
    } else {
        const auto bytes = vm::from_hex(options.signature.value_or(""));
        if (!bytes || bytes->size() != seal.size())
            return fail("the signature must be 65 bytes: r, s and the y parity (0 or 1)");
        std::ranges::copy(*bytes, seal.begin());
    }
    const auto signer = plain_signatures().signer(digest, seal);
    if (!signer) return fail("the signature is none over this checkpoint's digest, or its s is not low");
    if (std::ranges::find(chain->recovery.keys, *signer) == chain->recovery.keys.end())
        return fail(fmt::format("{} holds no recovery key of this chain", vm::to_checksum_hex(*signer)));
    auto signers = signers_of(*file, *chain);
    if (std::ranges::find(signers, *signer) == signers.end()) {
        file->checkpoint.signatures.push_back(seal);
        signers.push_back(*signer);
    }
    if (auto written = write_over(options.file, *file); !written) return fail(written.error());
    fmt::print("{}\n", vm::to_checksum_hex(*signer));
    fmt::print(stderr, "{} has {} of {} signatures\n", options.file, signers.size(), chain->recovery.threshold);
    return ExitCode::done;
}

ExitCode recover_show(const RecoverShow& options) {
    const auto chain = terms_of(options.genesis);
    if (!chain) return fail(chain.error());
    const auto file = read_file(options.file, *chain);
    if (!file) return fail(file.error());
    const auto& checkpoint = file->checkpoint;
    const auto signers = signers_of(*file, *chain);
    const auto verdict = verify_checkpoint(checkpoint, chain->first.hash, chain->recovery);
    const auto digest = vm::to_hex(checkpoint_digest(file->genesis_hash, checkpoint));
    if (options.json) {
        nlohmann::ordered_json json;
        json["number"] = checkpoint.number.value;
        json["hash"] = vm::to_hex(checkpoint.hash);
        json["instance"] = checkpoint.instance;
        json["validators"] = nlohmann::ordered_json::array();
        for (const auto& each : checkpoint.validators) json["validators"].push_back(vm::to_checksum_hex(each));
        json["digest"] = digest;
        json["signers"] = nlohmann::ordered_json::array();
        for (const auto& each : signers) json["signers"].push_back(vm::to_checksum_hex(each));
        json["threshold"] = chain->recovery.threshold;
        json["holds"] = verdict.has_value();
        if (!verdict) json["error"] = to_string(verdict.error());
        json["encoded"] = vm::to_hex(encode_checkpoint(checkpoint));
        fmt::print("{}\n", json.dump(2));
        return ExitCode::done;
    }
    fmt::print("after block      {} {}\n", checkpoint.number.value, vm::to_hex(checkpoint.hash));
    fmt::print("comes instance   {}\n", checkpoint.instance);
    for (const auto& each : checkpoint.validators) fmt::print("validator        {}\n", vm::to_checksum_hex(each));
    fmt::print("digest to sign   {}\n", digest);
    for (const auto& each : signers) fmt::print("signed by        {}\n", vm::to_checksum_hex(each));
    fmt::print("{}\n", verdict ? "it holds" : fmt::format("it does not hold: {}", to_string(verdict.error())));
    return ExitCode::done;
}

ExitCode recover_apply(const RecoverApply& options) {
    const Directory directory{options.dir};
    const auto genesis = load_genesis(directory);
    if (!genesis) return fail(genesis.error());
    const auto chain = terms_of(*genesis);
    if (!chain) return fail(chain.error());
    const auto file = read_file(options.file, *chain);
    if (!file) return fail(file.error());
    const auto& checkpoint = file->checkpoint;
    if (auto holds = verify_checkpoint(checkpoint, chain->first.hash, chain->recovery); !holds)
        return fail(fmt::format("{}: {} ({} of {} signatures)", options.file, to_string(holds.error()),
                                signers_of(*file, *chain).size(), chain->recovery.threshold));
    const auto database = Database::open(directory.database(), chain->first, database_that_exists());
    if (!database) return fail(describe(directory, database.error()));
    const auto fate = judge_checkpoint(ChainReader((*database)->store()), checkpoint);
    if (!fate) return fail(fate.error());
    // One that a peer told of leaves a validator without its journal in quarantine; its operator's word does not.
    if (*fate != CheckpointFate::known || checkpoint.number == (*database)->head())
        (*database)->store_checkpoint(checkpoint.number, checkpoint.instance, encode_checkpoint(checkpoint), true);
    const auto* outcome = *fate == CheckpointFate::begins  ? "begins"
                          : *fate == CheckpointFate::waits ? "waits"
                                                           : "known";
    if (options.json) {
        nlohmann::ordered_json json;
        json["number"] = checkpoint.number.value;
        json["hash"] = vm::to_hex(checkpoint.hash);
        json["instance"] = checkpoint.instance;
        json["outcome"] = outcome;
        fmt::print("{}\n", json.dump(2));
        return ExitCode::done;
    }
    switch (*fate) {
        case CheckpointFate::begins:
            fmt::print("stored: block {} will be made by {} validators in instance {}\n", checkpoint.number.value + 1,
                       checkpoint.validators.size(), checkpoint.instance);
            break;
        case CheckpointFate::waits:
            fmt::print("stored: it takes effect when this node has block {}\n", checkpoint.number.value);
            break;
        case CheckpointFate::known:
            fmt::print("it was stored before\n");
            break;
    }
    return ExitCode::done;
}

}  // namespace talea::node
