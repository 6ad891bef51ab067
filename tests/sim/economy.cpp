#include "sim/economy.hpp"

#include "contracts/artifacts/artifacts.hpp"
#include "vm/base/check.hpp"
#include "vm/chain/create_address.hpp"
#include "vm/execution/block_execution.hpp"
#include "vm/execution/transaction_execution.hpp"
#include "vm/native/native_genesis.hpp"
#include "vm/native/operation.hpp"
#include "vm/native/permissions.hpp"
#include "vm/native/validator_set.hpp"
#include "vm/state/map_state.hpp"

namespace talea::sim {
namespace {

using namespace talea::vm;

constexpr std::uint64_t unit = 1'000'000;
constexpr std::uint64_t units_at_first = 1'000'000 * unit;
constexpr std::uint64_t transaction_gas = 2'000'000;
constexpr std::uint64_t category = 1;
constexpr std::uint64_t chain_id = 7701;
constexpr std::uint64_t consent_expiry = 4'000'000'000;

abi::Interface interface_of(const char* name) {
    const contracts::Artifact* artifact = contracts::find_artifact(name);
    check(artifact != nullptr, "the simulator's contracts are among the templates");
    auto parsed = abi::Interface::parse(artifact->abi);
    check(parsed.has_value(), "an artifact's ABI is read");
    return *parsed;
}

Bytes creation_input(const abi::Interface& abi, const Address& issuer) {
    const abi::Value none = abi::address({});
    const abi::Value terms = abi::list(
        {abi::text("Simulated Treasury"), abi::text("SIM"), abi::number((u256{1} << 128) - u256{1}), abi::number(1),
         abi::boolean(true), abi::boolean(true), abi::address(issuer), abi::address(issuer), none, none, none, none});
    Bytes code = to_bytes(contracts::find_artifact("RestrictedToken")->creation_code);
    abi::encode_to(code, abi.constructor_types(), std::vector{terms});
    return code;
}

RecoveredTransaction unsigned_call(const Address& sender, std::uint64_t nonce, const std::optional<Address>& to,
                                   Bytes data) {
    RecoveredTransaction made;
    made.tx.type = TxType::dynamic_fee;
    made.tx.chain_id = chain_id;
    made.tx.nonce = nonce;
    made.tx.gas_limit = to ? transaction_gas : 15'000'000;
    made.tx.to = to;
    made.tx.data = std::move(data);
    made.sender = sender;
    return made;
}

Bytes consent(const Person& candidate, const Hash& genesis_hash) {
    const Signature signature = sign(candidate.key, validator_consent(genesis_hash, candidate.address, consent_expiry));
    Bytes encoded = to_bytes(signature.r.to_be_bytes());
    append(encoded, signature.s.to_be_bytes());
    encoded.push_back(signature.y_parity);
    return encoded;
}

SignedTransaction signed_by(const Person& who, RecoveredTransaction made) {
    made.sender = who.address;
    sign_transaction(made.tx, who.key);
    made.hash = transaction_hash(made.tx);
    made.size_bytes = encode_transaction(made.tx).size();
    return std::make_shared<const RecoveredTransaction>(std::move(made));
}

}  // namespace

Person person(std::uint64_t family, std::uint64_t index) {
    const PrivateKey key{to_hash(u256{family * 1'000'003 + index + 1})};
    return {key, address_of(key)};
}

Economy::Economy(std::size_t holders, const std::vector<Address>& validators, const std::vector<Person>& admitted,
                 std::uint64_t idle_interval_seconds)
    : token_abi_(interface_of("RestrictedToken")), permissions_abi_(interface_of("IPermissions")) {
    for (std::size_t i = 0; i <= holders; ++i) persons_.push_back(person(2, i));
    fool_ = person(4, 0);
    nonces_.resize(persons_.size());
    token_ = create_address(persons_[0].address, 0);
    found(validators, admitted, idle_interval_seconds);
}

void Economy::found(const std::vector<Address>& validators, const std::vector<Person>& admitted,
                    std::uint64_t idle_interval_seconds) {
    const Address issuer = persons_[0].address;
    genesis_.chain_id = chain_id;
    genesis_.fork = Fork::osaka;
    genesis_.timestamp = founded;
    genesis_.talea.permissions = PermissionMode::enforced;
    genesis_.talea.administrators = {issuer};
    genesis_.talea.validators = validators;
    genesis_.talea.recovery = {{issuer}, 1};
    genesis_.talea.idle_interval_seconds = idle_interval_seconds;
    genesis_.alloc = standard_accounts();
    auto native = native_genesis_of(genesis_);
    check(native.has_value(), "the simulator's genesis has registries");
    constexpr std::uint16_t moves = bit(Operation::transfer) | bit(Operation::issue);
    for (const auto& [account, granted] : roles()) native->roles[account] = granted;
    for (const auto& node : admitted) native->nodes.push_back(public_key_of(node.key));
    native->registrars = {issuer};
    for (std::size_t i = 1; i < persons_.size(); ++i) {
        native->identities.push_back(
            {u256{i}, issuer, 840, category, founded.seconds + 31'536'000, {}, {persons_[i].address}});
    }
    native->policies.push_back({issuer,
                                {
                                    {0, 0, KnownRule{}},
                                    {moves, side_sender | side_receiver, CountriesRule{false, {364, 408}}},
                                    {0, 0, HoldersRule{1'000, u256{1} << 90, u256{}}},
                                },
                                {token_}});
    const auto accounts = native_accounts(*native);
    check(accounts.has_value(), "the simulator's registries have a valid genesis");
    for (const auto& [at, account] : *accounts) genesis_.alloc[at] = account;

    // The token is deployed and issued before block 1, by the calls that would do it on a running chain.
    MapState made;
    for (const auto& [at, account] : genesis_.alloc)
        made.put(at, account.nonce, account.balance, account.code, account.storage);
    BlockContext block;
    block.chain_id = chain_id;
    block.timestamp = founded;
    block.gas_limit = 1'000'000'000;
    State journal(made);
    Evm evm;
    const auto run = [&](std::optional<Address> to, Bytes data) {
        const auto tx = unsigned_call(issuer, nonces_[0]++, to, std::move(data));
        const auto result = execute_transaction(evm, journal, block, talea_rules(), tx, block.gas_limit, 0);
        check(result.has_value() && result->status == Status::success, "the founding transactions succeed");
    };
    run(std::nullopt, creation_input(token_abi_, issuer));
    for (std::size_t i = 1; i < persons_.size(); ++i)
        run(token_, token_call("issue", {abi::address(persons_[i].address), abi::number(units_at_first)}));
    made.apply(journal.changes());
    for (const auto& [at, entry] : made.accounts) {
        const auto code = made.code(entry.account.code_hash);
        genesis_.alloc[at] = {entry.account.nonce, entry.account.balance, code ? to_bytes(*code) : Bytes{},
                              entry.storage};
    }
}

std::map<Address, std::uint64_t> Economy::roles() const {
    std::map<Address, std::uint64_t> granted{{persons_[0].address, role::all}, {fool_.address, role::transact}};
    for (std::size_t i = 1; i < persons_.size(); ++i) granted[persons_[i].address] = role::transact;
    return granted;
}

Bytes Economy::token_call(const char* function, const std::vector<abi::Value>& arguments) const {
    const abi::Function* found = token_abi_.find_function(function, arguments.size());
    check(found != nullptr, "the token has the function");
    return found->encode_call(arguments);
}

SignedTransaction Economy::call(std::size_t actor, const std::optional<Address>& to, Bytes data) {
    return signed_by(persons_[actor], unsigned_call(persons_[actor].address, nonces_[actor]++, to, std::move(data)));
}

SignedTransaction Economy::nonsense(Random& random) {
    const Bytes transfer = token_call("transfer", {abi::address(fool_.address), abi::number(1)});
    auto made = unsigned_call(fool_.address, fool_nonce_, token_, transfer);
    switch (random.below(8)) {
        case 0:
            return signed_by(person(5, random.below(1'000)), unsigned_call({}, 0, token_, transfer));
        case 1:
            made.tx.chain_id = chain_id + 1;
            break;
        case 2:
            made.tx.nonce += 1 + random.below(100);
            break;
        case 3:
            made.tx.gas_limit = std::uint64_t{1} << 40;
            break;
        case 4:
            made.tx.gas_limit = 20'999;
            break;
        case 5:
            made.tx.data.resize(300'000, 0x77);
            break;
        case 6:
            made.tx.to.reset();
            break;
        default:
            // It holds nothing, so this reverts, and its nonce is used.
            if (fool_nonce_ > 0 && random.below(2) == 0) made.tx.nonce = random.below(fool_nonce_);
            if (made.tx.nonce == fool_nonce_) ++fool_nonce_;
            break;
    }
    return signed_by(fool_, std::move(made));
}

SignedTransaction Economy::forbidden(Forbidden what) {
    const Person stranger = person(5, 0);
    const Bytes transfer = token_call("transfer", {abi::address(fool_.address), abi::number(0)});
    switch (what) {
        case Forbidden::sender:
            return signed_by(stranger, unsigned_call({}, 0, token_, transfer));
        case Forbidden::create:
            // Salt 0 and no code: an empty contract.
            return signed_by(fool_, unsigned_call({}, fool_nonce_++, create2_deployer_address, Bytes(32)));
        case Forbidden::authority:
            break;
    }
    auto made = unsigned_call({}, fool_nonce_++, fool_.address, {});
    made.tx.type = TxType::set_code;
    Authorization tuple;
    tuple.chain_id = u256{chain_id};
    tuple.address = token_;
    const Signature signature = sign(stranger.key, signing_hash(tuple));
    tuple.r = signature.r;
    tuple.s = signature.s;
    tuple.y_parity = signature.y_parity;
    made.tx.authorizations.push_back(tuple);
    return signed_by(fool_, std::move(made));
}

SignedTransaction Economy::act(std::size_t actor, Random& random) {
    const auto somebody = [&] { return abi::address(persons_[1 + random.below(persons_.size() - 1)].address); };
    const auto some = [&] { return abi::number(1 + random.below(10 * unit)); };
    if (actor != 0) {
        const auto to = somebody();
        return call(actor, token_, token_call("transfer", {to, some()}));
    }
    const auto who = somebody();
    switch (random.below(3)) {
        case 0:
            return call(0, token_, token_call("issue", {who, some()}));
        case 1:
            return call(0, token_, token_call("redeem", {who, some()}));
        default:
            return call(0, token_, token_call("setFrozenTokens", {who, some()}));
    }
}

SignedTransaction Economy::idle_transfer(std::size_t actor) {
    return call(actor, token_, token_call("transfer", {abi::address(persons_[actor].address), abi::number(0)}));
}

SignedTransaction Economy::permissions_call(const char* function, const std::vector<abi::Value>& arguments) {
    const abi::Function* found = permissions_abi_.find_function(function, arguments.size());
    check(found != nullptr, "Permissions has the function");
    return call(0, permissions_address, found->encode_call(arguments));
}

SignedTransaction Economy::revoke(const Address& account) {
    return permissions_call("revokeRoles", {abi::address(account), abi::number(role::transact)});
}

SignedTransaction Economy::grant(const Address& account) {
    return permissions_call("grantRoles", {abi::address(account), abi::number(role::transact)});
}

SignedTransaction Economy::add_validator(const Person& candidate, const Hash& genesis_hash) {
    return permissions_call("addValidator", {abi::address(candidate.address), abi::number(consent_expiry),
                                             abi::bytes(consent(candidate, genesis_hash))});
}

SignedTransaction Economy::remove_validator(const Address& validator) {
    return permissions_call("removeValidator", {abi::address(validator)});
}

SignedTransaction Economy::replace_validator(const Address& validator, const Person& candidate,
                                             const Hash& genesis_hash) {
    return permissions_call("replaceValidator",
                            {abi::address(validator), abi::address(candidate.address), abi::number(consent_expiry),
                             abi::bytes(consent(candidate, genesis_hash))});
}

SignedTransaction Economy::admit_node(const Person& node) {
    const PublicKey key = public_key_of(node.key);
    return permissions_call("admitNode", {abi::hash(to_hash(key.x)), abi::hash(to_hash(key.y))});
}

SignedTransaction Economy::remove_node(const Address& node) {
    return permissions_call("removeNode", {abi::address(node)});
}

u256 Economy::ask(Evm& evm, const StateView& state, Bytes call) const {
    State journal(state);
    BlockContext block;
    block.chain_id = chain_id;
    block.timestamp = founded;
    block.gas_limit = 100'000'000;
    CallRequest request;
    request.from = persons_[0].address;
    request.to = token_;
    request.gas = transaction_gas;
    request.data = std::move(call);
    const auto result = simulate_call(evm, journal, block, talea_rules(), request);
    check(result.has_value() && result->output.size() == 32, "the token answers");
    return u256::from_be_bytes(result->output);
}

bool Economy::supply_is_held(Evm& evm, const StateView& state) const {
    u256 held;
    for (std::size_t i = 1; i < persons_.size(); ++i)
        held = held + ask(evm, state, token_call("balanceOf", {abi::address(persons_[i].address)}));
    return held == ask(evm, state, token_call("totalSupply", {}));
}

}  // namespace talea::sim
