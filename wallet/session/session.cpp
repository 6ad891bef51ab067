#include "wallet/session/session.hpp"

#include "vm/base/hex.hpp"
#include "vm/base/u256.hpp"
#include "vm/crypto/address.hpp"
#include "wallet/store/names.hpp"

namespace talea::wallet {

Session::Session(Settings settings, AddressBook book)
    : settings_(std::move(settings)),
      client_({settings_.rpc, settings_.jwt_secret_file, settings_.ca_file}, settings_.timeout),
      book_(std::move(book)),
      accounts_(settings_.home / "keys") {}

Result<Session> Session::open(Settings settings) {
    auto book = AddressBook::open(settings.home / "book.json");
    if (!book) return fail(Exit::usage, book.error().sentence);
    return Session(std::move(settings), std::move(*book));
}

Failure to_failure(const RpcFailure& failure) {
    switch (failure.kind) {
        case RpcFailure::Kind::bad_url:
        case RpcFailure::Kind::other_chain:
            return {Exit::usage, failure.message};
        case RpcFailure::Kind::unreachable:
        case RpcFailure::Kind::lost:
        case RpcFailure::Kind::not_a_node:
            return {Exit::unreachable, failure.message};
        case RpcFailure::Kind::answered:
            break;
    }
    const Exit exit = failure.code == -32602 || failure.code == -32601 ? Exit::usage : Exit::refused;
    return {exit, failure.message, {{"code", failure.code}, {"data", failure.data}}};
}

std::expected<Json, RpcFailure> Session::call(std::string_view method, Json params) {
    if (settings_.chain_id && !chain_id_ && method != "eth_chainId") {
        if (const auto id = chain_id(); !id) {
            const bool reached = id.error().exit == Exit::usage;
            return std::unexpected(
                RpcFailure{.kind = reached ? RpcFailure::Kind::other_chain : RpcFailure::Kind::unreachable,
                           .message = id.error().sentence,
                           .code = 0,
                           .data = {}});
        }
    }
    return client_.call(method, std::move(params));
}

Result<Json> Session::ask(std::string_view method, Json params) {
    auto answer = call(method, std::move(params));
    if (!answer) return std::unexpected(to_failure(answer.error()));
    return std::move(*answer);
}

Result<std::uint64_t> Session::chain_id() {
    if (!chain_id_) {
        const auto answer = ask("eth_chainId");
        if (!answer) return std::unexpected(answer.error());
        const auto id = answer->is_string() ? vm::u256_from_hex(answer->get<std::string>()) : std::nullopt;
        if (!id || !id->fits_u64())
            return fail(Exit::unreachable, "what answers at " + settings_.rpc + " gives no chain id");
        chain_id_ = id->low_u64();
    }
    if (settings_.chain_id && *settings_.chain_id != *chain_id_) {
        return fail(Exit::usage, "the node at " + settings_.rpc + " is of chain " + std::to_string(*chain_id_) +
                                     ", not of chain " + std::to_string(*settings_.chain_id) +
                                     "; name another with --rpc");
    }
    return *chain_id_;
}

Result<PaymentReferences> Session::references() {
    const auto genesis = ask("eth_getBlockByNumber", Json::array({"0x0", false}));
    if (!genesis) return std::unexpected(genesis.error());
    const std::string hash = genesis->is_object() ? genesis->value("hash", "") : "";
    if (!vm::hash_from_hex(hash))
        return fail(Exit::unreachable, "the node at " + settings_.rpc + " shows no genesis block");
    return PaymentReferences(settings_.home / "references" / hash.substr(2));
}

Result<vm::Address> Session::resolve(std::string_view name_or_address) const {
    const std::string text(name_or_address);
    if (text.starts_with("0x") || text.starts_with("0X")) {
        const auto address = vm::address_from_hex(text);
        if (!address) return fail(Exit::usage, "\"" + text + "\" is no address: 0x and 40 hex digits are");
        const bool mixed = text.find_first_of("abcdef", 2) != std::string::npos &&
                           text.find_first_of("ABCDEF", 2) != std::string::npos;
        if (mixed && vm::to_checksum_hex(*address) != text) {
            return fail(Exit::usage, "the address " + text + " is mistyped: its checksum (EIP-55) does not hold");
        }
        return *address;
    }
    if (const auto entry = book_.find(text)) return *entry;
    if (is_valid_name(text)) {
        if (const auto account = accounts_.find(text)) return account->address;
    }
    std::vector<std::string> known;
    for (const auto& [name, address] : book_.entries()) known.push_back(name);
    for (const auto& account : accounts_.list()) known.push_back(account.name);
    const std::string meant = nearest(text, known);
    return fail(Exit::usage,
                "nobody here is called \"" + text + "\"" +
                    (meant.empty() ? "; `talea book list` shows the names" : "; did you mean \"" + meant + "\"?"));
}

Json Session::report(bool succeeded) const {
    const bool alone = succeeded && outcomes_.size() == 1;
    Json report = alone ? outcomes_.front() : Json::object();
    if (!alone && !outcomes_.empty()) report["transactions"] = outcomes_;
    report.update(notes_);
    return report;
}

Result<vm::Address> Session::signer_address() const {
    if (!settings_.account.empty()) return resolve(settings_.account);
    const auto accounts = accounts_.list();
    if (accounts.size() == 1) return accounts.front().address;
    return fail(Exit::usage, accounts.empty()
                                 ? "there is no account to sign with; make one with `talea account new NAME`"
                                 : "several accounts could sign; name one with --account");
}

std::string Session::name_of(const vm::Address& address) const {
    std::string name = book_.name_of(address);
    if (name.empty()) {
        if (const auto account = accounts_.find(address)) name = account->name;
    }
    return name;
}

std::string Session::describe(const vm::Address& address) const {
    const std::string name = name_of(address);
    const std::string hex = vm::to_checksum_hex(address);
    return name.empty() ? hex : name + " (" + hex + ")";
}

std::string Session::name_or_address(const vm::Address& address) const {
    const std::string name = name_of(address);
    return name.empty() ? vm::to_checksum_hex(address) : name;
}

std::string Session::with_names(std::string text) const {
    constexpr std::size_t address_chars = 42;
    for (std::size_t at = text.find("0x"); at != std::string::npos; at = text.find("0x", at)) {
        const auto address = vm::address_from_hex(std::string_view(text).substr(at, address_chars));
        const bool longer = at + address_chars < text.size() &&
                            std::isxdigit(static_cast<unsigned char>(text[at + address_chars])) != 0;
        if (!address || longer) {
            at += 2;
            continue;
        }
        const std::string described = describe(*address);
        text.replace(at, address_chars, described);
        at += described.size();
    }
    return text;
}

}  // namespace talea::wallet
