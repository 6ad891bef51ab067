#include "node/ops/public_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "node/base/text_bytes.hpp"
#include "node/ops/run_config.hpp"
#include "node/ops/strict_json.hpp"
#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/rlp/encode.hpp"

namespace talea::node {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

constexpr WrongIn wrong_public_file("the public file");

vm::Bytes key_bytes(const vm::PublicKey& key) {
    vm::Bytes bytes = vm::to_bytes(key.x.to_be_bytes());
    vm::append(bytes, key.y.to_be_bytes());
    return bytes;
}

/// keccak(rlp(["talea public file", public key, role, place])); no other list that a node's key signs begins so.
vm::Hash digest_of(const PublicFile& file) {
    vm::Bytes out;
    {
        vm::rlp::List list(out);
        vm::rlp::encode(out, bytes_of("talea public file"));
        vm::rlp::encode(out, vm::BytesView{key_bytes(file.key)});
        vm::rlp::encode(out, bytes_of(to_string(file.role)));
        vm::rlp::encode(out, bytes_of(file.place));
    }
    return vm::keccak256(out);
}

bool is_place(std::string_view place) {
    if (place.empty()) return true;
    const auto found = parse_host_port(place);
    return found && found->port != 0;
}

}  // namespace

std::string_view to_string(PublicRole role) {
    switch (role) {
        case PublicRole::validator:
            return "validator";
        case PublicRole::observer:
            return "observer";
    }
    return "";
}

PublicFile make_public_file(const vm::PrivateKey& key, PublicRole role, std::string place) {
    vm::check(is_place(place), "the place of a public file was judged before");
    PublicFile file{vm::public_key_of(key), role, std::move(place), {}};
    file.signature = make_seal(key, digest_of(file));
    return file;
}

std::string write_public_file(const PublicFile& file) {
    OrderedJson json;
    json["role"] = to_string(file.role);
    json["address"] = vm::to_checksum_hex(file.address());
    json["publicKey"] = vm::to_hex(key_bytes(file.key));
    json["place"] = file.place;
    json["signature"] = vm::to_hex(file.signature);
    return json.dump(2) + "\n";
}

std::expected<PublicFile, std::string> parse_public_file(std::string_view text) {
    const auto parsed =
        parse_exact_object(wrong_public_file, text, {"role", "address", "publicKey", "place", "signature"});
    if (!parsed) return std::unexpected(parsed.error());
    const auto& json = *parsed;
    for (const auto* text_member : {"role", "address", "place"})
        if (!json[text_member].is_string()) return wrong_public_file(text_member, "must be a text");
    PublicFile file;
    const auto key = bytes_in(json["publicKey"], 64);
    if (!key) return wrong_public_file("publicKey", "must be 64 bytes");
    file.key = {vm::u256::from_be_bytes(vm::BytesView{*key}.first(32)),
                vm::u256::from_be_bytes(vm::BytesView{*key}.last(32))};
    if (!vm::is_valid(file.key)) return wrong_public_file("publicKey", "is no point of secp256k1");
    const auto address = vm::address_from_hex(json["address"].get<std::string>());
    if (!address || *address != file.address()) return wrong_public_file("address", "is not that of the public key");
    const auto role = json["role"].get<std::string>();
    if (role != "validator" && role != "observer") return wrong_public_file("role", "must be validator or observer");
    file.role = role == "validator" ? PublicRole::validator : PublicRole::observer;
    file.place = json["place"].get<std::string>();
    if (!is_place(file.place)) return wrong_public_file("place", "must be HOST:PORT, or empty");
    const auto signature = bytes_in(json["signature"], file.signature.size());
    if (!signature) return wrong_public_file("signature", "must be 65 bytes");
    std::ranges::copy(*signature, file.signature.begin());
    if (plain_signatures().signer(digest_of(file), file.signature) != *address)
        return wrong_public_file("signature",
                                 "is not the key's over this file; ask the host for what `talead keys export` wrote");
    return file;
}

std::expected<std::string, std::string> with_public_files(std::string_view source, std::span<const PublicFile> files) {
    auto json = Json::parse(source, nullptr, false);
    if (!json.is_object() || !json.contains("config") || !json["config"].is_object())
        return std::unexpected("the genesis source is no JSON object with a config");
    auto& talea = json["config"]["talea"];
    if (talea.is_null()) talea = Json::object();
    if (!talea.is_object()) return std::unexpected("the genesis source: config.talea must be an object");
    for (const char* key : {"validators", "nodes"})
        if (talea.contains(key))
            return std::unexpected(
                fmt::format("the genesis source names {} already; with public files leave them out", key));
    std::set<vm::Address> seen, validators;
    std::set<std::string> places;
    std::map<vm::Address, std::string> nodes;
    for (const auto& file : files) {
        const auto address = file.address();
        if (!seen.insert(address).second)
            return std::unexpected(fmt::format("two public files are of the key {}", vm::to_checksum_hex(address)));
        if (!file.place.empty() && !places.insert(file.place).second)
            return std::unexpected(fmt::format("two public files name the place {}", file.place));
        if (file.role == PublicRole::validator)
            validators.insert(address);
        else
            nodes[address] = vm::to_hex(key_bytes(file.key));
    }
    if (validators.empty()) return std::unexpected("none of the public files is a validator's");
    talea["validators"] = Json::array();
    for (const auto& address : validators) talea["validators"].push_back(vm::to_checksum_hex(address));
    if (!nodes.empty()) talea["nodes"] = Json::array();
    for (const auto& [address, key] : nodes) talea["nodes"].push_back(key);
    return json.dump(2) + "\n";
}

}  // namespace talea::node
