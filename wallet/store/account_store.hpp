#pragma once
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "vm/base/bytes.hpp"
#include "wallet/store/durable_file.hpp"

namespace talea::wallet {

/// A key file by the name its owner gave it.
struct StoredAccount {
    std::string name;
    vm::Address address;
    std::filesystem::path path;
};

/// The key files of a wallet: one NAME.json each in one folder, mode 0600 (key_file.hpp).
class AccountStore {
  public:
    explicit AccountStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

    /// In the order of names. Files that are no key files are passed over.
    [[nodiscard]] std::vector<StoredAccount> list() const;
    [[nodiscard]] std::optional<StoredAccount> find(const std::string& name) const;
    [[nodiscard]] std::optional<StoredAccount> find(const vm::Address& address) const;
    /// Refuses a name that is taken. `name` is valid (names.hpp).
    [[nodiscard]] std::expected<StoredAccount, FileError> add(const std::string& name, const std::string& key_file);

  private:
    std::filesystem::path folder_;
};

}  // namespace talea::wallet
