#include "node/ops/checkpoint_file.hpp"

#include <algorithm>

#include "node/ops/strict_json.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"

namespace talea::node {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr WrongIn wrong_checkpoint("the checkpoint");

}  // namespace

std::string write_checkpoint_file(const CheckpointFile& file) {
    OrderedJson json;
    json["genesis"] = vm::to_hex(file.genesis_hash);
    json["number"] = file.checkpoint.number.value;
    json["hash"] = vm::to_hex(file.checkpoint.hash);
    json["instance"] = file.checkpoint.instance;
    json["validators"] = OrderedJson::array();
    for (const auto& validator : file.checkpoint.validators)
        json["validators"].push_back(vm::to_checksum_hex(validator));
    json["signatures"] = OrderedJson::array();
    for (const auto& seal : file.checkpoint.signatures) json["signatures"].push_back(vm::to_hex(seal));
    return json.dump(2) + "\n";
}

std::expected<CheckpointFile, std::string> parse_checkpoint_file(std::string_view text) {
    const auto parsed = parse_exact_object(wrong_checkpoint, text,
                                           {"genesis", "number", "hash", "instance", "validators", "signatures"});
    if (!parsed) return std::unexpected(parsed.error());
    const auto& json = *parsed;
    CheckpointFile file;
    const auto genesis = bytes_in(json["genesis"], 32), hash = bytes_in(json["hash"], 32);
    if (!genesis) return wrong_checkpoint("genesis", "must be 32 bytes");
    if (!hash) return wrong_checkpoint("hash", "must be 32 bytes");
    std::ranges::copy(*genesis, file.genesis_hash.bytes.begin());
    std::ranges::copy(*hash, file.checkpoint.hash.bytes.begin());
    for (const char* key : {"number", "instance"})
        if (!json[key].is_number_unsigned()) return wrong_checkpoint(key, "must be a number");
    file.checkpoint.number = {json["number"].get<std::uint64_t>()};
    file.checkpoint.instance = json["instance"].get<std::uint64_t>();
    for (const char* key : {"validators", "signatures"})
        if (!json[key].is_array()) return wrong_checkpoint(key, "must be a list");
    for (const auto& each : json["validators"]) {
        const auto address = each.is_string() ? vm::address_from_hex(each.get<std::string>()) : std::nullopt;
        if (!address) return wrong_checkpoint("validators", "must be addresses");
        file.checkpoint.validators.push_back(*address);
    }
    for (const auto& each : json["signatures"]) {
        const auto seal = bytes_in(each, std::tuple_size_v<Seal>);
        if (!seal) return wrong_checkpoint("signatures", "must be of 65 bytes");
        std::ranges::copy(*seal, file.checkpoint.signatures.emplace_back().begin());
    }
    return file;
}

}  // namespace talea::node
