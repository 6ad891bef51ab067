#include "node/ops/keys.hpp"

#include <fmt/format.h>

#include "node/chain/genesis_record.hpp"
#include "node/consensus/signing.hpp"
#include "node/ops/directory.hpp"
#include "node/ops/failure.hpp"
#include "node/ops/files.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"
#include "vm/native/validator_set.hpp"

namespace talea::node {
namespace {

ExitCode done_or_failed(const std::expected<void, std::string>& outcome) {
    return outcome ? ExitCode::done : fail(outcome.error());
}

}  // namespace

ExitCode new_key(const KeyFile& file) {
    const auto made = make_key_file(file.path, KeyUse::validator, file.password_file);
    if (!made) return fail(made.error());
    fmt::print("{}\n", vm::to_checksum_hex(vm::address_of(made->key)));
    return ExitCode::done;
}

ExitCode show_key(const ShowKey& options) {
    const auto& file = options.file;
    if (!options.is_public) {
        const auto address = read_key_address(file.path);
        if (!address) return fail(address.error());
        fmt::print("{}\n", vm::to_checksum_hex(*address));
        return ExitCode::done;
    }
    const auto key = read_key_file(file.path, file.password_file);
    if (!key) return fail(key.error());
    const auto point = vm::public_key_of(key->key);
    fmt::print("{}{}\n", vm::to_hex(point.x.to_be_bytes()), vm::to_hex(point.y.to_be_bytes()).substr(2));
    return ExitCode::done;
}

ExitCode encrypt_key(const KeyFile& file) {
    return done_or_failed(encrypt_key_file(file.path, file.password_file));
}

ExitCode split_key(const SplitOptions& options) {
    return done_or_failed(split_key_file(options.file.path, options.secret, options.file.password_file));
}

ExitCode sign_consent(const Consent& options) {
    const auto key = read_key_file(options.file.path, options.file.password_file);
    if (!key) return fail(key.error());
    const auto genesis = load_genesis(options.genesis);
    if (!genesis) return fail(genesis.error());
    const auto expiry = parse_time(options.expiry);
    if (!expiry) return fail(expiry.error());
    const auto consent =
        vm::validator_consent(genesis_record(*genesis).hash, vm::address_of(key->key), expiry->seconds);
    fmt::print("{}\n", vm::to_hex(make_seal(key->key, consent)));
    fmt::print(stderr, "{} consents until {} ({})\n", vm::to_checksum_hex(vm::address_of(key->key)),
               format_time(*expiry), expiry->seconds);
    return ExitCode::done;
}

}  // namespace talea::node
