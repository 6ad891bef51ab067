#include "vm/native/permissions.hpp"

#include "vm/native/addresses.hpp"
#include "vm/native/admitted_nodes.hpp"
#include "vm/native/slot_key.hpp"

namespace talea::vm {
namespace {

u256 load(RegistryCall& call, const u256& key) {
    return call.meter.load(Registry::permissions, key);
}
void store(RegistryCall& call, const u256& key, const u256& value) {
    call.meter.store(Registry::permissions, key, value);
}

std::uint64_t granted_roles(RegistryCall& call, const Address& account) {
    return load(call, slot_key::roles(account)).low_u64();
}
SettingsRecord settings(RegistryCall& call) {
    return SettingsRecord::from(load(call, slot_key::settings(0)));
}
CountsRecord counts(RegistryCall& call) {
    return CountsRecord::from(load(call, slot_key::settings(2)));
}

enum class Change : std::uint8_t { grant, revoke };

Outcome change_roles(RegistryCall& call, Change change) {
    call.meter.require_writable();
    const Address account = call.args.address();
    const u256 given = call.args.word();
    if (call.args.failed()) return call.bad_call();
    if ((granted_roles(call, call.caller) & role::admin) == 0) return call.not_authorized(role::admin);
    if (!given.fits_u64() || (given.low_u64() & ~role::all) != 0)
        return call.refuse(selector("BadRoles(uint256)"), {given});
    if (account.is_zero()) return call.zero_address();

    const std::uint64_t roles = given.low_u64();
    const std::uint64_t before = granted_roles(call, account);
    const std::uint64_t after = change == Change::grant ? before | roles : before & ~roles;
    if (after == before) return call.give();
    if (((before ^ after) & role::admin) != 0) {
        CountsRecord counted = counts(call);
        if (change == Change::revoke && counted.admins <= 1) return call.refuse(selector("LastAdmin()"));
        counted.admins = change == Change::grant ? counted.admins + 1 : counted.admins - 1;
        store(call, slot_key::settings(2), counted.word());
    }
    store(call, slot_key::roles(account), after);
    call.meter.log(Registry::permissions,
                   {signature_hash("RolesChanged(address,uint256,address)"), to_u256(account), to_u256(call.caller)},
                   u256{after}.to_be_bytes());
    return call.give();
}

/// A signed 64-bit number as an ABI word.
u256 signed_word(std::int64_t value) {
    const u256 magnitude{value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value)};
    return value < 0 ? -magnitude : magnitude;
}

Outcome advance_clock(RegistryCall& call) {
    call.meter.require_writable();
    const auto forward = call.args.number<std::uint64_t>();
    if (call.args.failed()) return call.bad_call();
    if ((granted_roles(call, call.caller) & role::network) == 0) return call.not_authorized(role::network);
    if (settings(call).clock_mode == ClockMode::none) return call.refuse(selector("NoTestClock()"));
    const auto clock = static_cast<std::int64_t>(load(call, slot_key::settings(1)).low_u64());
    if (clock > clock_max || forward > static_cast<std::uint64_t>(clock_max - clock))
        return call.refuse(selector("ClockOutOfRange()"));
    const std::int64_t value = clock + static_cast<std::int64_t>(forward);
    store(call, slot_key::settings(1), static_cast<std::uint64_t>(value));
    Bytes data;
    AbiWriter out{data};
    out.word(signed_word(value));
    out.word(forward);
    call.meter.log(Registry::permissions, {signature_hash("ClockAdvanced(int64,uint64,address)"), to_u256(call.caller)},
                   data);
    return call.give();
}

Outcome give_has_role(RegistryCall& call) {
    const Address account = call.args.address();
    const u256 asked = call.args.word();
    if (call.args.failed()) return call.bad_call();
    const u256 held = effective_roles(granted_roles(call, account), settings(call).mode);
    return call.give({std::uint64_t{(held & asked) == asked}});
}

Outcome give_roles(RegistryCall& call) {
    const Address account = call.args.address();
    if (call.args.failed()) return call.bad_call();
    return call.give({granted_roles(call, account)});
}

Outcome give_clock(RegistryCall& call) {
    const ClockMode mode = settings(call).clock_mode;
    const auto value = static_cast<std::int64_t>(load(call, slot_key::settings(1)).low_u64());
    return call.give({static_cast<std::uint64_t>(mode), signed_word(value)});
}

template <typename Read>
ChainSettings settings_by(const Read& read) {
    const SettingsRecord record = SettingsRecord::from(read(slot_key::settings(0)));
    return {.mode = record.mode,
            .clock_mode = record.clock_mode,
            .clock = static_cast<std::int64_t>(read(slot_key::settings(1)).low_u64()),
            .gas_limit = record.gas_limit,
            .base_fee = record.base_fee,
            .native_version = record.native_version};
}

template <typename Read>
bool has_role_by(const Read& read, const Address& account, std::uint64_t roles) {
    const PermissionMode mode = SettingsRecord::from(read(slot_key::settings(0))).mode;
    if ((effective_roles(0, mode) & roles) == roles) return true;
    return (effective_roles(read(slot_key::roles(account)).low_u64(), mode) & roles) == roles;
}

auto reader(const StateView& view) {
    return [&view](const u256& key) { return view.storage(permissions_address, key); };
}

}  // namespace

Outcome call_permissions(RegistryCall& call, std::uint32_t called) {
    switch (called) {
        case selector("grantRoles(address,uint256)"):
            return change_roles(call, Change::grant);
        case selector("revokeRoles(address,uint256)"):
            return change_roles(call, Change::revoke);
        case selector("advanceClock(uint64)"):
            return advance_clock(call);
        case selector("rolesOf(address)"):
            return give_roles(call);
        case selector("hasRole(address,uint256)"):
            return give_has_role(call);
        case selector("adminCount()"):
            return call.give({counts(call).admins});
        case selector("mode()"):
            return call.give({static_cast<std::uint64_t>(settings(call).mode)});
        case selector("clock()"):
            return give_clock(call);
        case selector("validators()"):
            return give_validators(call);
        case selector("isValidator(address)"):
            return give_is_validator(call);
        case selector("addValidator(address,uint64,bytes)"):
            return add_validator(call);
        case selector("removeValidator(address)"):
            return remove_validator(call);
        case selector("replaceValidator(address,address,uint64,bytes)"):
            return replace_validator(call);
        case selector("admitNode(bytes32,bytes32)"):
            return admit_node(call);
        case selector("removeNode(address)"):
            return remove_node(call);
        case selector("isAdmitted(address)"):
            return give_is_admitted(call);
        case selector("nodes()"):
            return give_nodes(call);
        case selector("configHash()"):
            return call.give({load(call, slot_key::settings(3))});
        case selector("gasLimit()"):
            return call.give({settings(call).gas_limit});
        case selector("baseFee()"):
            return call.give({settings(call).base_fee});
        case selector("nativeVersion()"):
            return call.give({settings(call).native_version});
        default:
            return call.bad_call();
    }
}

bool has_role(State& state, const Address& account, std::uint64_t roles) {
    return has_role_by([&state](const u256& key) { return state.slot(permissions_address, key).original; }, account,
                       roles);
}
bool has_role(const StateView& view, const Address& account, std::uint64_t roles) {
    return has_role_by(reader(view), account, roles);
}

ChainSettings read_settings(const StateView& view) {
    return settings_by(reader(view));
}
ChainSettings read_settings(State& state) {
    return settings_by([&state](const u256& key) { return state.slot(permissions_address, key).current; });
}
Hash read_config_hash(const StateView& view) {
    return to_hash(view.storage(permissions_address, slot_key::settings(3)));
}

}  // namespace talea::vm
