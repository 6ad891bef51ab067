#pragma once
#include <string>

#include "node/base/stop.hpp"

/// `talead keys`: a node's key in its file (node/ops/files.hpp). What is asked for goes to stdout; failures are
/// printed, one sentence each.
namespace talea::node {

struct KeyFile {
    std::string path;
    std::string password_file;  ///< of an encrypted key, or to encrypt it
};

/// Makes a validator's key with its vote journal; prints its address.
[[nodiscard]] ExitCode new_key(const KeyFile& file);

struct ShowKey {
    KeyFile file;
    bool is_public = false;  ///< the public key; otherwise the address, which needs no password
};
[[nodiscard]] ExitCode show_key(const ShowKey& options);

[[nodiscard]] ExitCode encrypt_key(const KeyFile& file);

struct SplitOptions {
    KeyFile file;
    std::string secret;  ///< the file to make for the signer
};
[[nodiscard]] ExitCode split_key(const SplitOptions& options);

struct Consent {
    KeyFile file;
    std::string genesis;  ///< the chain's genesis.json
    std::string expiry;   ///< when it ends to hold
};
/// Prints the key's signature that it agrees to validate the chain.
[[nodiscard]] ExitCode sign_consent(const Consent& options);

}  // namespace talea::node
