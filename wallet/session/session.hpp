#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vm/base/bytes.hpp"
#include "wallet/client/rpc_client.hpp"
#include "wallet/session/failure.hpp"
#include "wallet/session/settings.hpp"
#include "wallet/store/account_store.hpp"
#include "wallet/store/address_book.hpp"
#include "wallet/store/payment_references.hpp"

namespace talea::wallet {

/// One run of the program: its settings, the node it speaks to, and the wallet's own files.
class Session {
  public:
    /// Reads the address book; an unreadable one is an error. The node is asked at the first need of it.
    [[nodiscard]] static Result<Session> open(Settings settings);

    [[nodiscard]] const Settings& settings() const { return settings_; }
    [[nodiscard]] AddressBook& book() { return book_; }
    [[nodiscard]] AccountStore& accounts() { return accounts_; }

    /// The node's answer, or its error as a Failure: unreachable (3), lost (4), wrong usage (2), refused (1).
    [[nodiscard]] Result<Json> ask(std::string_view method, Json params = Json::array());
    /// The same with the node's error as it came, where the caller reads it. Neither asks a node of another chain than
    /// --chain-id names.
    [[nodiscard]] std::expected<Json, RpcFailure> call(std::string_view method, Json params);

    [[nodiscard]] Result<std::uint64_t> chain_id();
    /// The references of the node's chain, which its genesis hash names.
    [[nodiscard]] Result<PaymentReferences> references();

    /// An address in hex, a name of the book, or of an account. The error suggests what was meant.
    [[nodiscard]] Result<vm::Address> resolve(std::string_view name_or_address) const;
    /// What --json prints at the end as one object: each transaction's outcome, and what a command notes besides.
    void add_outcome(Json outcome) { outcomes_.push_back(std::move(outcome)); }
    void note(const std::string& key, Json value) { notes_[key] = std::move(value); }
    /// One outcome alone stands for itself where the command succeeded; others are listed under "transactions".
    [[nodiscard]] Json report(bool succeeded) const;

    /// The account that signs.
    [[nodiscard]] Result<vm::Address> signer_address() const;
    /// "alice (0xAb…)" where it has a name, else the checksummed address.
    [[nodiscard]] std::string describe(const vm::Address& address) const;
    /// The name alone, else the checksummed address: both can be given back to a command.
    [[nodiscard]] std::string name_or_address(const vm::Address& address) const;
    /// Every checksummed or plain address in `text` that has a name, with the name put before it.
    [[nodiscard]] std::string with_names(std::string text) const;

  private:
    Session(Settings settings, AddressBook book);

    Settings settings_;
    RpcClient client_;
    AddressBook book_;
    AccountStore accounts_;
    std::optional<std::uint64_t> chain_id_;
    std::vector<Json> outcomes_;
    Json notes_ = Json::object();

    [[nodiscard]] std::string name_of(const vm::Address& address) const;
};

/// A failure of the node as a person should read it.
[[nodiscard]] Failure to_failure(const RpcFailure& failure);

}  // namespace talea::wallet
