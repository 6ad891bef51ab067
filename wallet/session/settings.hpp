#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace talea::wallet {

/// What the command line and the environment say, for all commands alike.
struct Settings {
    std::string rpc = "http://127.0.0.1:8545";
    std::string jwt_secret_file, ca_file;  ///< what the node asks of its clients, as http/client.hpp has it
    std::filesystem::path home;            ///< keys, address book, references
    std::string account;                   ///< who signs: name or address; empty: the only account there is
    std::string password_file;
    int password_fd = -1;
    std::string signer;                     ///< a command that signs, in place of a key file
    std::string unsigned_file;              ///< write the transaction here and sign nothing
    std::string reference;                  ///< --ref
    std::optional<std::uint64_t> chain_id;  ///< the node must be of this chain
    std::optional<std::uint64_t> gas;       ///< in place of the node's estimate
    bool json = false;
    bool csv = false;                  ///< a table, in place of lines for a person
    bool yes = false;                  ///< do not ask
    bool force = false;                ///< send although the preview refuses
    bool dry_run = false;              ///< preview only
    std::chrono::seconds timeout{30};  ///< for an answer, and for finality
};

}  // namespace talea::wallet
