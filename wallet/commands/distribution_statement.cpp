#include "wallet/commands/distribution_statement.hpp"

#include <algorithm>

#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"
#include "vm/crypto/keccak.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/history.hpp"
#include "wallet/store/durable_file.hpp"

namespace talea::wallet {
namespace {

constexpr const char* format_name = "talea-distribution-1";
constexpr std::uint64_t rate_unit = 100'000'000;  // 8 decimals, as a NAV has

/// Amounts of tokens have 128 bits, a moment on the chain 40.
bool fits(const vm::u256& value, unsigned bits) {
    return (value >> bits).is_zero();
}

/// Whether the account is paid: it is the wallet of an identity, so no escrow, and not excluded.
Result<bool> is_paid(Session& session, const DistributionStatement::Terms& terms, const vm::Address& account,
                     const std::string& block) {
    if (std::ranges::binary_search(terms.excluded, account)) return false;
    const auto identity =
        read_word(session, identities_address, "IIdentities", "identityOf", {abi::address(account)}, block);
    if (!identity) return std::unexpected(identity.error());
    return !identity->is_zero();
}

vm::u256 share(const DistributionStatement::Terms& terms, const vm::u256& units, const vm::u256& all) {
    // Amounts are below 2^128 (a token's cap is), so that no product leaves 256 bits.
    const auto product = vm::checked_mul(units, terms.pot ? *terms.pot : *terms.rate);
    vm::check(product.has_value(), "amounts of tokens fit 128 bits");
    return vm::divmod(*product, terms.pot ? all : vm::u256{rate_unit}).quotient;
}

std::optional<vm::u256> atoms(const Json& json, const char* key) {
    const auto found = json.find(key);
    const auto value =
        found != json.end() && found->is_string() ? vm::u256_from_decimal(found->get<std::string>()) : std::nullopt;
    return value && fits(*value, 128) ? value : std::nullopt;
}

std::optional<vm::Address> address(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? vm::address_from_hex(found->get<std::string>()) : std::nullopt;
}

std::optional<DistributionStatement> from_json(const Json& json) {
    if (!json.is_object() || json.value("format", Json()) != format_name || !json.contains("leaves") ||
        !json["leaves"].is_array() || !json.contains("excluded") || !json["excluded"].is_array() ||
        !json.value("block", Json()).is_number_unsigned() || !json.value("recordTime", Json()).is_number_unsigned() ||
        !json.value("blockHash", Json()).is_string())
        return std::nullopt;
    DistributionStatement statement;
    const auto token = address(json, "token"), cash = address(json, "cash");
    if (!token || !cash) return std::nullopt;
    statement.terms.token = *token;
    statement.terms.cash = *cash;
    statement.terms.record_time = json["recordTime"].get<std::uint64_t>();
    statement.terms.pot = atoms(json, "pot");
    statement.terms.rate = atoms(json, "rate");
    statement.block_number = json["block"].get<std::uint64_t>();
    statement.block_hash = json["blockHash"].get<std::string>();
    for (const Json& text : json["excluded"]) {
        const auto excluded = text.is_string() ? vm::address_from_hex(text.get<std::string>()) : std::nullopt;
        if (!excluded) return std::nullopt;
        statement.terms.excluded.push_back(*excluded);
    }
    for (const Json& row : json["leaves"]) {
        if (!row.is_object()) return std::nullopt;
        const auto account = address(row, "account");
        const auto units = atoms(row, "units"), amount = atoms(row, "amount");
        if (!account || !units || !amount) return std::nullopt;
        statement.leaves.push_back({*account, *units, *amount});
    }
    const bool ascending = std::ranges::adjacent_find(statement.leaves, std::ranges::greater_equal{},
                                                      &DistributionStatement::Leaf::account) == statement.leaves.end();
    // Fewer than 2^64 leaves of 128 bits each: their sum leaves no word.
    if (!ascending || statement.leaves.empty() || !fits(statement.total(), 128) ||
        !fits(vm::u256{statement.terms.record_time}, 40) ||
        statement.terms.pot.has_value() == statement.terms.rate.has_value())
        return std::nullopt;
    return statement;
}

}  // namespace

vm::u256 DistributionStatement::total() const {
    vm::u256 sum;
    for (const Leaf& leaf : leaves) sum = sum + leaf.amount;
    return sum;
}

MerkleTree DistributionStatement::tree() const {
    std::vector<vm::Hash> hashes;
    for (const Leaf& leaf : leaves) hashes.push_back(distribution_leaf(leaf.account, leaf.amount));
    return MerkleTree(std::move(hashes));
}

Result<DistributionStatement> compute_statement(Session& session, const DistributionStatement::Terms& terms) {
    const auto block = find_last_block_up_to(session, terms.record_time);
    if (!block) return std::unexpected(block.error());
    const auto holdings = read_holdings(session, terms.token, block->tag());
    if (!holdings) return std::unexpected(holdings.error());
    DistributionStatement statement{
        .terms = terms, .block_number = block->number, .block_hash = block->hash, .leaves = {}};
    vm::u256 all;
    for (const Holding& holding : *holdings) {
        const auto paid = is_paid(session, terms, holding.account, block->tag());
        if (!paid) return std::unexpected(paid.error());
        if (!*paid) continue;
        all = all + holding.balance;
        statement.leaves.push_back({holding.account, holding.balance, {}});
    }
    for (auto& leaf : statement.leaves) leaf.amount = share(terms, leaf.units, all);
    std::erase_if(statement.leaves, [](const auto& leaf) { return leaf.amount.is_zero(); });
    std::ranges::sort(statement.leaves, {}, &DistributionStatement::Leaf::account);
    if (!fits(statement.total(), 128)) return fail(Exit::usage, "so much cash a unit is beyond what any token has");
    if (statement.leaves.empty()) return fail(Exit::refused, "nobody held units at the record date that are paid for");
    return statement;
}

std::string write_statement(const DistributionStatement& statement) {
    Json json = {{"format", format_name},
                 {"token", vm::to_checksum_hex(statement.terms.token)},
                 {"cash", vm::to_checksum_hex(statement.terms.cash)},
                 {"recordTime", statement.terms.record_time},
                 {"block", statement.block_number},
                 {"blockHash", statement.block_hash},
                 {"total", vm::to_decimal(statement.total())},
                 {"root", vm::to_hex(statement.tree().root())},
                 {"excluded", Json::array()},
                 {"leaves", Json::array()}};
    if (statement.terms.pot) json["pot"] = vm::to_decimal(*statement.terms.pot);
    if (statement.terms.rate) json["rate"] = vm::to_decimal(*statement.terms.rate);
    for (const vm::Address& account : statement.terms.excluded)
        json["excluded"].push_back(vm::to_checksum_hex(account));
    for (const auto& leaf : statement.leaves) {
        json["leaves"].push_back({{"account", vm::to_checksum_hex(leaf.account)},
                                  {"units", vm::to_decimal(leaf.units)},
                                  {"amount", vm::to_decimal(leaf.amount)}});
    }
    return json.dump(1) + "\n";
}

Result<StatementFile> read_statement(const std::string& path) {
    const auto content = read_file(path);
    if (!content) return fail(Exit::usage, content.error().sentence);
    const Json json = Json::parse(*content, nullptr, false);
    auto statement = from_json(json);
    if (!statement)
        return fail(Exit::usage, path + " is no statement of a distribution; `talea distribution statement` makes one");
    if (json.value("root", Json()) != vm::to_hex(statement->tree().root()) ||
        json.value("total", Json()) != vm::to_decimal(statement->total())) {
        return fail(Exit::usage, path + " is damaged: its leaves do not give its root and total");
    }
    return StatementFile{std::move(*statement),
                         vm::keccak256({reinterpret_cast<const std::uint8_t*>(content->data()), content->size()})};
}

}  // namespace talea::wallet
