#pragma once
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "node/consensus/vote_journal.hpp"
#include "vm/base/numbers.hpp"
#include "vm/crypto/secp256k1.hpp"

/// Small files of an operator: text, keys, times. Errors are one sentence each that names the file.
namespace talea::node {

[[nodiscard]] std::expected<std::string, std::string> read_text_file(const std::string& path);
/// Writes a new file whole, or none: a temporary beside it is synced and renamed, then the folder is synced, so that
/// the file is there after any crash that follows. `secret` makes it mode 0600.
[[nodiscard]] std::expected<void, std::string> write_text_file(const std::string& path, std::string_view text,
                                                               bool secret = false);
[[nodiscard]] bool file_exists(const std::string& path);
[[nodiscard]] std::expected<void, std::string> make_folder(const std::string& path);

/// 32 bytes from the system's generator.
[[nodiscard]] vm::Hash random_hash();
/// A node's key, in a file that only its owner reads: 64 hexadecimal digits (with or without "0x"), and for a validator
/// a second line "journal 0x..." with the id of the vote journal that was born with it. Or, under a password, a key
/// file of Web3 Secret Storage with that id in the member "journal".
struct NodeKey {
    vm::PrivateKey key;
    std::optional<vm::Hash> journal_id;
};
/// `password_file`: where its first line is the password, for a key that is under one; deriving takes about a second.
[[nodiscard]] std::expected<NodeKey, std::string> read_key_file(const std::string& path,
                                                                const std::string& password_file = {});
/// Without a password: what an encrypted key file says of itself.
[[nodiscard]] std::expected<vm::Address, std::string> read_key_address(const std::string& path);
/// Where the vote journal of the key in `key_path` stands.
[[nodiscard]] std::string journal_path_of(const std::string& key_path);
/// A new key in `path`, for a validator with its vote journal beside it, under a password where `password_file` names
/// one. Refuses to write over a file.
enum class KeyUse : std::uint8_t { validator, account };
[[nodiscard]] std::expected<NodeKey, std::string> make_key_file(const std::string& path, KeyUse use,
                                                                const std::string& password_file = {});
/// Puts a key that stands in the clear under a password, in place: whatever happens meanwhile, one of both is there.
[[nodiscard]] std::expected<void, std::string> encrypt_key_file(const std::string& path,
                                                                const std::string& password_file);
/// What a node keeps of a key whose secret is with a signer (node/ops/remote_signer.hpp): JSON with address and
/// journal.
struct SplitKey {
    vm::Address address;
    vm::Hash journal_id;
};
[[nodiscard]] std::expected<SplitKey, std::string> read_split_key_file(const std::string& path);
/// Moves the secret in `path`, which has a journal, to the new file `secret_path`, as it stands there; `path` keeps
/// what a node needs. Whatever happens meanwhile, the secret is in one of both.
[[nodiscard]] std::expected<void, std::string> split_key_file(const std::string& path, const std::string& secret_path,
                                                              const std::string& password_file);
/// The journal of a key that was read from `key_path`; one that is missing or damaged begins in quarantine.
[[nodiscard]] std::expected<std::shared_ptr<VoteJournal>, std::string> open_journal(const std::string& key_path,
                                                                                    const NodeKey& key);
[[nodiscard]] std::expected<std::shared_ptr<VoteJournal>, std::string> open_journal(const std::string& key_path,
                                                                                    const SplitKey& key);

/// "2026-11-20T20:59:00Z", or seconds since 1970.
[[nodiscard]] std::expected<vm::Timestamp, std::string> parse_time(std::string_view text);
[[nodiscard]] std::string format_time(vm::Timestamp time);

}  // namespace talea::node
