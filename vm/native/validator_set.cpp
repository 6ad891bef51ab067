#include "vm/native/validator_set.hpp"

#include <algorithm>
#include <optional>

#include "vm/base/check.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/crypto/secp256k1.hpp"
#include "vm/native/addresses.hpp"
#include "vm/native/permissions.hpp"
#include "vm/native/records.hpp"
#include "vm/native/slot_key.hpp"
#include "vm/rlp/encode.hpp"

namespace talea::vm {
namespace {

using Validators = std::vector<Address>;

u256 load(RegistryCall& call, const u256& key) {
    return call.meter.load(Registry::permissions, key);
}

std::uint64_t count_of(RegistryCall& call) {
    return CountsRecord::from(load(call, slot_key::settings(2))).validators;
}
Address validator_at(RegistryCall& call, std::uint64_t position) {
    return to_address(load(call, slot_key::validator(position)));
}

Validators load_validators(RegistryCall& call) {
    const std::uint64_t count = count_of(call);
    Validators validators;
    for (std::uint64_t i = 0; i < count; ++i) validators.push_back(validator_at(call, i));
    return validators;
}

/// Each slot that changes, then the count.
template <typename Store>
void store_changes(const Validators& before, std::span<const Address> after, CountsRecord counts, const Store& store) {
    for (std::size_t i = 0; i < std::max(before.size(), after.size()); ++i) {
        const u256 old = i < before.size() ? to_u256(before[i]) : u256{};
        const u256 changed = i < after.size() ? to_u256(after[i]) : u256{};
        if (old != changed) store(slot_key::validator(i), changed);
    }
    if (counts.validators == after.size()) return;
    counts.validators = after.size();
    store(slot_key::settings(2), counts.word());
}

void store_validators(RegistryCall& call, const Validators& before, const Validators& after) {
    store_changes(before, after, CountsRecord::from(load(call, slot_key::settings(2))),
                  [&call](const u256& key, const u256& value) { call.meter.store(Registry::permissions, key, value); });
}

void log_added(RegistryCall& call, const Address& validator) {
    call.meter.log(Registry::permissions,
                   {signature_hash("ValidatorAdded(address,address)"), to_u256(validator), to_u256(call.caller)}, {});
}
void log_removed(RegistryCall& call, const Address& validator) {
    call.meter.log(Registry::permissions,
                   {signature_hash("ValidatorRemoved(address,address)"), to_u256(validator), to_u256(call.caller)}, {});
}

struct Candidate {
    Address validator;
    std::uint64_t expiry = 0;
    BytesView signature;  ///< r, s (32 bytes each), y parity (0 or 1)
};
Candidate read_candidate(AbiReader& args) {
    const Address validator = args.address();
    const auto expiry = args.number<std::uint64_t>();
    return {validator, expiry, args.bytes()};
}

/// Why the candidate may not be added, if it may not.
std::optional<Outcome> judge(RegistryCall& call, const Candidate& candidate) {
    if (call.now >= candidate.expiry) return call.refuse(selector("ConsentExpired(uint64)"), {candidate.expiry});
    call.meter.charge(native_gas::signature);
    const auto bad = [&] { return call.refuse(selector("BadConsent(address)"), {to_u256(candidate.validator)}); };
    if (call.meter.halted() || candidate.signature.size() != 65) return bad();
    const Signature signature{u256::from_be_bytes(candidate.signature.first(32)),
                              u256::from_be_bytes(candidate.signature.subspan(32, 32)), candidate.signature[64]};
    if (signature.s > secp256k1_half_order) return bad();
    const Hash digest = validator_consent(call.genesis_hash, candidate.validator, candidate.expiry);
    if (recover_address(digest, signature) != candidate.validator) return bad();
    return std::nullopt;
}

bool may_change(RegistryCall& call) {
    return (load(call, slot_key::roles(call.caller)).low_u64() & role::network) != 0;
}

template <typename Read>
Validators validators_by(const Read& read) {
    const std::uint64_t count =
        std::min<std::uint64_t>(CountsRecord::from(read(slot_key::settings(2))).validators, validators_max);
    Validators validators;
    validators.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) validators.push_back(to_address(read(slot_key::validator(i))));
    return validators;
}

}  // namespace

Hash validator_consent(const Hash& genesis_hash, const Address& validator, std::uint64_t expiry) {
    static constexpr std::string_view purpose = "validator";
    Bytes out;
    {
        rlp::List list(out);
        rlp::encode(out, genesis_hash);
        rlp::encode(out, BytesView{reinterpret_cast<const std::uint8_t*>(purpose.data()), purpose.size()});
        rlp::encode(out, validator);
        rlp::encode(out, expiry);
    }
    return keccak256(out);
}

std::vector<Address> read_validators(const StateView& view) {
    return validators_by([&view](const u256& key) { return view.storage(permissions_address, key); });
}
std::vector<Address> read_validators(State& state) {
    return validators_by([&state](const u256& key) { return state.slot(permissions_address, key).current; });
}

void write_validators(State& state, std::span<const Address> validators) {
    check(!validators.empty() && validators.size() <= validators_max &&
              std::ranges::adjacent_find(validators, std::ranges::greater_equal{}) == validators.end(),
          "a validator list is 1 to 100 addresses, ascending");
    const auto counts = CountsRecord::from(state.slot(permissions_address, slot_key::settings(2)).current);
    store_changes(read_validators(state), validators, counts,
                  [&state](const u256& key, const u256& value) { state.set_storage(permissions_address, key, value); });
}

Outcome add_validator(RegistryCall& call) {
    call.meter.require_writable();
    const Candidate candidate = read_candidate(call.args);
    if (call.args.failed()) return call.bad_call();
    if (!may_change(call)) return call.not_authorized(role::network);
    if (const auto refused = judge(call, candidate)) return *refused;
    const Validators before = load_validators(call);
    const auto position = std::ranges::lower_bound(before, candidate.validator);
    if (position != before.end() && *position == candidate.validator) return call.give();
    if (before.size() >= validators_max) return call.too_many(before.size() + 1, validators_max);
    Validators after = before;
    after.insert(after.begin() + (position - before.begin()), candidate.validator);
    store_validators(call, before, after);
    log_added(call, candidate.validator);
    return call.give();
}

Outcome remove_validator(RegistryCall& call) {
    call.meter.require_writable();
    const Address validator = call.args.address();
    if (call.args.failed()) return call.bad_call();
    if (!may_change(call)) return call.not_authorized(role::network);
    const Validators before = load_validators(call);
    if (!std::ranges::binary_search(before, validator)) return call.give();
    if (before.size() == 1) return call.refuse(selector("LastValidator()"));
    Validators after = before;
    std::erase(after, validator);
    store_validators(call, before, after);
    log_removed(call, validator);
    return call.give();
}

Outcome replace_validator(RegistryCall& call) {
    call.meter.require_writable();
    const Address replaced = call.args.address();
    const Candidate candidate = read_candidate(call.args);
    if (call.args.failed()) return call.bad_call();
    if (!may_change(call)) return call.not_authorized(role::network);
    if (const auto refused = judge(call, candidate)) return *refused;
    const Validators before = load_validators(call);
    if (!std::ranges::binary_search(before, replaced))
        return call.refuse(selector("NotAValidator(address)"), {to_u256(replaced)});
    if (std::ranges::binary_search(before, candidate.validator))
        return call.refuse(selector("AlreadyAValidator(address)"), {to_u256(candidate.validator)});
    Validators after = before;
    std::erase(after, replaced);
    after.insert(std::ranges::lower_bound(after, candidate.validator), candidate.validator);
    store_validators(call, before, after);
    log_removed(call, replaced);
    log_added(call, candidate.validator);
    return call.give();
}

Outcome give_validators(RegistryCall& call) {
    const std::uint64_t count = count_of(call);
    AbiWriter out = call.result();
    out.word(32);
    out.word(count);
    for (std::uint64_t i = 0; i < count; ++i) {
        call.meter.charge(native_gas::list_item);
        out.address(validator_at(call, i));
    }
    return Outcome::returned;
}

Outcome give_is_validator(RegistryCall& call) {
    const Address account = call.args.address();
    if (call.args.failed()) return call.bad_call();
    const std::uint64_t count = count_of(call);
    std::uint64_t low = 0, high = count;  // the first position whose validator is not below `account`
    while (low < high) {
        const std::uint64_t middle = (low + high) / 2;
        if (validator_at(call, middle) < account)
            low = middle + 1;
        else
            high = middle;
    }
    return call.give({std::uint64_t{low < count && validator_at(call, low) == account}});
}

}  // namespace talea::vm
