#pragma once
#include <expected>
#include <string>
#include <string_view>

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

/// From the system's generator.
[[nodiscard]] vm::PrivateKey new_private_key();
/// A node's key: 64 hexadecimal digits (with or without "0x") in a file that only its owner reads.
[[nodiscard]] std::expected<vm::PrivateKey, std::string> read_key_file(const std::string& path);
/// Refuses to write over a file.
[[nodiscard]] std::expected<void, std::string> write_key_file(const std::string& path, const vm::PrivateKey& key);

/// "2026-11-20T20:59:00Z", or seconds since 1970.
[[nodiscard]] std::expected<vm::Timestamp, std::string> parse_time(std::string_view text);
[[nodiscard]] std::string format_time(vm::Timestamp time);

}  // namespace talea::node
