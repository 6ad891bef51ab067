#pragma once
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "node/consensus/signing.hpp"
#include "vm/crypto/secp256k1.hpp"

/// What a host shows of its node to those it makes a chain with (`talead keys export`): no secret, and signed by the
/// key, so that nobody puts a key into a genesis that nobody has.
namespace talea::node {

enum class PublicRole : std::uint8_t {
    validator,
    observer,  ///< follows and is admitted by its key
};
[[nodiscard]] std::string_view to_string(PublicRole role);

struct PublicFile {
    vm::PublicKey key;
    PublicRole role = PublicRole::validator;
    std::string place;  ///< HOST:PORT where other nodes find it; empty: it only dials
    Seal signature{};
    [[nodiscard]] vm::Address address() const { return vm::address_of(key); }
};

/// Signed. `place` is empty or of the form HOST:PORT (checked).
[[nodiscard]] PublicFile make_public_file(const vm::PrivateKey& key, PublicRole role, std::string place);
[[nodiscard]] std::string write_public_file(const PublicFile& file);
/// Strict, signature included; the error is one sentence.
[[nodiscard]] std::expected<PublicFile, std::string> parse_public_file(std::string_view json);

/// A genesis source that names no validators and no nodes, with those of the files put in: validators ascending by
/// address, so that the order of the files does not matter. The error is one sentence.
[[nodiscard]] std::expected<std::string, std::string> with_public_files(std::string_view source,
                                                                        std::span<const PublicFile> files);

}  // namespace talea::node
