#include "node/ops/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "keystore/key_file.hpp"
#include "node/base/stop.hpp"
#include "node/consensus/journal_file.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::node {
namespace {

constexpr std::size_t text_file_bytes_max = 512 * 1024 * 1024;  // a genesis file with a large state

std::string said(const std::string& path, std::string_view what) {
    return fmt::format("{} '{}': {}", what, path, std::strerror(errno));
}

/// A file's name is durable when its folder is.
std::expected<void, std::string> sync_folder_of(const std::string& path) {
    auto folder = std::filesystem::path(path).parent_path().string();
    if (folder.empty()) folder = ".";
    const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) return std::unexpected(said(folder, "cannot open the folder"));
    const bool synced = ::fsync(opened) == 0;
    auto failure = synced ? std::string() : said(folder, "cannot sync the folder");
    ::close(opened);
    if (!synced) return std::unexpected(std::move(failure));
    return {};
}

std::optional<unsigned> digits(std::string_view text) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool is_encrypted(std::string_view key_file) {
    return key_file.starts_with('{');
}

std::expected<NodeKey, std::string> parse_node_key(const std::string& path, const std::string& text) {
    std::istringstream words(text);
    std::string secret_text, word, id_text, more;
    words >> secret_text >> word >> id_text;
    const auto secret = vm::hash_from_hex(secret_text);
    if (!secret || !vm::is_valid({*secret}))
        return std::unexpected(fmt::format("'{}' holds no key (64 hexadecimal digits)", path));
    NodeKey key{{*secret}, {}};
    if (word.empty()) return key;
    key.journal_id = vm::hash_from_hex(id_text);
    if (word != "journal" || !key.journal_id || words >> more)
        return std::unexpected(fmt::format("'{}' holds more than a key and the id of its journal", path));
    return key;
}

/// The first line.
std::expected<std::string, std::string> read_password(const std::string& file) {
    auto text = read_text_file(file);
    if (!text) return text;
    text->resize(std::min(text->size(), text->find_first_of("\r\n")));
    if (text->empty()) return std::unexpected(fmt::format("'{}' begins with no password", file));
    return text;
}

std::optional<SplitKey> parse_split_key(const std::string& text) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object() || json.size() != 2 || !json.contains("address") || !json.contains("journal"))
        return std::nullopt;
    if (!json["address"].is_string() || !json["journal"].is_string()) return std::nullopt;
    const auto address = vm::address_from_hex(json["address"].get<std::string>());
    const auto journal = vm::hash_from_hex(json["journal"].get<std::string>());
    if (!address || !journal) return std::nullopt;
    return SplitKey{*address, *journal};
}

std::string with_signer(const std::string& path) {
    return fmt::format("the secret of '{}' is with a signer; ask there, or name its socket with --signer", path);
}

std::expected<NodeKey, std::string> decrypt_node_key(const std::string& path, const std::string& text,
                                                     const std::string& password_file) {
    if (parse_split_key(text)) return std::unexpected(with_signer(path));
    if (password_file.empty())
        return std::unexpected(
            fmt::format("'{}' is under a password; name the file that holds it with --password-file", path));
    const auto password = read_password(password_file);
    if (!password) return std::unexpected(password.error());
    const auto secret = keystore::decrypt_key(text, *password);
    if (!secret) return std::unexpected(fmt::format("'{}': {}", path, keystore::to_string(secret.error())));
    NodeKey key{*secret, {}};
    const auto json = nlohmann::json::parse(text, nullptr, false);
    const auto journal = json.is_object() ? json.find("journal") : json.end();
    if (!json.is_object() || journal == json.end()) return key;
    key.journal_id = journal->is_string() ? vm::hash_from_hex(journal->get<std::string>()) : std::nullopt;
    if (!key.journal_id) return std::unexpected(fmt::format("'{}': \"journal\" must be 32 bytes", path));
    return key;
}

/// What stands in a key file.
std::expected<std::string, std::string> key_text(const NodeKey& key, const std::string& password_file) {
    if (password_file.empty()) {
        auto text = vm::to_hex(key.key.secret) + "\n";
        if (key.journal_id) text += "journal " + vm::to_hex(*key.journal_id) + "\n";
        return text;
    }
    const auto password = read_password(password_file);
    if (!password) return password;
    auto json = nlohmann::ordered_json::parse(keystore::encrypt_key(key.key, *password), nullptr, false);
    if (key.journal_id) json["journal"] = vm::to_hex(*key.journal_id);
    return json.dump(2) + "\n";
}

}  // namespace

std::expected<std::string, std::string> read_text_file(const std::string& path) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    if (error) return std::unexpected(fmt::format("cannot read '{}': {}", path, error.message()));
    if (size > text_file_bytes_max) return std::unexpected(fmt::format("'{}' is too large", path));
    std::ifstream file(path, std::ios::binary);
    std::string text(size, '\0');
    if (!file.read(text.data(), static_cast<std::streamsize>(size))) return std::unexpected(said(path, "cannot read"));
    return text;
}

std::expected<void, std::string> write_text_file(const std::string& path, std::string_view text, bool secret) {
    const auto temporary = path + ".new";
    const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, secret ? 0600 : 0644);
    if (file < 0) return std::unexpected(said(path, "cannot write"));
    std::size_t written = 0;
    while (written < text.size()) {
        const auto count = ::write(file, text.data() + written, text.size() - written);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) break;
        written += static_cast<std::size_t>(count);
    }
    const bool ok = written == text.size() && ::fsync(file) == 0;
    const auto failure = ok ? std::string() : said(path, "cannot write");
    ::close(file);
    if (!ok) {
        ::unlink(temporary.c_str());
        return std::unexpected(failure);
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) return std::unexpected(said(path, "cannot write"));
    return sync_folder_of(path);
}

bool file_exists(const std::string& path) {
    std::error_code error;
    return std::filesystem::exists(path, error);
}

std::expected<void, std::string> make_folder(const std::string& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return std::unexpected(fmt::format("cannot make the folder '{}': {}", path, error.message()));
    return {};
}

vm::Hash random_hash() {
    vm::Hash drawn;
    if (::getentropy(drawn.bytes.data(), drawn.bytes.size()) != 0)
        stop_process(ExitCode::failed, "the system gives no random bytes");
    return drawn;
}

std::expected<NodeKey, std::string> read_key_file(const std::string& path, const std::string& password_file) {
    const auto text = read_text_file(path);
    if (!text) return std::unexpected(text.error());
    return is_encrypted(*text) ? decrypt_node_key(path, *text, password_file) : parse_node_key(path, *text);
}

std::expected<vm::Address, std::string> read_key_address(const std::string& path) {
    const auto text = read_text_file(path);
    if (!text) return std::unexpected(text.error());
    if (is_encrypted(*text)) {
        const auto address = keystore::address_in_key_file(*text);
        if (!address) return std::unexpected(fmt::format("'{}' does not say whose key it holds", path));
        return *address;
    }
    const auto key = parse_node_key(path, *text);
    if (!key) return std::unexpected(key.error());
    return vm::address_of(key->key);
}

std::string journal_path_of(const std::string& key_path) {
    return key_path + ".journal";
}

std::expected<NodeKey, std::string> make_key_file(const std::string& path, KeyUse use,
                                                  const std::string& password_file) {
    if (file_exists(path))
        return std::unexpected(fmt::format("'{}' exists already; a key is never written over", path));
    NodeKey made;
    do made.key.secret = random_hash();
    while (!vm::is_valid(made.key));
    if (use == KeyUse::validator) made.journal_id = random_hash();
    const auto text = key_text(made, password_file);
    if (!text) return std::unexpected(text.error());
    if (use == KeyUse::validator) {
        // The journal first: a key without one would begin in quarantine.
        const JournalId id{*made.journal_id, vm::address_of(made.key)};
        if (auto journal = JournalFile::create(journal_path_of(path), id); !journal)
            return std::unexpected(journal.error());
    }
    if (auto written = write_text_file(path, *text, true); !written) return std::unexpected(written.error());
    return made;
}

std::expected<void, std::string> encrypt_key_file(const std::string& path, const std::string& password_file) {
    const auto old = read_text_file(path);
    if (!old) return std::unexpected(old.error());
    if (parse_split_key(*old)) return std::unexpected(with_signer(path));
    if (is_encrypted(*old)) return std::unexpected(fmt::format("'{}' is under a password already", path));
    const auto key = parse_node_key(path, *old);
    if (!key) return std::unexpected(key.error());
    const auto text = key_text(*key, password_file);
    if (!text) return std::unexpected(text.error());
    return write_text_file(path, *text, true);
}

std::expected<SplitKey, std::string> read_split_key_file(const std::string& path) {
    const auto text = read_text_file(path);
    if (!text) return std::unexpected(text.error());
    const auto key = parse_split_key(*text);
    if (!key)
        return std::unexpected(
            fmt::format("'{}' is not what a node keeps of a key that is with a signer (`talead keys split`)", path));
    return *key;
}

std::expected<void, std::string> split_key_file(const std::string& path, const std::string& secret_path,
                                                const std::string& password_file) {
    const auto key = read_key_file(path, password_file);
    if (!key) return std::unexpected(key.error());
    if (!key->journal_id) return std::unexpected(fmt::format("'{}' has no vote journal: it is no validator's", path));
    if (file_exists(secret_path))
        return std::unexpected(fmt::format("'{}' exists already; a key is never written over", secret_path));
    const auto text = read_text_file(path);
    if (!text) return std::unexpected(text.error());
    if (auto written = write_text_file(secret_path, *text, true); !written) return std::unexpected(written.error());
    nlohmann::ordered_json json;
    json["address"] = vm::to_hex(vm::address_of(key->key));
    json["journal"] = vm::to_hex(*key->journal_id);
    return write_text_file(path, json.dump(2) + "\n", true);
}

std::expected<std::shared_ptr<VoteJournal>, std::string> open_journal(const std::string& key_path, const NodeKey& key) {
    // Without an id no journal was born with the key; whatever stands there is another's.
    return open_journal(
        key_path, SplitKey{vm::address_of(key.key), key.journal_id.value_or(vm::keccak256(vm::view(key.key.secret)))});
}

std::expected<std::shared_ptr<VoteJournal>, std::string> open_journal(const std::string& key_path,
                                                                      const SplitKey& key) {
    auto journal = JournalFile::open(journal_path_of(key_path), {key.journal_id, key.address});
    if (!journal) return std::unexpected(journal.error());
    return std::shared_ptr<VoteJournal>(std::move(*journal));
}

std::expected<vm::Timestamp, std::string> parse_time(std::string_view text) {
    const auto wrong = std::unexpected(
        fmt::format("'{}' is no time; write it as 2026-11-20T20:59:00Z, or as seconds since 1970", text));
    if (const auto seconds = digits(text)) return vm::Timestamp{*seconds};
    if (text.size() != 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
        text[16] != ':' || text[19] != 'Z')
        return wrong;
    const auto year = digits(text.substr(0, 4)), month = digits(text.substr(5, 2)), day = digits(text.substr(8, 2)),
               hour = digits(text.substr(11, 2)), minute = digits(text.substr(14, 2)),
               second = digits(text.substr(17, 2));
    if (!year || !month || !day || !hour || !minute || !second) return wrong;
    const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                           std::chrono::day(*day));
    if (!date.ok() || *year < 1970 || *hour > 23 || *minute > 59 || *second > 59) return wrong;
    const auto days = std::chrono::sys_days(date).time_since_epoch().count();
    return vm::Timestamp{static_cast<std::uint64_t>(days) * 86'400 + *hour * 3'600ULL + *minute * 60ULL + *second};
}

std::string format_time(vm::Timestamp time) {
    const std::chrono::sys_days days{std::chrono::days(static_cast<std::int64_t>(time.seconds / 86'400))};
    const std::chrono::year_month_day date(days);
    const auto second = time.seconds % 86'400;
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), second / 3'600,
                       second / 60 % 60, second % 60);
}

}  // namespace talea::node
