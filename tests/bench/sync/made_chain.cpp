#include "bench/sync/made_chain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "contracts/abi/interface.hpp"
#include "node/chain/genesis_record.hpp"
#include "node/consensus/certificate.hpp"
#include "node/ops/files.hpp"
#include "node/ops/genesis_source.hpp"
#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"
#include "vm/chain/create_address.hpp"
#include "vm/chain/header_rules.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/native/operation.hpp"
#include "vm/native/permissions.hpp"

namespace talea::bench {

using namespace talea::vm;

namespace {

constexpr std::size_t validator_count = 4;
constexpr std::uint64_t unit = 1'000'000;
constexpr std::uint64_t units_at_first = 1'000'000 * unit;
constexpr std::uint64_t amount_max = 1'000;
constexpr std::uint64_t category = 1;
constexpr std::uint64_t transfer_gas = 400'000;
constexpr std::size_t issued_a_block = 200;
constexpr Timestamp begun{1'795'208'340};  // 2026-11-20T20:59:00Z
constexpr std::uint64_t blocks_a_second = 20;

PrivateKey key_of(std::string_view what, std::size_t index) {
    const auto name = fmt::format("talea-make-chain {} {}", what, index);
    return {keccak256(BytesView(reinterpret_cast<const std::uint8_t*>(name.data()), name.size()))};
}

Bytes call_data(std::string_view signature, const Address& address, std::uint64_t amount) {
    const auto selector = abi::selector_of(signature);
    Bytes data(selector.bytes.begin(), selector.bytes.end());
    data.resize(data.size() + 12);
    append(data, view(address));
    const auto word = to_hash(u256{amount});
    append(data, view(word));
    return data;
}

/// The policy of tests/bench/execution.
std::vector<Rule> rules() {
    constexpr std::uint16_t moves = bit(Operation::transfer) | bit(Operation::issue);
    constexpr std::uint8_t both = side_sender | side_receiver;
    return {{0, 0, KnownRule{}},
            {moves, both, CountriesRule{false, {364, 408}}},
            {moves, both, CategoriesRule{category, 0}},
            {0, 0, HoldersRule{1'000'000, 3 * units_at_first, 50 * unit}}};
}

}  // namespace

MadeGenesis make_genesis(std::size_t holders, const std::vector<PublicKey>& admitted) {
    const auto issuer = address_of(key_of("issuer", 0));
    node::GenesisSource source;
    source.chain_id = 7'003;
    source.timestamp = begun;
    source.talea.administrators = {issuer};
    for (std::size_t i = 0; i < validator_count; ++i)
        source.talea.validators.push_back(address_of(key_of("validator", i)));
    std::ranges::sort(source.talea.validators);
    source.roles[issuer] = role::all;
    source.nodes = admitted;
    source.registrars = {issuer};
    for (std::size_t i = 0; i < holders; ++i) {
        const auto wallet = address_of(key_of("holder", i));
        source.roles[wallet] = role::transact;
        source.identities.push_back({u256{i + 1}, issuer, 840, category, begun.seconds + 31'536'000, {}, {wallet}});
    }
    const auto token = create_address(issuer, 0);
    source.policies.push_back({issuer, rules(), {token}});
    const auto who = to_hex(issuer), none = to_hex(Address{});
    source.deployments.push_back({"token",
                                  "RestrictedToken",
                                  issuer,
                                  {fmt::format("(\"Made Fund\",\"MADE\",{},1,true,true,{},{},{},{},{},{})",
                                               (std::uint64_t{1} << 62), who, who, none, none, none, none)}});
    auto resolved = node::resolve_genesis(source);
    check(resolved.has_value(), resolved ? "" : resolved.error().c_str());
    return {std::move(resolved->genesis), resolved->deployed.at("token")};
}

MadeChain::MadeChain(MadeGenesis made, std::size_t holders, const node::Directory& directory, std::uint64_t seconds)
    : made_(std::move(made)), seconds_(seconds) {
    check(node::make_folder(directory.path).has_value() &&
              node::write_text_file(directory.genesis_file(), write_genesis(made_.genesis)).has_value(),
          "the data directory can be made");
    const auto first = node::genesis_record(made_.genesis);
    node::LevelDbOptions unsynced;
    unsynced.sync = false;
    auto opened = node::Database::open(directory.database(), first, unsynced);
    check(opened.has_value() && (*opened)->head().value == 0, "the database is new");
    database_ = std::move(*opened);
    parameters_ = parameters_of(made_.genesis, first.hash);
    header_ = first.block.header;
    hash_ = first.hash;
    const auto account = [](PrivateKey key) { return Account{key, address_of(key), 0}; };
    for (std::size_t i = 0; i < holders; ++i) holders_.push_back(account(key_of("holder", i)));
    for (std::size_t i = 0; i < validator_count; ++i) validators_.push_back(account(key_of("validator", i)));
    std::ranges::sort(validators_, {}, &Account::address);
    issuer_ = account(key_of("issuer", 0));
    issuer_.nonce = database_->state().account(issuer_.address)->nonce;
}

RecoveredTransaction MadeChain::signed_call(Account& sender, Bytes data) {
    RecoveredTransaction made;
    made.tx.type = TxType::dynamic_fee;
    made.tx.chain_id = made_.genesis.chain_id;
    made.tx.nonce = sender.nonce++;
    made.tx.gas_limit = transfer_gas;
    made.tx.to = made_.token;
    made.tx.data = std::move(data);
    sign_transaction(made.tx, sender.key);
    const auto encoded = encode_transaction(made.tx);
    made.hash = keccak256(encoded);
    made.sender = sender.address;
    made.size_bytes = encoded.size();
    return made;
}

void MadeChain::issue() {
    std::vector<RecoveredTransaction> block;
    for (const auto& holder : holders_) {
        block.push_back(signed_call(issuer_, call_data("issue(address,uint256)", holder.address, units_at_first)));
        if (block.size() == issued_a_block || &holder == &holders_.back()) append(std::exchange(block, {}));
    }
}

void MadeChain::append(std::size_t transfers) {
    std::vector<RecoveredTransaction> block;
    for (std::size_t i = 0; i < transfers; ++i) {
        const auto from = random_.below(holders_.size());
        const auto to = (from + 1 + random_.below(holders_.size() - 1)) % holders_.size();
        block.push_back(signed_call(holders_[from], call_data("transfer(address,uint256)", holders_[to].address,
                                                              1 + random_.below(amount_max))));
    }
    append(block);
}

void MadeChain::append(const std::vector<RecoveredTransaction>& transactions) {
    const auto number = header_.number.value;
    const Timestamp time{begun.seconds + (seconds_ == 0 ? number / blocks_a_second : number * seconds_)};
    const auto& proposer = validators_[header_.number.value % validators_.size()];
    BlockBuilder builder(evm_, parameters_, {header_, hash_, database_->state()}, {time, proposer.address});
    for (const auto& tx : transactions) check(builder.add(tx).has_value(), "a made transaction may stand in its block");
    auto built = std::move(builder).finish();
    for (const auto& receipt : built.executed.receipts) check(receipt.succeeded, "a made transaction succeeds");
    auto trie = update_state_trie(database_->trie(), built.executed.changes);
    built.block.header.state_root = trie.root;
    header_ = built.block.header;
    auto record = node::record_of(std::move(built.block), std::move(built.executed));
    hash_ = record.hash;
    record.certificate = node::encode_certificate(certify(hash_));
    database_->commit(record, std::move(trie));
}

node::Certificate MadeChain::certify(const Hash& hash) const {
    node::Certificate certificate;
    const node::SealedBlock sealed{parameters_.genesis_hash, 0, header_.number, 0, hash};
    for (std::size_t i = 0; i < node::quorum(validators_.size()); ++i)
        certificate.seals.push_back(
            node::make_seal(validators_[(header_.number.value + i) % validators_.size()].key, sealed));
    if (header_.number.value == 1)
        for (const auto& validator : validators_) certificate.validators.push_back(validator.address);
    return certificate;
}

}  // namespace talea::bench
