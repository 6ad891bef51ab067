#pragma once
#include <algorithm>
#include <map>
#include <vector>

#include "node/p2p/message.hpp"
#include "node/sync/header_chain.hpp"
#include "unit/node/keys.hpp"
#include "unit/random.hpp"
#include "vm/base/check.hpp"
#include "vm/chain/header_rules.hpp"
#include "vm/chain/transaction.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::tests {

/// Remembers what was recovered: the tests verify the same seals again and again.
class RememberedSignatures final : public node::Signatures {
  public:
    std::optional<vm::Address> signer(const vm::Hash& digest, const node::Seal& seal) const override {
        const auto [entry, is_new] = known_.try_emplace({digest, seal});
        if (is_new) entry->second = node::plain_signatures().signer(digest, seal);
        return entry->second;
    }

  private:
    mutable std::map<std::pair<vm::Hash, node::Seal>, std::optional<vm::Address>> known_;
};

/// A chain of headers with certificates and blocks with a transaction each, as its validators would have made it; the
/// set changes every `change_every` blocks. Nothing in it was executed.
class CertifiedChain {
  public:
    struct Block {
        node::wire::CertifiedHeader proof;
        node::wire::EncodedBlock block;
        node::CertifiedHead head;
    };

    explicit CertifiedChain(std::uint64_t length, std::uint64_t change_every = 50) : change_every_(change_every) {
        Block genesis;
        vm::fill_qbft_constants(genesis.head.header, vm::Fork::osaka);
        genesis.head.header.base_fee_per_gas = vm::u256{};
        genesis.head.header.extra_data = vm::to_bytes(vm::view(vm::validators_hash(addresses(set(1)))));
        genesis.block.header = vm::encode_header(genesis.head.header);
        genesis.head.hash = vm::keccak256(genesis.block.header);
        genesis_hash_ = genesis.head.hash;
        blocks_.push_back(std::move(genesis));
        for (std::uint64_t number = 1; number <= length; ++number) append(number);
    }

    [[nodiscard]] const vm::Hash& genesis_hash() const { return genesis_hash_; }
    [[nodiscard]] std::uint64_t length() const { return blocks_.size() - 1; }
    [[nodiscard]] const Block& at(std::uint64_t number) const { return blocks_[number]; }
    [[nodiscard]] const Block* find(const vm::Hash& hash) const {
        const auto found = numbers_.find(hash);
        return found == numbers_.end() ? nullptr : &blocks_[found->second];
    }
    /// Keys of the validators of block `number`.
    [[nodiscard]] std::vector<vm::PrivateKey> set(std::uint64_t number) const {
        const auto shift = static_cast<std::uint8_t>((number - 1) / change_every_ % 5);
        std::vector<vm::PrivateKey> keys;
        for (std::uint8_t i = 1; i <= 4; ++i) keys.push_back(key(std::uint64_t{i} + shift));
        return keys;
    }
    [[nodiscard]] static std::vector<vm::Address> addresses(const std::vector<vm::PrivateKey>& keys) {
        std::vector<vm::Address> all;
        for (const auto& key : keys) all.push_back(vm::address_of(key));
        std::ranges::sort(all);
        return all;
    }
    /// A certificate of `header` by `keys` in `round`.
    [[nodiscard]] node::Certificate certify(const vm::Header& header, const std::vector<vm::PrivateKey>& keys,
                                            std::size_t seals, std::uint64_t round = 0) const {
        const node::SealedBlock sealed{genesis_hash_, 0, header.number, round, vm::header_hash(header)};
        node::Certificate certificate{.instance = 0, .round = round, .seals = {}, .validators = {}};
        for (std::size_t i = 0; i < seals; ++i) certificate.seals.push_back(node::make_seal(keys[i], sealed));
        return certificate;
    }

  private:
    void append(std::uint64_t number) {
        const auto& parent = blocks_.back().head;
        vm::Transaction tx;
        tx.type = vm::TxType::dynamic_fee;
        tx.chain_id = 1;
        tx.nonce = number;
        tx.to = vm::low_address(1);
        vm::sign_transaction(tx, key(9));
        Block next;
        auto& header = next.head.header;
        vm::fill_qbft_constants(header, vm::Fork::osaka);
        header.base_fee_per_gas = vm::u256{};
        header.number = {number};
        header.parent_hash = parent.hash;
        header.timestamp = {parent.header.timestamp.seconds + number % 2};
        header.transactions_root = vm::transactions_root(std::vector{tx});
        header.extra_data = vm::to_bytes(vm::view(vm::validators_hash(addresses(set(number + 1)))));
        next.head.hash = vm::header_hash(header);
        next.head.validators = addresses(set(number));
        auto certificate = certify(header, set(number), 3, number % 3);
        if (next.head.validators != parent.validators) certificate.validators = next.head.validators;
        next.proof = {vm::encode_header(header), node::encode_certificate(certificate)};
        next.block = {next.proof.header, {vm::encode_transaction(tx)}};
        numbers_.emplace(next.head.hash, number);
        blocks_.push_back(std::move(next));
    }

    std::uint64_t change_every_;
    vm::Hash genesis_hash_;
    std::vector<Block> blocks_;
    std::map<vm::Hash, std::uint64_t> numbers_;
};

}  // namespace talea::tests
