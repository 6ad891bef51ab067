#pragma once
#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "vm/base/bytes.hpp"
#include "wallet/store/durable_file.hpp"

namespace talea::wallet {

/// Names for addresses, in one JSON file {"name": "0x…"} that a person may also edit.
class AddressBook {
  public:
    /// An absent file is an empty book; a malformed one is an error that names the file and the entry.
    [[nodiscard]] static std::expected<AddressBook, FileError> open(std::filesystem::path path);

    [[nodiscard]] const std::map<std::string, vm::Address>& entries() const { return entries_; }
    [[nodiscard]] std::optional<vm::Address> find(const std::string& name) const;
    /// The first name of an address; empty where it has none.
    [[nodiscard]] std::string name_of(const vm::Address& address) const;

    /// Both write the file before they return. `name` is valid (names.hpp).
    [[nodiscard]] std::expected<void, FileError> put(const std::string& name, const vm::Address& address);
    [[nodiscard]] std::expected<void, FileError> remove(const std::string& name);

  private:
    std::filesystem::path path_;
    std::map<std::string, vm::Address> entries_;

    [[nodiscard]] std::expected<void, FileError> save() const;
};

}  // namespace talea::wallet
