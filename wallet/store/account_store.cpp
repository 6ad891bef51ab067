#include "wallet/store/account_store.hpp"

#include <algorithm>

#include "keystore/key_file.hpp"

namespace talea::wallet {
namespace {

std::optional<StoredAccount> read_account(const std::filesystem::path& path) {
    const auto content = read_file(path);
    const auto address = content ? keystore::address_in_key_file(*content) : std::nullopt;
    if (!address) return std::nullopt;
    return StoredAccount{path.stem().string(), *address, path};
}

}  // namespace

std::vector<StoredAccount> AccountStore::list() const {
    std::vector<StoredAccount> accounts;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
        if (entry.path().extension() != ".json") continue;
        if (auto account = read_account(entry.path())) accounts.push_back(std::move(*account));
    }
    std::ranges::sort(accounts, {}, &StoredAccount::name);
    return accounts;
}

std::optional<StoredAccount> AccountStore::find(const std::string& name) const {
    const auto path = folder_ / (name + ".json");
    return std::filesystem::exists(path) ? read_account(path) : std::nullopt;
}

std::optional<StoredAccount> AccountStore::find(const vm::Address& address) const {
    for (auto& account : list()) {
        if (account.address == address) return account;
    }
    return std::nullopt;
}

std::expected<StoredAccount, FileError> AccountStore::add(const std::string& name, const std::string& key_file) {
    const auto path = folder_ / (name + ".json");
    if (std::filesystem::exists(path)) {
        return std::unexpected(
            FileError{"there is an account \"" + name + "\" already, in " + path.string() + "; choose another name"});
    }
    if (auto written = create_file_durably(path, key_file); !written) return std::unexpected(written.error());
    auto account = read_account(path);
    if (!account) return std::unexpected(FileError{"cannot read back " + path.string()});
    return *account;
}

}  // namespace talea::wallet
