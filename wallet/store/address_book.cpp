#include "wallet/store/address_book.hpp"

#include <nlohmann/json.hpp>

#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"
#include "wallet/store/names.hpp"

namespace talea::wallet {

std::expected<AddressBook, FileError> AddressBook::open(std::filesystem::path path) {
    AddressBook book;
    book.path_ = std::move(path);
    if (!std::filesystem::exists(book.path_)) return book;
    const auto content = read_file(book.path_);
    if (!content) return std::unexpected(content.error());
    const auto json = nlohmann::json::parse(*content, nullptr, false);
    if (!json.is_object())
        return std::unexpected(FileError{"the address book " + book.path_.string() + " is no JSON object"});
    for (const auto& [name, value] : json.items()) {
        const auto address = value.is_string() ? vm::address_from_hex(value.get<std::string>()) : std::nullopt;
        if (!address || !is_valid_name(name)) {
            return std::unexpected(
                FileError{"the address book " + book.path_.string() + " has a malformed entry \"" + name + "\""});
        }
        book.entries_[name] = *address;
    }
    return book;
}

std::optional<vm::Address> AddressBook::find(const std::string& name) const {
    const auto found = entries_.find(name);
    return found == entries_.end() ? std::nullopt : std::optional(found->second);
}

std::string AddressBook::name_of(const vm::Address& address) const {
    for (const auto& [name, entry] : entries_) {
        if (entry == address) return name;
    }
    return {};
}

std::expected<void, FileError> AddressBook::put(const std::string& name, const vm::Address& address) {
    entries_[name] = address;
    return save();
}

std::expected<void, FileError> AddressBook::remove(const std::string& name) {
    entries_.erase(name);
    return save();
}

std::expected<void, FileError> AddressBook::save() const {
    nlohmann::json json = nlohmann::json::object();
    for (const auto& [name, address] : entries_) json[name] = vm::to_checksum_hex(address);
    return write_file_durably(path_, json.dump(2) + "\n");
}

}  // namespace talea::wallet
