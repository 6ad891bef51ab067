#include "vm/chain/genesis.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "vm/base/hex.hpp"
#include "vm/chain/header_rules.hpp"
#include "vm/chain/limits.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/rlp/encode.hpp"

namespace talea::vm {

namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

/// Reads the members of one object. The first error of a whole file is kept and ends the reading: later calls return
/// defaults, and the caller looks at the error once, at the end.
class ObjectReader {
  public:
    ObjectReader(const Json& json, std::string path, std::optional<GenesisError>& error)
        : json_(json), path_(std::move(path)), error_(error) {
        if (!json_.is_object()) fail(GenesisErrorKind::wrong_type, path_);
    }

    void fail(GenesisErrorKind kind, std::string where) {
        if (!error_) error_ = GenesisError{kind, std::move(where)};
    }
    [[nodiscard]] bool failed() const { return error_.has_value(); }
    [[nodiscard]] std::string path(std::string_view key) const {
        return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
    }

    const Json* optional(std::string_view key) {
        known_.insert(key);
        if (error_) return nullptr;
        const auto found = json_.find(key);
        return found == json_.end() ? nullptr : &*found;
    }
    const Json* required(std::string_view key) {
        const Json* found = optional(key);
        if (found == nullptr) fail(GenesisErrorKind::missing_key, path(key));
        return found;
    }
    /// A member of which every Talea chain has the same number.
    void constant(std::string_view key, const u256& value) {
        if (const Json* found = optional(key); found != nullptr && number(*found, path(key)) != value)
            fail(GenesisErrorKind::wrong_value, path(key));
    }
    u256 number(std::string_view key) {
        const Json* found = required(key);
        return found == nullptr ? u256{} : number(*found, path(key));
    }
    std::uint64_t u64(std::string_view key, std::uint64_t max = ~0ULL) {
        const Json* found = required(key);
        return found == nullptr ? 0 : u64(*found, path(key), max);
    }
    std::uint64_t u64_or(std::string_view key, std::uint64_t otherwise) {
        const Json* found = optional(key);
        return found == nullptr ? otherwise : u64(*found, path(key), ~0ULL);
    }
    std::string_view text(std::string_view key) {
        const Json* found = required(key);
        if (found == nullptr) return {};
        if (const auto* string = found->get_ptr<const std::string*>()) return *string;
        fail(GenesisErrorKind::wrong_type, path(key));
        return {};
    }
    /// A string of hex digits; empty where the member is absent.
    Bytes bytes_or_empty(std::string_view key) { return optional(key) == nullptr ? Bytes{} : bytes(key); }
    Bytes bytes(std::string_view key) {
        auto parsed = from_hex(text(key));
        if (!parsed) fail(GenesisErrorKind::wrong_type, path(key));
        return parsed.value_or(Bytes{});
    }
    /// A list of distinct addresses.
    std::vector<Address> addresses(std::string_view key) {
        std::vector<Address> out;
        const Json* found = required(key);
        if (found == nullptr) return out;
        if (!found->is_array()) fail(GenesisErrorKind::wrong_type, path(key));
        std::set<Address> seen;
        for (std::size_t i = 0; i < found->size() && !failed(); ++i) {
            const auto* string = (*found)[i].get_ptr<const std::string*>();
            const auto parsed = string == nullptr ? std::nullopt : address_from_hex(*string);
            const std::string where = path(key) + "[" + std::to_string(i) + "]";
            if (!parsed) {
                fail(GenesisErrorKind::wrong_type, where);
            } else {
                if (!seen.insert(*parsed).second || parsed->is_zero()) fail(GenesisErrorKind::wrong_value, where);
                out.push_back(*parsed);
            }
        }
        return out;
    }
    u256 number(const Json& json, const std::string& where) {
        if (json.is_number_unsigned()) return u256{json.get<std::uint64_t>()};
        std::optional<u256> parsed;
        if (const auto* string = json.get_ptr<const std::string*>())
            parsed = string->starts_with("0x") ? u256_from_hex(*string) : u256_from_decimal(*string);
        if (!parsed) fail(GenesisErrorKind::wrong_type, where);
        return parsed.value_or(u256{});
    }
    /// Call when all members have been read.
    void refuse_unknown() {
        if (error_) return;
        for (const auto& [key, value] : json_.items())
            if (!known_.contains(std::string_view(key))) return fail(GenesisErrorKind::unknown_key, path(key));
    }

  private:
    std::uint64_t u64(const Json& json, const std::string& where, std::uint64_t max) {
        const u256 value = number(json, where);
        if (value > u256{max}) fail(GenesisErrorKind::wrong_value, where);
        return value.low_u64();
    }

    const Json& json_;
    std::string path_;
    std::optional<GenesisError>& error_;
    std::set<std::string_view> known_;
};

TestClock read_test_clock(const Json& json, std::string path, std::optional<GenesisError>& error) {
    ObjectReader object(json, std::move(path), error);
    TestClock clock;
    const std::string_view mode = object.text("mode");
    if (mode == to_string(TestClockMode::running)) {
        clock.mode = TestClockMode::running;
        const Json* offset = object.required("offset_seconds");
        if (offset != nullptr && !offset->is_number_integer())
            object.fail(GenesisErrorKind::wrong_type, object.path("offset_seconds"));
        else if (offset != nullptr)
            clock.offset_seconds = offset->get<std::int64_t>();
        constexpr auto offset_max = static_cast<std::int64_t>(timestamp_max);
        if (clock.offset_seconds < -offset_max || clock.offset_seconds > offset_max)
            object.fail(GenesisErrorKind::wrong_value, object.path("offset_seconds"));
    } else if (mode != to_string(TestClockMode::stepped)) {
        object.fail(GenesisErrorKind::wrong_value, object.path("mode"));
    }
    clock.start.seconds = object.u64("start", timestamp_max);
    object.refuse_unknown();
    return clock;
}

RecoveryKeys read_recovery(const Json& json, std::string path, std::optional<GenesisError>& error) {
    ObjectReader object(json, std::move(path), error);
    RecoveryKeys recovery;
    recovery.keys = object.addresses("keys");
    const std::uint64_t threshold = object.u64("threshold");
    if (threshold == 0 || threshold > recovery.keys.size())
        object.fail(GenesisErrorKind::wrong_value, object.path("threshold"));
    else
        recovery.threshold = static_cast<std::uint32_t>(threshold);
    object.refuse_unknown();
    return recovery;
}

TaleaConfig read_talea(const Json& json, std::string path, std::optional<GenesisError>& error) {
    ObjectReader object(json, std::move(path), error);
    TaleaConfig talea;
    const std::string_view permissions = object.text("permissions");
    if (permissions == to_string(PermissionMode::open))
        talea.permissions = PermissionMode::open;
    else if (permissions != to_string(PermissionMode::enforced))
        object.fail(GenesisErrorKind::wrong_value, object.path("permissions"));

    talea.administrators = object.addresses("administrators");
    if (talea.administrators.empty()) object.fail(GenesisErrorKind::wrong_value, object.path("administrators"));
    talea.validators = object.addresses("validators");
    if (talea.validators.empty() || talea.validators.size() > genesis_validators_max ||
        !std::ranges::is_sorted(talea.validators))
        object.fail(GenesisErrorKind::wrong_value, object.path("validators"));

    if (const Json* recovery = object.required("recovery"))
        talea.recovery = read_recovery(*recovery, object.path("recovery"), error);
    if (const Json* clock = object.optional("testClock"))
        talea.test_clock = read_test_clock(*clock, object.path("testClock"), error);
    talea.native_version = static_cast<std::uint32_t>(object.u64("nativeVersion", 0xffff'ffff));
    talea.recovery_delay_seconds = object.u64_or("recoveryDelay", talea.recovery_delay_seconds);
    talea.upgrade_notice_blocks = object.u64_or("upgradeNotice", talea.upgrade_notice_blocks);
    talea.idle_interval_seconds = object.u64_or("idleInterval", talea.idle_interval_seconds);
    if (talea.idle_interval_seconds == 0) object.fail(GenesisErrorKind::wrong_value, object.path("idleInterval"));
    object.refuse_unknown();
    return talea;
}

/// Forks before Cancun are in force on every Talea chain.
constexpr std::string_view always_active[] = {
    "homesteadBlock",          "eip150Block",     "eip155Block",   "eip158Block", "byzantiumBlock",
    "constantinopleBlock",     "petersburgBlock", "istanbulBlock", "berlinBlock", "londonBlock",
    "terminalTotalDifficulty", "shanghaiTime",    "cancunTime"};

void read_config(const Json& json, Genesis& genesis, std::optional<GenesisError>& error) {
    ObjectReader object(json, "config", error);
    genesis.chain_id = object.u64("chainId", chain_id_max);
    if (genesis.chain_id == 0) object.fail(GenesisErrorKind::wrong_value, "config.chainId");
    for (const std::string_view key : always_active) object.constant(key, u256{});
    object.constant("pragueTime", u256{});
    object.constant("osakaTime", u256{});
    const bool prague = object.optional("pragueTime") != nullptr;
    const bool osaka = object.optional("osakaTime") != nullptr;
    if (osaka && !prague) object.fail(GenesisErrorKind::missing_key, "config.pragueTime");
    genesis.fork = osaka ? Fork::osaka : prague ? Fork::prague : Fork::cancun;
    if (const Json* talea = object.required("talea")) genesis.talea = read_talea(*talea, "config.talea", error);
    object.refuse_unknown();
}

GenesisAccount read_account(const Json& json, const std::string& path, std::optional<GenesisError>& error) {
    ObjectReader object(json, path, error);
    GenesisAccount account;
    account.nonce = object.u64_or("nonce", 0);
    if (account.nonce == ~0ULL) object.fail(GenesisErrorKind::wrong_value, object.path("nonce"));  // EIP-2681
    if (const Json* balance = object.optional("balance"))
        account.balance = object.number(*balance, object.path("balance"));
    account.code = object.bytes_or_empty("code");
    if (account.code.size() > code_bytes_max) object.fail(GenesisErrorKind::wrong_value, object.path("code"));
    if (const Json* storage = object.optional("storage")) {
        ObjectReader slots(*storage, object.path("storage"), error);
        for (const auto& [key, value] : storage->items()) {
            if (slots.failed()) return account;
            const std::string where = slots.path(key);
            const auto slot = u256_from_hex(key);
            const u256 number = slots.number(value, where);
            if (!slot)
                slots.fail(GenesisErrorKind::wrong_type, where);
            else if (number.is_zero() || !account.storage.emplace(*slot, number).second)
                slots.fail(GenesisErrorKind::wrong_value, where);
        }
    }
    object.refuse_unknown();
    return account;
}

void read_alloc(const Json& json, Genesis& genesis, std::optional<GenesisError>& error) {
    ObjectReader object(json, "alloc", error);
    if (object.failed()) return;
    Wei supply;
    for (const auto& [key, value] : json.items()) {
        const std::string where = object.path(key);
        const auto address = address_from_hex(key);
        if (!address) return object.fail(GenesisErrorKind::wrong_type, where);
        GenesisAccount account = read_account(value, where, error);
        if (error) return;
        const auto sum = checked_add(supply, account.balance);
        if (!sum) return object.fail(GenesisErrorKind::wrong_value, where + ".balance");
        supply = *sum;
        if (!genesis.alloc.emplace(*address, std::move(account)).second)
            return object.fail(GenesisErrorKind::wrong_value, where);
    }
    for (const auto& [address, standard] : standard_accounts()) {
        const auto found = genesis.alloc.find(address);
        if (found == genesis.alloc.end() || found->second.code != standard.code)
            return object.fail(GenesisErrorKind::missing_account, object.path(to_hex(address)));
    }
}

/// Header fields whose value every Talea genesis shares, and those that follow from the configuration.
void read_header(ObjectReader& object, Genesis& genesis) {
    object.constant("nonce", u256{});
    object.constant("difficulty", u256{});
    object.constant("mixHash", u256{});
    object.constant("coinbase", u256{});
    genesis.timestamp.seconds = object.u64("timestamp", timestamp_max);
    genesis.gas_limit = object.u64("gasLimit", gas_limit_max);
    if (genesis.gas_limit < gas_limit_min) object.fail(GenesisErrorKind::wrong_value, "gasLimit");
    genesis.base_fee_per_gas = u256{object.u64("baseFeePerGas")};
    const Bytes extra_data = object.bytes("extraData");
    if (!equal(extra_data, view(validators_hash(genesis.talea.validators))))
        object.fail(GenesisErrorKind::wrong_value, "extraData");
    if (genesis.talea.test_clock && genesis.talea.test_clock->start != genesis.timestamp)
        object.fail(GenesisErrorKind::wrong_value, "config.talea.testClock.start");
}

/// Refuses what nlohmann would silently settle: a key that stands twice in an object.
class DuplicateKeys {
  public:
    bool operator()(int, Json::parse_event_t event, Json& parsed) {
        if (event == Json::parse_event_t::object_start) open_.emplace_back();
        if (event == Json::parse_event_t::object_end) open_.pop_back();
        if (event == Json::parse_event_t::key && duplicate.empty()) {
            const auto& key = parsed.get_ref<const std::string&>();
            if (!open_.back().insert(key).second) duplicate = key;
        }
        return true;
    }
    std::string duplicate;

  private:
    std::vector<std::set<std::string>> open_;
};

std::string hex_word(const u256& value) {
    return to_hex(to_hash(value));
}

OrderedJson hex_list(std::span<const Address> addresses) {
    OrderedJson list = OrderedJson::array();
    for (const Address& address : addresses) list.push_back(to_hex(address));
    return list;
}

OrderedJson talea_json(const TaleaConfig& talea) {
    OrderedJson json;
    json["permissions"] = to_string(talea.permissions);
    json["administrators"] = hex_list(talea.administrators);
    json["validators"] = hex_list(talea.validators);
    json["recovery"] = OrderedJson{{"keys", hex_list(talea.recovery.keys)}, {"threshold", talea.recovery.threshold}};
    json["recoveryDelay"] = talea.recovery_delay_seconds;
    json["nativeVersion"] = talea.native_version;
    json["upgradeNotice"] = talea.upgrade_notice_blocks;
    json["idleInterval"] = talea.idle_interval_seconds;
    if (talea.test_clock) {
        OrderedJson clock;
        clock["mode"] = to_string(talea.test_clock->mode);
        clock["start"] = talea.test_clock->start.seconds;
        if (talea.test_clock->mode == TestClockMode::running)
            clock["offset_seconds"] = talea.test_clock->offset_seconds;
        json["testClock"] = std::move(clock);
    }
    return json;
}

OrderedJson account_json(const GenesisAccount& account) {
    OrderedJson json;
    json["balance"] = to_quantity(account.balance);
    if (account.nonce != 0) json["nonce"] = to_quantity(account.nonce);
    if (!account.code.empty()) json["code"] = to_hex(account.code);
    for (const auto& [key, value] : account.storage) json["storage"][hex_word(key)] = hex_word(value);
    return json;
}

}  // namespace

std::string_view to_string(PermissionMode mode) {
    return mode == PermissionMode::open ? "open" : "enforced";
}

std::string_view to_string(TestClockMode mode) {
    return mode == TestClockMode::running ? "running" : "stepped";
}

Hash config_hash(const Genesis& genesis) {
    const TaleaConfig& talea = genesis.talea;
    Bytes out;
    const auto addresses = [&out](std::vector<Address> list) {
        std::ranges::sort(list);
        const rlp::List encoded(out);
        for (const Address& address : list) rlp::encode(out, address);
    };
    {
        const rlp::List config(out);
        rlp::encode(out, genesis.chain_id);
        rlp::encode(out, static_cast<std::uint64_t>(genesis.fork));
        rlp::encode(out, static_cast<std::uint64_t>(talea.permissions));
        addresses(talea.administrators);
        addresses(talea.validators);
        addresses(talea.recovery.keys);
        rlp::encode(out, std::uint64_t{talea.recovery.threshold});
        rlp::encode(out, talea.recovery_delay_seconds);
        rlp::encode(out, talea.upgrade_notice_blocks);
        rlp::encode(out, std::uint64_t{talea.native_version});
        rlp::encode(out, talea.idle_interval_seconds);
        const rlp::List clock(out);
        if (talea.test_clock) {
            rlp::encode(out, static_cast<std::uint64_t>(talea.test_clock->mode) + 1);
            rlp::encode(out, talea.test_clock->start.seconds);
            rlp::encode(out, static_cast<std::uint64_t>(talea.test_clock->offset_seconds));  // two's complement
        }
    }
    return keccak256(out);
}

std::string to_string(const GenesisError& error) {
    switch (error.kind) {
        case GenesisErrorKind::not_json:
            return "the genesis file is not JSON: " + error.where;
        case GenesisErrorKind::missing_key:
            return "the genesis file lacks " + error.where;
        case GenesisErrorKind::unknown_key:
            return "the genesis file has an unknown key: " + error.where;
        case GenesisErrorKind::wrong_type:
            return "the genesis file has a value of the wrong form: " + error.where;
        case GenesisErrorKind::wrong_value:
            return "the genesis file has a value that no Talea chain can have: " + error.where;
        case GenesisErrorKind::registry_mismatch:
            return "the genesis file has registries in alloc that disagree with " + error.where;
        case GenesisErrorKind::missing_account:
            return "the genesis file lacks a contract that every Talea chain has: " + error.where;
        case GenesisErrorKind::config_changed:
            return "the genesis file is not as `talead init` wrote it: " + error.where +
                   " (its chainId, forks, recovery, upgradeNotice or idleInterval) is not the one that its registries "
                   "hold the "
                   "hash of";
    }
    return {};
}

std::expected<Genesis, GenesisError> parse_genesis(std::string_view text) {
    DuplicateKeys duplicates;
    const Json json = Json::parse(text, std::ref(duplicates), false);
    if (json.is_discarded()) return std::unexpected(GenesisError{GenesisErrorKind::not_json, "a syntax error"});
    if (!duplicates.duplicate.empty())
        return std::unexpected(GenesisError{GenesisErrorKind::not_json, duplicates.duplicate + " stands twice"});

    std::optional<GenesisError> error;
    Genesis genesis;
    ObjectReader object(json, "", error);
    if (const Json* config = object.required("config")) read_config(*config, genesis, error);
    read_header(object, genesis);
    if (const Json* alloc = object.required("alloc")) read_alloc(*alloc, genesis, error);
    object.refuse_unknown();
    if (error) return std::unexpected(*std::move(error));
    return genesis;
}

std::string write_genesis(const Genesis& genesis) {
    OrderedJson config;
    config["chainId"] = genesis.chain_id;
    for (const std::string_view key : always_active) config[std::string(key)] = 0;
    if (genesis.fork >= Fork::prague) config["pragueTime"] = 0;
    if (genesis.fork >= Fork::osaka) config["osakaTime"] = 0;
    config["talea"] = talea_json(genesis.talea);

    OrderedJson json;
    json["config"] = std::move(config);
    json["nonce"] = "0x0";
    json["timestamp"] = to_quantity(genesis.timestamp.seconds);
    json["extraData"] = to_hex(validators_hash(genesis.talea.validators));
    json["gasLimit"] = to_quantity(genesis.gas_limit);
    json["difficulty"] = "0x0";
    json["mixHash"] = to_hex(Hash{});
    json["coinbase"] = to_hex(Address{});
    json["baseFeePerGas"] = to_quantity(genesis.base_fee_per_gas);
    json["alloc"] = OrderedJson::object();
    for (const auto& [address, account] : genesis.alloc) json["alloc"][to_hex(address)] = account_json(account);
    return json.dump(2) + "\n";
}

}  // namespace talea::vm
