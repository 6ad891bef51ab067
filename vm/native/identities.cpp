#include "vm/native/identities.hpp"

#include <expected>
#include <limits>
#include <optional>

#include "vm/native/addresses.hpp"
#include "vm/native/permissions.hpp"
#include "vm/native/slot_key.hpp"

namespace talea::vm {
namespace {

u256 load(RegistryCall& call, const u256& key) {
    return call.meter.load(Registry::identities, key);
}
void store(RegistryCall& call, const u256& key, const u256& value) {
    call.meter.store(Registry::identities, key, value);
}

WalletRecord load_wallet(RegistryCall& call, const Address& wallet) {
    return WalletRecord::from(load(call, slot_key::wallet(wallet)));
}
void store_wallet(RegistryCall& call, const Address& wallet, const WalletRecord& record) {
    store(call, slot_key::wallet(wallet), record.word());
}
IdentityRecord load_identity(RegistryCall& call, std::uint64_t index) {
    return IdentityRecord::from(load(call, slot_key::identity(index)));
}
IdentitiesRecord load_counts(RegistryCall& call) {
    return IdentitiesRecord::from(load(call, slot_key::identities()));
}
RegistrarRecord load_registrar(RegistryCall& call, const Address& account) {
    return RegistrarRecord::from(load(call, slot_key::registrar(account)));
}
u256 load_id(RegistryCall& call, std::uint64_t index) {
    return load(call, slot_key::id_at(index));
}
Address registrar_address(RegistryCall& call, std::uint32_t index) {
    return to_address(load(call, slot_key::registrar_at(index)));
}

bool is_registrar_admin(RegistryCall& call) {
    const u256 roles = call.meter.load(Registry::permissions, slot_key::roles(call.caller));
    return (roles.low_u64() & role::registrar_admin) != 0;
}
/// The caller is the registrar `index` and still one.
bool is_registrar(RegistryCall& call, std::uint32_t index) {
    const RegistrarRecord record = load_registrar(call, call.caller);
    return record.active && record.index == index;
}

// Errors that carry one word.
Outcome unknown_identity(RegistryCall& call, const u256& id) {
    return call.refuse(selector("UnknownIdentity(bytes32)"), {id});
}
Outcome wallet_error(RegistryCall& call, std::uint32_t error, const Address& wallet) {
    return call.refuse(error, {to_u256(wallet)});
}

void log(RegistryCall& call, std::initializer_list<u256> topics, std::initializer_list<u256> words = {}) {
    Bytes data;
    AbiWriter out{data};
    for (const u256& word : words) out.word(word);
    call.meter.log(Registry::identities, topics, data);
}

void log_attributes(RegistryCall& call, const u256& id, const IdentityRecord& identity, const u256& file_hash) {
    log(call, {signature_hash("IdentityChanged(bytes32,uint8,uint16,uint64,uint64,bytes32)"), id},
        {static_cast<std::uint64_t>(identity.state), std::uint64_t{identity.country}, identity.categories,
         identity.expiry, file_hash});
}

// Registrars.

Outcome change_registrar(RegistryCall& call, bool active) {
    call.meter.require_writable();
    const Address account = call.args.address();
    if (call.args.failed()) return call.bad_call();
    if (!is_registrar_admin(call)) return call.not_authorized(role::registrar_admin);
    if (account.is_zero()) return call.zero_address();
    RegistrarRecord record = load_registrar(call, account);
    if (record.active == active) return call.give();
    if (record.index == 0) {
        IdentitiesRecord counts = load_counts(call);
        if (counts.registrars >= registrars_max) return call.too_many(counts.registrars + 1, registrars_max);
        record.index = static_cast<std::uint32_t>(++counts.registrars);
        store(call, slot_key::identities(), counts.word());
        store(call, slot_key::registrar_at(record.index), to_u256(account));
    }
    record.active = active;
    store(call, slot_key::registrar(account), record.word());
    log(call, {signature_hash("RegistrarChanged(address,bool,address)"), to_u256(account), to_u256(call.caller)},
        {std::uint64_t{active}});
    return call.give();
}

Outcome give_registrar(RegistryCall& call) {
    const Address account = call.args.address();
    if (call.args.failed()) return call.bad_call();
    const RegistrarRecord record = load_registrar(call, account);
    return call.give({std::uint64_t{record.active}, std::uint64_t{record.index}});
}

// Registration and links.

/// Links a wallet that is linked to nobody. The caller has judged the registrar.
std::optional<Outcome> link(RegistryCall& call, const u256& id, std::uint64_t index, const Address& wallet) {
    if (wallet.is_zero()) return call.zero_address();
    WalletRecord record = load_wallet(call, wallet);
    if (record.identity != 0)
        return call.refuse(selector("WalletLinkedElsewhere(address,bytes32)"),
                           {to_u256(wallet), load_id(call, record.identity)});
    record.identity = index;
    store_wallet(call, wallet, record);
    log(call, {signature_hash("WalletLinked(bytes32,address)"), id, to_u256(wallet)});
    return std::nullopt;
}

Outcome register_identity(RegistryCall& call) {
    call.meter.require_writable();
    const u256 id = call.args.word();
    IdentityRecord identity{.state = IdentityState::active};
    identity.country = call.args.number<std::uint16_t>();
    identity.categories = call.args.number<std::uint64_t>();
    identity.expiry = call.args.number<std::uint64_t>();
    const u256 file_hash = call.args.word();
    AbiReader::List wallets = call.args.list();
    if (call.args.failed()) return call.bad_call();

    const RegistrarRecord registrar = load_registrar(call, call.caller);
    if (!registrar.active) return call.not_authorized();
    if (id.is_zero()) return unknown_identity(call, id);
    if (identity.country >= countries_end)
        return call.refuse(selector("BadCountry(uint16)"), {std::uint64_t{identity.country}});
    if (wallets.count > wallets_per_registration_max) return call.too_many(wallets.count, wallets_per_registration_max);
    if (identity_index(call.meter, id) != 0) return call.refuse(selector("IdentityExists(bytes32)"), {id});

    IdentitiesRecord counts = load_counts(call);
    const std::uint64_t index = ++counts.identities;
    identity.registrar = registrar.index;
    store(call, slot_key::identities(), counts.word());
    store(call, slot_key::id_index(id), index);
    store(call, slot_key::id_at(index), id);
    store(call, slot_key::identity(index), identity.word());
    if (!file_hash.is_zero()) store(call, slot_key::file_hash(index), file_hash);
    log(call, {signature_hash("IdentityRegistered(bytes32,address,uint64)"), id, to_u256(call.caller)}, {index});
    log_attributes(call, id, identity, file_hash);
    for (std::uint64_t i = 0; i < wallets.count; ++i) {
        const Address wallet = wallets.items.address();
        if (wallets.items.failed()) return call.bad_call();
        if (const auto refused = link(call, id, index, wallet)) return *refused;
    }
    return call.give({index});
}

struct Owned {
    std::uint64_t index = 0;
    IdentityRecord identity;
};
/// The identity `id`, where the caller is its registrar; else the refusal.
std::expected<Owned, Outcome> own_identity(RegistryCall& call, const u256& id) {
    Owned own;
    own.index = identity_index(call.meter, id);
    if (own.index == 0) return std::unexpected(unknown_identity(call, id));
    own.identity = load_identity(call, own.index);
    if (!is_registrar(call, own.identity.registrar)) return std::unexpected(call.not_authorized());
    return own;
}

Outcome link_wallet(RegistryCall& call) {
    call.meter.require_writable();
    const u256 id = call.args.word();
    const Address wallet = call.args.address();
    if (call.args.failed()) return call.bad_call();
    const auto own = own_identity(call, id);
    if (!own) return own.error();
    if (const auto refused = link(call, id, own->index, wallet)) return *refused;
    return call.give();
}

Outcome unlink_wallet(RegistryCall& call) {
    call.meter.require_writable();
    const Address wallet = call.args.address();
    if (call.args.failed()) return call.bad_call();
    WalletRecord record = load_wallet(call, wallet);
    if (record.identity == 0) return wallet_error(call, selector("UnknownWallet(address)"), wallet);
    if (!is_registrar(call, load_identity(call, record.identity).registrar)) return call.not_authorized();
    if (record.recover_at != 0) return wallet_error(call, selector("WalletRetired(address)"), wallet);
    if (record.used || record.replaces != 0) return wallet_error(call, selector("WalletInUse(address)"), wallet);
    const u256 id = load_id(call, record.identity);
    record.identity = 0;
    store_wallet(call, wallet, record);
    log(call, {signature_hash("WalletUnlinked(bytes32,address)"), id, to_u256(wallet)});
    return call.give();
}

// Attributes.

/// Reads `id` and what `read` takes, lets `change` write it into the record or answer with a refusal, stores and logs.
template <typename Read, typename Apply>
Outcome change_identity(RegistryCall& call, const Read& read, const Apply& change) {
    call.meter.require_writable();
    const u256 id = call.args.word();
    const auto value = read(call.args);
    if (call.args.failed()) return call.bad_call();
    auto own = own_identity(call, id);
    if (!own) return own.error();
    if (const std::optional<Outcome> refused = change(own->identity, id, value)) return *refused;
    store(call, slot_key::identity(own->index), own->identity.word());
    log_attributes(call, id, own->identity, load(call, slot_key::file_hash(own->index)));
    return call.give();
}

Outcome set_country(RegistryCall& call) {
    return change_identity(
        call, [](AbiReader& args) { return args.number<std::uint16_t>(); },
        [&call](IdentityRecord& identity, const u256&, std::uint16_t country) -> std::optional<Outcome> {
            if (country >= countries_end) return call.refuse(selector("BadCountry(uint16)"), {std::uint64_t{country}});
            identity.country = country;
            return std::nullopt;
        });
}

Outcome set_categories(RegistryCall& call) {
    return change_identity(
        call, [](AbiReader& args) { return args.number<std::uint64_t>(); },
        [](IdentityRecord& identity, const u256&, std::uint64_t categories) -> std::optional<Outcome> {
            identity.categories = categories;
            return std::nullopt;
        });
}

Outcome set_expiry(RegistryCall& call) {
    return change_identity(
        call, [](AbiReader& args) { return args.number<std::uint64_t>(); },
        [](IdentityRecord& identity, const u256&, std::uint64_t expiry) -> std::optional<Outcome> {
            identity.expiry = expiry;
            return std::nullopt;
        });
}

Outcome set_state(RegistryCall& call) {
    const auto read = [](AbiReader& args) {
        const auto state = args.number<std::uint8_t>();
        if (state > static_cast<std::uint8_t>(IdentityState::closed) || state == 0) args.fail();
        return static_cast<IdentityState>(state);
    };
    return change_identity(
        call, read, [&call](IdentityRecord& identity, const u256& id, IdentityState state) -> std::optional<Outcome> {
            if (identity.state == IdentityState::closed) return call.refuse(selector("IdentityClosed(bytes32)"), {id});
            identity.state = state;
            return std::nullopt;
        });
}

Outcome set_file_hash(RegistryCall& call) {
    call.meter.require_writable();
    const u256 id = call.args.word();
    const u256 file_hash = call.args.word();
    if (call.args.failed()) return call.bad_call();
    const auto own = own_identity(call, id);
    if (!own) return own.error();
    store(call, slot_key::file_hash(own->index), file_hash);
    log_attributes(call, id, own->identity, file_hash);
    return call.give();
}

// Handing an identity to another registrar: offered by one, accepted by the other.

Outcome offer_transfer(RegistryCall& call) {
    call.meter.require_writable();
    const u256 id = call.args.word();
    const Address to = call.args.address();
    if (call.args.failed()) return call.bad_call();
    const std::uint64_t index = identity_index(call.meter, id);
    if (index == 0) return unknown_identity(call, id);
    const IdentityRecord identity = load_identity(call, index);
    const Address from = registrar_address(call, identity.registrar);
    if (!is_registrar(call, identity.registrar)) {
        const bool orphaned = !load_registrar(call, from).active;
        if (!orphaned || !is_registrar_admin(call)) return call.not_authorized();
    }
    const RegistrarRecord receiver = load_registrar(call, to);
    if (!to.is_zero() && !receiver.active) return call.refuse(selector("UnknownRegistrar(address)"), {to_u256(to)});
    store(call, slot_key::offered_registrar(index), std::uint64_t{receiver.index});
    log(call, {signature_hash("RegistrarTransferOffered(bytes32,address,address)"), id, to_u256(from), to_u256(to)});
    return call.give();
}

Outcome accept_transfer(RegistryCall& call) {
    call.meter.require_writable();
    const u256 id = call.args.word();
    if (call.args.failed()) return call.bad_call();
    const std::uint64_t index = identity_index(call.meter, id);
    if (index == 0) return unknown_identity(call, id);
    const std::uint64_t offered = load(call, slot_key::offered_registrar(index)).low_u64();
    if (offered == 0) return call.refuse(selector("NoTransferOffered(bytes32)"), {id});
    if (!is_registrar(call, static_cast<std::uint32_t>(offered))) return call.not_authorized();
    IdentityRecord identity = load_identity(call, index);
    const Address from = registrar_address(call, identity.registrar);
    identity.registrar = static_cast<std::uint32_t>(offered);
    store(call, slot_key::identity(index), identity.word());
    store(call, slot_key::offered_registrar(index), {});
    log(call,
        {signature_hash("RegistrarTransferred(bytes32,address,address)"), id, to_u256(from), to_u256(call.caller)});
    return call.give();
}

// Recovery of a lost wallet.

Outcome recover(RegistryCall& call) {
    call.meter.require_writable();
    const Address lost = call.args.address();
    const Address replacement = call.args.address();
    if (call.args.failed()) return call.bad_call();
    WalletRecord record = load_wallet(call, lost);
    if (record.identity == 0) return wallet_error(call, selector("UnknownWallet(address)"), lost);
    if (!is_registrar(call, load_identity(call, record.identity).registrar)) return call.not_authorized();
    if (replacement.is_zero()) return call.zero_address();
    if (record.recover_at != 0 || lost == replacement)
        return wallet_error(call, selector("WalletRetired(address)"), lost);

    const u256 id = load_id(call, record.identity);
    WalletRecord successor = load_wallet(call, replacement);
    if (successor.identity == 0) {
        if (const auto refused = link(call, id, record.identity, replacement)) return *refused;
        successor.identity = record.identity;
    }
    if (successor.identity != record.identity)
        return call.refuse(selector("WalletLinkedElsewhere(address,bytes32)"),
                           {to_u256(replacement), load_id(call, successor.identity)});
    if (successor.recover_at != 0) return wallet_error(call, selector("WalletRetired(address)"), replacement);
    if (successor.replaces == std::numeric_limits<std::uint16_t>::max())
        return call.too_many(std::uint64_t{successor.replaces} + 1, successor.replaces);

    // At least 1, which says "announced"; a sum beyond 64 bits never comes into effect.
    const std::uint64_t delay = load_counts(call).recovery_delay;
    const std::uint64_t at = delay > ~call.now ? ~0ULL : call.now + delay;
    record.recover_at = at == 0 ? 1 : at;
    ++successor.replaces;
    store_wallet(call, lost, record);
    store_wallet(call, replacement, successor);
    store(call, slot_key::successor(lost), to_u256(replacement));
    log(call,
        {signature_hash("RecoveryAnnounced(bytes32,address,address,uint64)"), id, to_u256(lost), to_u256(replacement)},
        {record.recover_at});
    return call.give();
}

Outcome cancel_recovery(RegistryCall& call) {
    call.meter.require_writable();
    const Address lost = call.args.address();
    if (call.args.failed()) return call.bad_call();
    WalletRecord record = load_wallet(call, lost);
    if (record.recover_at == 0) return wallet_error(call, selector("NoRecovery(address)"), lost);
    const bool may = call.caller == lost || is_registrar(call, load_identity(call, record.identity).registrar) ||
                     is_registrar_admin(call);
    if (!may) return call.not_authorized();
    if (call.now >= record.recover_at) return wallet_error(call, selector("RecoveryInEffect(address)"), lost);

    const Address replacement = to_address(load(call, slot_key::successor(lost)));
    record.recover_at = 0;
    store_wallet(call, lost, record);
    WalletRecord successor = load_wallet(call, replacement);
    --successor.replaces;
    store_wallet(call, replacement, successor);
    store(call, slot_key::successor(lost), {});
    log(call,
        {signature_hash("RecoveryCancelled(bytes32,address,address,address)"), load_id(call, record.identity),
         to_u256(lost), to_u256(replacement)},
        {to_u256(call.caller)});
    return call.give();
}

// Views.

Outcome give_current(RegistryCall& call) {
    const Address wallet = call.args.address();
    if (call.args.failed()) return call.bad_call();
    return call.give({to_u256(current_wallet(call.meter, wallet, call.now))});
}

Outcome give_identity_of(RegistryCall& call) {
    const Address wallet = call.args.address();
    if (call.args.failed()) return call.bad_call();
    const std::uint64_t index = load_wallet(call, wallet).identity;
    return call.give({index == 0 ? u256{} : load_id(call, index)});
}

Outcome give_wallet(RegistryCall& call) {
    const Address wallet = call.args.address();
    if (call.args.failed()) return call.bad_call();
    const WalletRecord record = load_wallet(call, wallet);
    const u256 id = record.identity == 0 ? u256{} : load_id(call, record.identity);
    const u256 successor = record.recover_at == 0 ? u256{} : load(call, slot_key::successor(wallet));
    return call.give({id, std::uint64_t{record.used || record.replaces != 0}, record.recover_at, successor});
}

Outcome give_identity(RegistryCall& call) {
    const u256 id = call.args.word();
    if (call.args.failed()) return call.bad_call();
    const std::uint64_t index = identity_index(call.meter, id);
    if (index == 0) return call.give({0, 0, 0, 0, 0, 0, 0});
    const IdentityRecord identity = load_identity(call, index);
    return call.give({index, static_cast<std::uint64_t>(identity.state), std::uint64_t{identity.country},
                      identity.categories, identity.expiry, to_u256(registrar_address(call, identity.registrar)),
                      load(call, slot_key::file_hash(index))});
}

Outcome give_id_at(RegistryCall& call) {
    const auto index = call.args.number<std::uint64_t>();
    if (call.args.failed()) return call.bad_call();
    return call.give({load_id(call, index)});
}

}  // namespace

std::uint64_t identity_index(Meter& meter, const u256& id) {
    meter.charge(native_gas::hashed_key);
    return meter.load(Registry::identities, slot_key::id_index(id)).low_u64();
}

Address current_wallet(Meter& meter, const Address& wallet, std::uint64_t now) {
    Address current = wallet;
    for (;;) {
        const WalletRecord record = WalletRecord::from(meter.load(Registry::identities, slot_key::wallet(current)));
        if (record.recover_at == 0 || now < record.recover_at) return current;
        current = to_address(meter.load(Registry::identities, slot_key::successor(current)));
    }
}

Outcome call_identities(RegistryCall& call, std::uint32_t called) {
    switch (called) {
        case selector("addRegistrar(address)"):
            return change_registrar(call, true);
        case selector("removeRegistrar(address)"):
            return change_registrar(call, false);
        case selector("registrar(address)"):
            return give_registrar(call);
        case selector("register(bytes32,uint16,uint64,uint64,bytes32,address[])"):
            return register_identity(call);
        case selector("setCountry(bytes32,uint16)"):
            return set_country(call);
        case selector("setCategories(bytes32,uint64)"):
            return set_categories(call);
        case selector("setExpiry(bytes32,uint64)"):
            return set_expiry(call);
        case selector("setFileHash(bytes32,bytes32)"):
            return set_file_hash(call);
        case selector("setState(bytes32,uint8)"):
            return set_state(call);
        case selector("linkWallet(bytes32,address)"):
            return link_wallet(call);
        case selector("unlinkWallet(address)"):
            return unlink_wallet(call);
        case selector("offerTransfer(bytes32,address)"):
            return offer_transfer(call);
        case selector("acceptTransfer(bytes32)"):
            return accept_transfer(call);
        case selector("recover(address,address)"):
            return recover(call);
        case selector("cancelRecovery(address)"):
            return cancel_recovery(call);
        case selector("current(address)"):
            return give_current(call);
        case selector("identityOf(address)"):
            return give_identity_of(call);
        case selector("walletOf(address)"):
            return give_wallet(call);
        case selector("identity(bytes32)"):
            return give_identity(call);
        case selector("idAt(uint64)"):
            return give_id_at(call);
        case selector("identityCount()"):
            return call.give({load_counts(call).identities});
        case selector("recoveryDelay()"):
            return call.give({load_counts(call).recovery_delay});
        default:
            return call.bad_call();
    }
}

}  // namespace talea::vm
