#include "vm/execution/transaction_execution.hpp"

#include <algorithm>

#include "vm/base/check.hpp"
#include "vm/chain/create_address.hpp"
#include "vm/chain/limits.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/interpreter/precompiles.hpp"
#include "vm/native/addresses.hpp"
#include "vm/native/permissions.hpp"
#include "vm/native/registries.hpp"

namespace talea::vm {

namespace {

// Yellow Paper, appendix G, with the EIPs named.
constexpr std::uint64_t transaction_gas = 21'000;
constexpr std::uint64_t creation_gas = 32'000;  // EIP-2
constexpr std::uint64_t zero_byte_gas = 4;
constexpr std::uint64_t nonzero_byte_gas = 16;              // EIP-2028
constexpr std::uint64_t access_list_address_gas = 2'400;    // EIP-2930
constexpr std::uint64_t access_list_key_gas = 1'900;        // EIP-2930
constexpr std::uint64_t init_code_word_gas = 2;             // EIP-3860
constexpr std::uint64_t authorization_gas = 25'000;         // EIP-7702: PER_EMPTY_ACCOUNT_COST
constexpr Gas existing_authority_refund = 25'000 - 12'500;  // EIP-7702: less PER_AUTH_BASE_COST
constexpr std::uint64_t floor_token_gas = 10;               // EIP-7623
constexpr std::uint64_t nonzero_byte_tokens = 4;            // EIP-7623
constexpr std::uint64_t refund_quotient = 5;                // EIP-3529
constexpr std::uint8_t blob_hash_version = 1;               // EIP-4844
constexpr std::size_t delegation_bytes = 23;                // EIP-7702: 0xef0100 and an address

/// The target of a delegation designator (EIP-7702).
std::optional<Address> delegation_target(const Code& code) {
    if (code->size() != delegation_bytes || (*code)[0] != 0xef || (*code)[1] != 0x01 || (*code)[2] != 0x00)
        return std::nullopt;
    Address target;
    std::copy(code->begin() + 3, code->end(), target.bytes.begin());
    return target;
}

/// What the sender must be able to pay at most: gas at its largest fee, blobs at theirs, and the value. Nothing where
/// it does not fit 256 bits (no one has that much).
std::optional<Wei> largest_cost(const Transaction& tx) {
    const auto gas = checked_mul(u256{tx.gas_limit}, tx.max_fee_per_gas);
    const auto blobs = checked_mul(u256{tx.blob_hashes.size() * gas_per_blob}, tx.max_fee_per_blob_gas);
    if (!gas || !blobs) return std::nullopt;
    const auto fees = checked_add(*gas, *blobs);
    return fees ? checked_add(*fees, tx.value) : std::nullopt;
}

std::expected<void, TxError> check_blobs(const BlockContext& block, const Transaction& tx) {
    if (tx.type != TxType::blob) return {};
    if (!tx.to) return std::unexpected(TxError::blob_creates);
    if (tx.blob_hashes.empty()) return std::unexpected(TxError::no_blobs);
    if (block.fork >= Fork::osaka && tx.blob_hashes.size() > transaction_blobs_max)
        return std::unexpected(TxError::too_many_blobs);
    for (const Hash& hash : tx.blob_hashes)
        if (hash.bytes[0] != blob_hash_version) return std::unexpected(TxError::wrong_blob_version);
    if (tx.max_fee_per_blob_gas < block.blob_base_fee) return std::unexpected(TxError::blob_fee_below_base_fee);
    return {};
}

std::expected<void, TxError> check_type(const BlockContext& block, const TxRules& rules, const Transaction& tx) {
    if (tx.type == TxType::blob && block.fork < Fork::cancun) return std::unexpected(TxError::type_not_supported);
    if (tx.type == TxType::set_code && block.fork < Fork::prague) return std::unexpected(TxError::type_not_supported);
    if (tx.type == TxType::blob && rules.talea) return std::unexpected(TxError::type_not_supported);
    if (!tx.chain_id && rules.talea) return std::unexpected(TxError::unprotected);
    if (tx.chain_id && *tx.chain_id != block.chain_id) return std::unexpected(TxError::wrong_chain_id);
    return {};
}

/// Nonce, code and funds of the sender.
std::expected<void, TxError> check_sender(State& state, const RecoveredTransaction& tx) {
    const AccountId sender = state.id(tx.sender);
    if (tx.tx.nonce < state.nonce(sender)) return std::unexpected(TxError::nonce_too_low);
    if (tx.tx.nonce > state.nonce(sender)) return std::unexpected(TxError::nonce_too_high);
    if (const Code& code = state.code(sender); !code->empty() && !delegation_target(code))
        return std::unexpected(TxError::sender_not_eoa);
    const auto cost = largest_cost(tx.tx);
    if (!cost) return std::unexpected(TxError::fee_overflow);
    if (state.balance(sender) < *cost) return std::unexpected(TxError::insufficient_funds);
    return {};
}

/// Makes warm what is warm before the first instruction (EIP-2929, 2930, 3651). The sender and recipient are, too.
void warm_start(State& state, const BlockContext& block, const TxRules& rules, const AccessList& access_list) {
    state.warm_account(block.beneficiary);
    for (const Address& precompile : precompile_addresses(block.fork)) state.warm_account(precompile);
    if (rules.talea)
        for (const Address& registry : {permissions_address, identities_address, policies_address})
            state.warm_account(registry);
    for (const AccessListEntry& entry : access_list) {
        state.warm_account(entry.address);
        for (const u256& key : entry.storage_keys) state.warm_slot(entry.address, key);
    }
}

/// One tuple of EIP-7702, by its list of steps. An invalid one is skipped and changes nothing but, from its step 4 on,
/// warmth.
void apply_authorization(State& state, const BlockContext& block, const TxRules& rules, const Authorization& tuple,
                         std::optional<PermissionRefusal>& refused) {
    if (!tuple.chain_id.is_zero() && tuple.chain_id != u256{block.chain_id}) return;
    if (tuple.nonce == ~0ULL) return;
    const auto recovered = recover_authority(tuple);
    if (!recovered) return;
    const AccountId authority = state.id(*recovered);
    state.warm_account(authority);
    if (rules.talea && !has_role(state, *recovered, role::transact)) {
        if (!refused) refused = PermissionRefusal{PermissionRefusal::Reason::authority_not_permitted, *recovered};
        return;
    }
    if (const Code& code = state.code(authority); !code->empty() && !delegation_target(code)) return;
    if (state.nonce(authority) != tuple.nonce) return;
    if (!state.is_empty(authority)) state.add_refund(existing_authority_refund);
    if (tuple.address.is_zero()) {
        state.set_code(authority, std::make_shared<const Bytes>(), empty_code_hash);
    } else {
        Bytes designator{0xef, 0x01, 0x00};
        append(designator, view(tuple.address));
        const Hash hash = keccak256(designator);
        state.set_code(authority, std::make_shared<const Bytes>(std::move(designator)), hash);
    }
    state.set_nonce(authority, tuple.nonce + 1);
}

/// A message to run as the outermost one, with what its transaction decides.
struct Outermost {
    Address from;
    std::optional<Address> to;
    Wei value;
    BytesView data;
    std::uint64_t gas_limit = 0;
    u256 gas_price;
    std::uint64_t nonce = 0;  ///< of the sender before this transaction
    std::span<const Hash> blob_hashes;
    const AccessList& access_list;
    std::span<const Authorization> authorizations;
};

/// From the first warm account to refunds: what transactions and calls have in common. `state` has begun the
/// transaction, the sender has paid for its gas and has its new nonce.
ExecutionResult run(Evm& evm, State& state, const BlockContext& block, const TxRules& rules, const Outermost& message,
                    const IntrinsicGas& due, Inspector* inspector) {
    warm_start(state, block, rules, message.access_list);
    state.warm_account(message.from);
    ExecutionResult result;
    for (const Authorization& tuple : message.authorizations)
        apply_authorization(state, block, rules, tuple, result.refused);

    Message call;
    call.kind = message.to ? CallKind::call : CallKind::create;
    call.gas = static_cast<Gas>(message.gas_limit - due.intrinsic);
    call.sender = message.from;
    call.value = message.value;
    call.input = message.data;
    call.recipient = message.to ? *message.to : create_address(message.from, message.nonce);
    call.code_address = call.recipient;
    state.warm_account(call.recipient);
    if (message.to)
        if (const auto target = delegation_target(state.code(*message.to))) state.warm_account(*target);

    const TxContext tx{message.from, message.gas_price, message.blob_hashes};
    Registries registries;
    const DeployGuard deploy_guard;
    const EvmEnvironment environment{.state = state,
                                     .block = block,
                                     .tx = tx,
                                     .system_contracts = rules.talea ? &registries : nullptr,
                                     .create_guard = rules.talea ? &deploy_guard : nullptr,
                                     .inspector = inspector};
    const CallResult outcome = evm.execute(environment, call);
    if (deploy_guard.refused() && !result.refused)
        result.refused = PermissionRefusal{PermissionRefusal::Reason::create_not_permitted, *deploy_guard.refused()};

    result.status = outcome.status;
    result.output = to_bytes(outcome.output);
    if (!message.to && outcome.status == Status::success) result.created = outcome.created;

    const auto gas_left = static_cast<std::uint64_t>(outcome.gas_left);
    const std::uint64_t used = message.gas_limit - gas_left;
    check(state.refund() >= 0, "a transaction's refund is never negative at its end");
    result.gas_refunded = std::min(used / refund_quotient, static_cast<std::uint64_t>(state.refund()));
    result.gas_used = std::max(used - result.gas_refunded, due.floor);
    return result;
}

/// What the transaction says of itself: type, chain, shape and gas.
std::expected<void, TxError> check_shape(const BlockContext& block, const TxRules& rules, const Transaction& tx) {
    if (const auto type = check_type(block, rules, tx); !type) return type;
    if (tx.type == TxType::set_code) {
        if (!tx.to) return std::unexpected(TxError::set_code_creates);
        if (tx.authorizations.empty()) return std::unexpected(TxError::empty_authorizations);
    }
    if (tx.nonce == ~0ULL) return std::unexpected(TxError::nonce_exhausted);
    if (!tx.to && tx.data.size() > init_code_bytes_max) return std::unexpected(TxError::init_code_too_large);
    if (block.fork >= Fork::osaka && tx.gas_limit > transaction_gas_max)
        return std::unexpected(TxError::gas_limit_above_transaction_cap);
    const IntrinsicGas due = intrinsic_gas(tx, block.fork);
    if (tx.gas_limit < due.intrinsic) return std::unexpected(TxError::intrinsic_gas_too_low);
    if (tx.gas_limit < due.floor) return std::unexpected(TxError::floor_gas_too_low);
    return {};
}

std::expected<void, TxError> check_fees(const BlockContext& block, const Transaction& tx) {
    if (tx.max_priority_fee_per_gas > tx.max_fee_per_gas) return std::unexpected(TxError::priority_fee_above_max_fee);
    if (tx.max_fee_per_gas < block.base_fee) return std::unexpected(TxError::fee_below_base_fee);
    return {};
}

}  // namespace

std::string_view name(PermissionRefusal::Reason reason) {
    switch (reason) {
        case PermissionRefusal::Reason::create_not_permitted:
            return "create_not_permitted";
        case PermissionRefusal::Reason::authority_not_permitted:
            return "authority_not_permitted";
    }
    return "";
}

IntrinsicGas intrinsic_gas(const Transaction& tx, Fork fork) {
    const auto zeros = static_cast<std::uint64_t>(std::ranges::count(tx.data, std::uint8_t{0}));
    const std::uint64_t others = tx.data.size() - zeros;
    std::uint64_t gas = transaction_gas + zeros * zero_byte_gas + others * nonzero_byte_gas;
    if (!tx.to) gas += creation_gas + (tx.data.size() + 31) / 32 * init_code_word_gas;
    gas += tx.access_list.size() * access_list_address_gas;
    for (const AccessListEntry& entry : tx.access_list) gas += entry.storage_keys.size() * access_list_key_gas;
    gas += tx.authorizations.size() * authorization_gas;
    const std::uint64_t floor =
        fork < Fork::prague ? 0 : transaction_gas + (zeros + others * nonzero_byte_tokens) * floor_token_gas;
    return {gas, floor};
}

std::expected<void, TxError> check_form(const BlockContext& block, const TxRules& rules,
                                        const RecoveredTransaction& tx) {
    const auto shape = check_shape(block, rules, tx.tx);
    return shape ? check_fees(block, tx.tx) : shape;
}

std::expected<void, TxError> check_permission(State& state, const TxRules& rules, const Address& sender, bool creates) {
    if (!rules.talea) return {};
    if (!has_role(state, sender, role::transact)) return std::unexpected(TxError::sender_not_permitted);
    if (creates && !has_role(state, sender, role::deploy)) return std::unexpected(TxError::deploy_not_permitted);
    return {};
}

std::expected<void, TxError> validate_transaction(State& state, const BlockContext& block, const TxRules& rules,
                                                  const RecoveredTransaction& tx, std::uint64_t gas_left,
                                                  std::uint64_t blob_gas_left) {
    if (const auto shape = check_shape(block, rules, tx.tx); !shape) return shape;
    if (const auto permitted = check_permission(state, rules, tx.sender, !tx.tx.to); !permitted) return permitted;
    if (tx.tx.gas_limit > std::min(gas_left, gas_limit_max)) return std::unexpected(TxError::gas_limit_above_block);
    if (tx.tx.blob_hashes.size() * gas_per_blob > blob_gas_left) return std::unexpected(TxError::blob_gas_above_block);
    if (const auto fees = check_fees(block, tx.tx); !fees) return fees;
    if (const auto blobs = check_blobs(block, tx.tx); !blobs) return blobs;
    return check_sender(state, tx);
}

std::expected<ExecutionResult, TxError> execute_transaction(Evm& evm, State& state, const BlockContext& block,
                                                            const TxRules& rules, const RecoveredTransaction& recovered,
                                                            std::uint64_t gas_left, std::uint64_t blob_gas_left,
                                                            Inspector* inspector) {
    state.begin_transaction();
    if (const auto valid = validate_transaction(state, block, rules, recovered, gas_left, blob_gas_left); !valid)
        return std::unexpected(valid.error());

    // Nothing below wraps: `largest_cost` bounds every product, and supplies are below 2^256.
    const Transaction& tx = recovered.tx;
    const u256 tip = std::min(tx.max_priority_fee_per_gas, tx.max_fee_per_gas - block.base_fee);
    const u256 gas_price = block.base_fee + tip;
    const u256 blob_fee = u256{tx.blob_hashes.size() * gas_per_blob} * block.blob_base_fee;
    state.subtract_balance(recovered.sender, u256{tx.gas_limit} * gas_price + blob_fee);
    state.set_nonce(recovered.sender, tx.nonce + 1);

    ExecutionResult result = run(evm, state, block, rules,
                                 {.from = recovered.sender,
                                  .to = tx.to,
                                  .value = tx.value,
                                  .data = tx.data,
                                  .gas_limit = tx.gas_limit,
                                  .gas_price = gas_price,
                                  .nonce = tx.nonce,
                                  .blob_hashes = tx.blob_hashes,
                                  .access_list = tx.access_list,
                                  .authorizations = tx.authorizations},
                                 intrinsic_gas(tx, block.fork), inspector);

    state.add_balance(recovered.sender, u256{tx.gas_limit - result.gas_used} * gas_price);
    state.add_balance(block.beneficiary, u256{result.gas_used} * tip);  // the base fee is burned (EIP-1559)
    result.logs = state.take_logs();
    state.end_transaction();
    return result;
}

std::expected<ExecutionResult, TxError> simulate_call(Evm& evm, State& state, const BlockContext& block,
                                                      const TxRules& rules, const CallRequest& request,
                                                      Inspector* inspector) {
    Transaction shape;
    shape.to = request.to;
    shape.data = request.data;
    shape.access_list = request.access_list;
    shape.authorizations = request.authorizations;
    const IntrinsicGas due = intrinsic_gas(shape, block.fork);
    if (request.gas > gas_limit_max) return std::unexpected(TxError::gas_limit_above_block);
    if (!request.to && request.data.size() > init_code_bytes_max) return std::unexpected(TxError::init_code_too_large);
    if (request.gas < due.intrinsic) return std::unexpected(TxError::intrinsic_gas_too_low);
    if (request.gas < due.floor) return std::unexpected(TxError::floor_gas_too_low);

    state.begin_transaction();
    if (state.balance(request.from) < request.value) return std::unexpected(TxError::insufficient_funds);
    const std::uint64_t nonce = state.nonce(request.from);
    if (nonce != ~0ULL) state.set_nonce(request.from, nonce + 1);
    ExecutionResult result = run(evm, state, block, rules,
                                 {.from = request.from,
                                  .to = request.to,
                                  .value = request.value,
                                  .data = request.data,
                                  .gas_limit = request.gas,
                                  .gas_price = request.gas_price,
                                  .nonce = nonce,
                                  .blob_hashes = {},
                                  .access_list = request.access_list,
                                  .authorizations = request.authorizations},
                                 due, inspector);
    result.logs = state.take_logs();
    state.end_transaction();
    return result;
}

}  // namespace talea::vm
