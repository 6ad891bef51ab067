#include "registry_model/pair.hpp"

#include "contracts/artifacts/artifacts.hpp"
#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"
#include "vm/chain/create_address.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/native/abi_writer.hpp"
#include "vm/native/native_genesis.hpp"

namespace talea::tests {

using namespace talea::vm;

namespace {

constexpr Address deployer = low_address(0xde);
constexpr Address first_validator = low_address(0x11);
constexpr std::uint64_t gas_limit = 100'000'000, base_fee = 7;
constexpr Gas call_gas = 1'000'000'000;
constexpr std::uint64_t admin_roles = role::admin | role::network | role::registrar_admin;

std::int64_t clock_at_first() {
    return -100;
}
Hash config_hash() {
    return keccak256(Bytes{1, 2, 3});
}

NativeGenesis genesis() {
    NativeGenesis content;
    content.settings = {.mode = PermissionMode::enforced,
                        .clock_mode = ClockMode::running,
                        .clock = clock_at_first(),
                        .gas_limit = gas_limit,
                        .base_fee = base_fee,
                        .native_version = native_version_max};
    content.recovery_delay_seconds = Pair::recovery_delay;
    content.upgrade_notice_blocks = Pair::upgrade_notice;
    content.roles[Pair::first_admin] = admin_roles;
    content.validators = {first_validator};
    content.config_hash = config_hash();
    return content;
}

Bytes permissions_arguments() {
    Bytes data;
    AbiWriter out{data};
    out.word(32);
    out.word(static_cast<std::uint64_t>(PermissionMode::enforced));
    out.word(static_cast<std::uint64_t>(ClockMode::running));
    out.word(u256{} - u256{static_cast<std::uint64_t>(-clock_at_first())});
    out.word(gas_limit);
    out.word(base_fee);
    out.word(std::uint64_t{native_version_max});
    out.word(Pair::upgrade_notice);
    out.address(Pair::first_admin);
    out.word(admin_roles);
    out.word(12 * 32);
    out.word(to_u256(Pair::genesis_hash));
    out.word(to_u256(config_hash()));
    out.word(1);
    out.address(first_validator);
    return data;
}

Bytes words(std::initializer_list<u256> given) {
    Bytes data;
    AbiWriter out{data};
    for (const u256& word : given) out.word(word);
    return data;
}

std::string shown(const Status status, const Bytes& output) {
    return std::string(to_string(status)) + " " + to_hex(output);
}

}  // namespace

const Address Pair::first_admin = low_address(0xad00);
const Hash Pair::genesis_hash = keccak256(Bytes{7});

u256 Done::word(std::size_t i) const {
    check(output.size() >= 32 * (i + 1), "the answer has that many words");
    return u256::from_be_bytes(BytesView{output}.subspan(32 * i, 32));
}

Address Pair::rule_contract(std::size_t i) {
    return low_address(static_cast<std::uint16_t>(0xc100 + i));
}

Pair::Pair() {
    const auto accounts = native_accounts(genesis());
    check(accounts.has_value(), "the registries have a valid genesis");
    for (const auto& [at, account] : *accounts)
        base_.put(at, account.nonce, account.balance, account.code, account.storage);
    // By hand: push0 push0 mstore, return 32; (calldata 164 & 1) * 77; revert; an endless loop; return 31.
    static constexpr std::string_view codes[] = {"0x5f5f5260205ff3", "0x60a435600116604d025f5260205ff3", "0x5f5ffd",
                                                 "0x5b5f56", "0x601f5ff3"};
    for (std::size_t i = 0; i < std::size(codes); ++i) base_.put(rule_contract(i), 1, {}, *from_hex(codes[i]));
    block_.gas_limit = static_cast<std::uint64_t>(call_gas);
    block_.genesis_hash = genesis_hash;
    state_.emplace(base_);

    const Address policies = create_address(deployer, 3);
    models_[0] = deploy("PermissionsModel", permissions_arguments());
    const Address checks = deploy("RuleChecks", {});
    models_[1] = deploy("IdentitiesModel", words({to_u256(models_[0]), to_u256(policies), recovery_delay}));
    models_[2] = deploy("PoliciesModel", words({to_u256(models_[1]), to_u256(checks)}));
    check(models_[2] == policies, "Policies stands where Identities was told");
}

Address Pair::deploy(std::string_view name, const Bytes& arguments) {
    const auto* artifact = contracts::find_artifact(name);
    check(artifact != nullptr, "the model is among the artifacts");
    Bytes code = to_bytes(artifact->creation_code);
    append(code, arguments);
    block_.timestamp = {now};
    block_.number = {block_number()};
    state_->begin_transaction();
    state_->set_nonce(deployer, ++deployed_);  // as a transaction raises it
    Message message;
    message.kind = CallKind::create;
    message.gas = call_gas;
    message.sender = deployer;
    message.input = code;
    const CallResult result = evm_.execute({.state = *state_, .block = block_, .tx = tx_}, message);
    check(result.status == Status::success, "a model is deployed");
    const Address created = result.created;
    state_->end_transaction();
    return created;
}

Pair::Ended Pair::run(const Address& sender, const Address& to, const Bytes& data) {
    block_.timestamp = {now};
    block_.number = {block_number()};
    state_->begin_transaction();
    Message message;
    message.gas = call_gas;
    message.sender = sender;
    message.recipient = message.code_address = to;
    message.input = data;
    const CallResult result =
        evm_.execute({.state = *state_, .block = block_, .tx = tx_, .system_contracts = &registries_}, message);
    Ended ended{result.status, to_bytes(result.output), state_->take_logs()};
    state_->end_transaction();
    return ended;
}

std::optional<Done> Pair::call(Registry registry, const Address& sender, const Bytes& data) {
    const Ended native = run(sender, address_of(registry), data);
    const Ended model = run(sender, models_[static_cast<std::size_t>(registry)], data);
    difference.clear();
    if (native.status != model.status || native.output != model.output)
        difference = "native " + shown(native.status, native.output) + "\nmodel  " + shown(model.status, model.output);
    else if (native.status != Status::success && native.status != Status::revert)
        difference = "both " + shown(native.status, native.output);
    else if (native.logs.size() != model.logs.size())
        difference = "native emitted " + std::to_string(native.logs.size()) + " events, the model " +
                     std::to_string(model.logs.size());
    for (std::size_t i = 0; difference.empty() && i < native.logs.size(); ++i) {
        const Log& theirs = model.logs[i];
        if (native.logs[i].topics != theirs.topics || native.logs[i].data != theirs.data ||
            native.logs[i].address != address_of(registry) ||
            theirs.address != models_[static_cast<std::size_t>(registry)])
            difference = "event " + std::to_string(i) + ": native " + to_hex(native.logs[i].data) + "\nmodel " +
                         to_hex(theirs.data);
    }
    if (!difference.empty()) return std::nullopt;
    return Done{native.status == Status::success, native.output};
}

}  // namespace talea::tests
