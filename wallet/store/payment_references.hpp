#pragma once
#include <expected>
#include <filesystem>
#include <optional>
#include <string>

#include "vm/base/bytes.hpp"
#include "wallet/store/durable_file.hpp"

namespace talea::wallet {

/// What a person's reference stands for: who asks for what, apart from nonce and gas.
struct Intent {
    vm::Address from;
    std::optional<vm::Address> to;
    std::string value;  ///< decimal wei
    vm::Bytes data;
    friend bool operator==(const Intent&, const Intent&) = default;
};

/// A reference and the signed transaction it is bound to.
struct BoundPayment {
    std::string reference;
    Intent intent;
    vm::Bytes signed_tx;  ///< as eth_sendRawTransaction takes it
    vm::Hash tx_hash;
    std::uint64_t nonce = 0;
};

/// The references of one chain, a file each, kept synced: a payment with a reference is bound to its transaction here
/// before the transaction is sent, so that the payment repeated after a crash sends the same bytes and pays once.
class PaymentReferences {
  public:
    /// `folder` is one chain's own (named by its genesis hash).
    explicit PaymentReferences(std::filesystem::path folder) : folder_(std::move(folder)) {}

    [[nodiscard]] std::expected<std::optional<BoundPayment>, FileError> find(const vm::Address& from,
                                                                             const std::string& reference) const;
    /// On the disk when it returns. Replaces an earlier binding: only the caller knows that its transaction can never
    /// be mined.
    [[nodiscard]] std::expected<void, FileError> bind(const BoundPayment& payment);
    /// Held from before `find` until after `bind`, so that two wallets cannot bind one reference twice.
    [[nodiscard]] std::expected<FolderLock, FileError> lock() const { return FolderLock::acquire(folder_); }

  private:
    std::filesystem::path folder_;

    [[nodiscard]] std::filesystem::path path_of(const vm::Address& from, const std::string& reference) const;
};

}  // namespace talea::wallet
