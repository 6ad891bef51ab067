#include "conformance/runner/classic.hpp"
#include "vm/base/hex.hpp"
#include "vm/chain/limits.hpp"
#include "vm/chain/transaction.hpp"
#include "vm/execution/transaction_execution.hpp"
#include "vm/state/map_state.hpp"
#include "vm/state/state.hpp"

namespace talea::conformance {
namespace {

using vm::Bytes;
using vm::u256;

constexpr std::uint64_t tests_chain_id = 1;

/// The names that the tests have for a broken rule; where they have two for one rule, both.
using Names = std::vector<std::string>;

Names names_of(vm::TxDecodeError error) {
    using E = vm::TxDecodeError;
    switch (error) {
        case E::rlp:  // the tests tell many ways of it apart, all with names that begin so
            return {"RLP_*"};
        case E::unknown_type:
            return {"TYPE_NOT_SUPPORTED", "RLP_INVALID_HEADER", "RLP_ERROR_EOF"};
        case E::too_few_fields:
            return {"RLP_TOO_FEW_ELEMENTS"};
        case E::too_many_fields:
            return {"RLP_TOO_MANY_ELEMENTS"};
        case E::leading_zero_in_nonce:
            return {"RLP_LEADING_ZEROS_NONCE"};
        case E::leading_zero_in_gas_price:
            return {"RLP_LEADING_ZEROS_GASPRICE"};
        case E::leading_zero_in_priority_fee:
            return {"RLP_LEADING_ZEROS_PRIORITY_FEE"};
        case E::leading_zero_in_max_fee:
            return {"RLP_LEADING_ZEROS_BASEFEE"};
        case E::leading_zero_in_gas_limit:
            return {"RLP_LEADING_ZEROS_GASLIMIT"};
        case E::leading_zero_in_value:
            return {"RLP_LEADING_ZEROS_VALUE"};
        case E::leading_zero_in_v:
            return {"RLP_LEADING_ZEROS_V"};
        case E::leading_zero_in_r:
            return {"RLP_LEADING_ZEROS_R"};
        case E::leading_zero_in_s:
            return {"RLP_LEADING_ZEROS_S"};
        case E::nonce_too_large:
            return {"NONCE_OVERFLOW"};
        case E::gas_price_too_large:
        case E::max_fee_too_large:
            return {"GASPRICE_OVERFLOW"};
        case E::priority_fee_too_large:
            return {"PRIORITY_OVERFLOW"};
        case E::gas_limit_too_large:
            // Prices are no part of a limit above 64 bits, but one test names their product.
            return {"GASLIMIT_OVERFLOW", "GASLIMIT_PRICE_PRODUCT_OVERFLOW"};
        case E::value_too_large:
            return {"VALUE_OVERFLOW"};
        case E::r_too_large:
        case E::s_too_large:
            return {"INVALID_SIGNATURE_VRS"};
        case E::to_too_short:
            return {"ADDRESS_TOO_SHORT"};
        case E::to_too_long:
            return {"ADDRESS_TOO_LONG"};
        case E::access_list_address_too_short:
            return {"RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_SHORT"};
        case E::access_list_address_too_long:
            return {"RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_LONG"};
        case E::storage_key_too_short:
            return {"RLP_INVALID_ACCESS_LIST_STORAGE_TOO_SHORT"};
        case E::storage_key_too_long:
            return {"RLP_INVALID_ACCESS_LIST_STORAGE_TOO_LONG"};
        case E::wrong_signature_v:
            return {"INVALID_CHAINID", "INVALID_SIGNATURE_VRS"};
        case E::leading_zero:
        case E::field_too_long:
        case E::wrong_address:
        case E::wrong_blob_hash_length:
        case E::blob_creates:
        case E::set_code_creates:
            return {};  // no transaction test has it
    }
    return {};
}

Names names_of(vm::TxError error) {
    using E = vm::TxError;
    if (error == E::wrong_chain_id) return {"INVALID_CHAINID"};
    if (error == E::nonce_exhausted) return {"NONCE_TOO_BIG"};
    if (error == E::intrinsic_gas_too_low) return {"INTRINSIC_GAS_TOO_LOW"};
    if (error == E::init_code_too_large) return {"INITCODE_SIZE_EXCEEDED"};
    if (error == E::priority_fee_above_max_fee) return {"PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS_2"};
    if (error == E::fee_overflow) return {"GASLIMIT_PRICE_PRODUCT_OVERFLOW"};
    return {std::string{name(error)}};
}

/// Why a signature recovers to nobody: out of its range, or with a point that is not on the curve.
Names names_of_no_sender(const vm::Signature& signature) {
    const bool in_range = !signature.r.is_zero() && !signature.s.is_zero() && signature.r < vm::secp256k1_order &&
                          signature.s <= vm::secp256k1_half_order;
    return {in_range ? "EC_RECOVERY_FAIL" : "INVALID_SIGNATURE_VRS"};
}

/// The form, then a sender who can pay everything and whose nonce fits, so that only what the transaction itself breaks
/// is found.
Names validate(const vm::RecoveredTransaction& recovered) {
    vm::BlockContext block;
    block.fork = vm::Fork::cancun;
    block.chain_id = tests_chain_id;
    if (const auto form = vm::check_form(block, vm::TxRules{}, recovered); !form) return names_of(form.error());
    // To these tests a fee overflows where gas limit and price alone do, and no block bounds the gas limit.
    if (recovered.tx.gas_limit > vm::gas_limit_max)
        return vm::checked_mul(u256{recovered.tx.gas_limit}, recovered.tx.max_fee_per_gas)
                   ? Names{}
                   : names_of(vm::TxError::fee_overflow);
    vm::RecoveredTransaction without_value = recovered;
    without_value.tx.value = u256{};
    vm::MapState accounts;
    accounts.put(recovered.sender, recovered.tx.nonce, u256::max(), {});
    vm::State state(accounts);
    state.begin_transaction();
    const auto valid = vm::validate_transaction(state, block, vm::TxRules{}, without_value, vm::gas_limit_max, 0);
    return valid ? Names{} : names_of(valid.error());
}

/// What we find: the names of the broken rule, or the sender, hash and gas.
struct Finding {
    Names broken;
    std::string sender, hash;
    u256 intrinsic_gas;
};
Finding examine(const Bytes& encoded) {
    const auto tx = vm::decode_transaction(encoded);
    // Types that came after these tests are none to them; to us this one is malformed.
    if (!tx && encoded[0] == static_cast<std::uint8_t>(vm::TxType::set_code))
        return {names_of(vm::TxDecodeError::unknown_type), {}, {}, {}};
    if (!tx) return {names_of(tx.error()), {}, {}, {}};
    if (tx->chain_id && *tx->chain_id != tests_chain_id) return {names_of(vm::TxError::wrong_chain_id), {}, {}, {}};
    const auto recovered = vm::recover(*tx);
    if (!recovered) return {names_of_no_sender(tx->signature), {}, {}, {}};
    return {validate(*recovered), to_hex(recovered->sender), to_hex(recovered->hash),
            u256{intrinsic_gas(*tx, vm::Fork::cancun).intrinsic}};
}

bool is_named(const Names& names, std::string_view exception) {
    constexpr std::string_view prefix = "TransactionException.";
    if (!exception.starts_with(prefix)) return false;
    exception.remove_prefix(prefix.size());
    for (const std::string& name : names) {
        if (exception == name) return true;
        if (name.ends_with('*') && exception.starts_with(std::string_view{name}.substr(0, name.size() - 1)))
            return true;
    }
    return false;
}

std::string described(const Finding& finding) {
    if (finding.broken.empty()) return "accepted, sender " + finding.sender;
    return "refused as " + finding.broken.front();
}

}  // namespace

// Shanghai's rules for these transactions are those of Cancun. What older forks expect differs by what they lack, which
// no Talea chain does.
void run_transaction_tests(const Json& tests, Recorder& recorder) {
    for (const auto& [name, test] : tests.items()) {
        const auto encoded = vm::from_hex(test.at("txbytes").get<std::string>());
        if (!encoded || encoded->empty()) {
            recorder.add(name, no_fork, 0, failed("txbytes are none"));
            continue;
        }
        const Finding found = examine(*encoded);
        const Json& results = test.at("result");
        for (const auto& [fork, expected] : results.items()) {
            if (fork != "Shanghai" && fork != "Cancun") {
                recorder.add_older(fork);
                continue;
            }
            const bool holds =
                expected.contains("exception")
                    ? !found.broken.empty() && is_named(found.broken, expected.at("exception").get<std::string>())
                    : found.broken.empty() && expected.at("sender") == found.sender &&
                          expected.at("hash") == found.hash &&
                          found.intrinsic_gas == *vm::u256_from_hex(expected.at("intrinsicGas").get<std::string>());
            recorder.add(name, fork, 0, holds ? Outcome{} : failed(described(found) + ", expected " + expected.dump()));
        }
    }
}

}  // namespace talea::conformance
