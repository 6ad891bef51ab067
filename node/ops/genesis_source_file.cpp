#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "node/ops/files.hpp"
#include "node/ops/genesis_source.hpp"
#include "vm/base/hex.hpp"
#include "vm/native/operation.hpp"

namespace talea::node {
namespace {

using Json = nlohmann::json;

/// Reads members of one object and keeps the first thing that is wrong with any of them. Once something is, readers
/// return defaults.
class Reader {
  public:
    explicit Reader(std::string& error) : error_(error) {}

    void fail(const std::string& where, std::string_view what) {
        if (error_.empty()) error_ = fmt::format("the genesis source: {} {}", where, what);
    }
    [[nodiscard]] bool failed() const { return !error_.empty(); }

    /// The object at `where`, of which only `keys` are known.
    bool object(const Json& json, const std::string& where, const std::set<std::string_view>& keys) {
        if (!json.is_object()) {
            fail(where, "must be an object");
            return false;
        }
        for (const auto& [key, value] : json.items())
            if (!keys.contains(key)) fail(where + "." + key, "is not known");
        return !failed();
    }
    void names(const Json& json) {
        for (const auto& [name, value] : json.items()) {
            const auto address = value.is_string() ? vm::address_from_hex(value.get<std::string>()) : std::nullopt;
            if (address)
                names_[name] = *address;
            else
                fail("config.talea.names." + name, "must be an address");
        }
    }
    vm::Address address(const Json& json, const std::string& where) {
        if (json.is_string()) {
            const auto text = json.get<std::string>();
            if (const auto named = names_.find(text); named != names_.end()) return named->second;
            if (const auto address = vm::address_from_hex(text); address && text.starts_with("0x")) return *address;
        }
        fail(where, "must be an address or a name of config.talea.names");
        return {};
    }
    std::vector<vm::Address> addresses(const Json& json, const std::string& where) {
        std::vector<vm::Address> list;
        if (!json.is_array()) fail(where, "must be a list");
        for (const auto& item : json) list.push_back(address(item, where));
        return list;
    }
    vm::u256 number(const Json& json, const std::string& where) {
        if (json.is_number_unsigned()) return vm::u256{json.get<std::uint64_t>()};
        if (json.is_string()) {
            const auto text = json.get<std::string>();
            const auto value = text.starts_with("0x") ? vm::u256_from_hex(text) : vm::u256_from_decimal(text);
            if (value) return *value;
        }
        fail(where, "must be a number");
        return {};
    }
    std::uint64_t u64(const Json& json, const std::string& where) {
        const auto value = number(json, where);
        if (!value.fits_u64()) fail(where, "is too large");
        return value.low_u64();
    }
    vm::PublicKey public_key(const Json& json, const std::string& where) {
        const auto bytes = json.is_string() ? vm::from_hex(json.get<std::string>()) : std::nullopt;
        if (!bytes || bytes->size() != 64) {
            fail(where, "must list public keys of nodes, 64 bytes each (`talead keys show` prints one)");
            return {};
        }
        return {vm::u256::from_be_bytes(vm::BytesView{*bytes}.first(32)),
                vm::u256::from_be_bytes(vm::BytesView{*bytes}.last(32))};
    }
    vm::Timestamp time(const Json& json, const std::string& where) {
        if (!json.is_string()) return {u64(json, where)};
        const auto time = parse_time(json.get<std::string>());
        if (!time) fail(where, "must be a time as 2026-11-20T20:59:00Z");
        return time.value_or(vm::Timestamp{});
    }
    std::string text(const Json& json, const std::string& where) {
        if (json.is_string()) return json.get<std::string>();
        fail(where, "must be a text");
        return {};
    }
    bool boolean(const Json& json, const std::string& where) {
        if (!json.is_boolean()) fail(where, "must be true or false");
        return json.is_boolean() && json.get<bool>();
    }

  private:
    std::string& error_;
    std::map<std::string, vm::Address> names_;
};

/// Of `json`, whose keys have been checked; null where it is absent.
const Json* member(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found == json.end() ? nullptr : &*found;
}

std::uint16_t read_operations(Reader& reader, const Json& json, const std::string& where) {
    static const std::array<std::string_view, vm::operations_end> names = {
        "", "transfer", "issue", "redeem", "force", "recover", "pledge", "seize", "settle", "return"};
    std::uint16_t bits = 0;
    for (const auto& item : json) {
        const auto found = std::ranges::find(names, item.is_string() ? item.get<std::string>() : std::string("?"));
        if (found == names.end())
            reader.fail(where, "must list operations: transfer, issue, redeem, …");
        else
            bits = static_cast<std::uint16_t>(bits | 1U << (found - names.begin()));
    }
    return bits;
}

vm::Rule read_rule(Reader& reader, const Json& json, const std::string& where) {
    vm::Rule rule;
    if (!reader.object(json, where,
                       {"kind",  "operations",    "sides",    "registrars", "allow",       "countries", "allOf",
                        "anyOf", "maxIdentities", "maxUnits", "minUnits",   "notBefore",   "notAfter",  "dayFrom",
                        "dayTo", "locks",         "contract", "gasLimit",   "windowHours", "identities"}))
        return rule;
    if (const auto* operations = member(json, "operations"))
        rule.operations = read_operations(reader, *operations, where + ".operations");
    if (const auto* sides = member(json, "sides")) {
        const auto text = reader.text(*sides, where + ".sides");
        rule.sides = text == "sender" ? vm::side_sender : text == "receiver" ? vm::side_receiver : std::uint8_t{3};
        if (text != "sender" && text != "receiver" && text != "both")
            reader.fail(where + ".sides", "must be sender, receiver or both");
    }
    const auto u64 = [&](const char* key) {
        const auto* value = member(json, key);
        return value == nullptr ? 0 : reader.u64(*value, where + "." + key);
    };
    const auto word = [&](const char* key) {
        const auto* value = member(json, key);
        return value == nullptr ? vm::u256{} : reader.number(*value, where + "." + key);
    };
    const auto flag = [&](const char* key) {
        const auto* value = member(json, key);
        return value != nullptr && reader.boolean(*value, where + "." + key);
    };
    const auto* kind_json = member(json, "kind");
    const auto kind = kind_json == nullptr ? std::string() : reader.text(*kind_json, where + ".kind");
    if (kind == "known") {
        vm::KnownRule known;
        if (const auto* registrars = member(json, "registrars"))
            known.registrars = reader.addresses(*registrars, where + ".registrars");
        rule.params = std::move(known);
    } else if (kind == "countries") {
        vm::CountriesRule countries{.allow = flag("allow"), .countries = {}};
        if (const auto* list = member(json, "countries"))
            for (const auto& country : *list)
                countries.countries.push_back(static_cast<std::uint16_t>(reader.u64(country, where + ".countries")));
        rule.params = std::move(countries);
    } else if (kind == "categories") {
        rule.params = vm::CategoriesRule{u64("allOf"), u64("anyOf")};
    } else if (kind == "holders") {
        rule.params =
            vm::HoldersRule{static_cast<std::uint32_t>(u64("maxIdentities")), word("maxUnits"), word("minUnits")};
    } else if (kind == "window") {
        rule.params = vm::WindowRule{u64("notBefore"), u64("notAfter"), static_cast<std::uint32_t>(u64("dayFrom")),
                                     static_cast<std::uint32_t>(u64("dayTo")), flag("locks")};
    } else if (kind == "contract") {
        vm::ContractRule contract;
        if (const auto* asked = member(json, "contract"))
            contract.contract = reader.address(*asked, where + ".contract");
        contract.gas_limit = static_cast<std::uint32_t>(std::min<std::uint64_t>(u64("gasLimit"), vm::rule_gas_max + 1));
        rule.params = contract;
    } else if (kind == "velocity") {
        rule.params = vm::VelocityRule{word("maxUnits"), static_cast<std::uint16_t>(std::min<std::uint64_t>(
                                                             u64("windowHours"), vm::window_hours_max + 1))};
    } else if (kind == "counterparties") {
        vm::CounterpartiesRule counterparties;
        if (const auto* list = member(json, "identities"))
            for (const auto& id : *list) counterparties.ids.push_back(reader.number(id, where + ".identities"));
        std::ranges::sort(counterparties.ids);
        rule.params = std::move(counterparties);
    } else {
        reader.fail(where + ".kind",
                    "must be contract, known, countries, categories, holders, window, velocity or counterparties");
    }
    if (!reader.failed() && !vm::is_valid(rule)) reader.fail(where, "is out of range");
    return rule;
}

/// {"admin": 2, "transact": 1}; "all" stands for every role.
void read_thresholds(Reader& reader, const Json& json, GenesisSource& source) {
    const std::string path = "config.talea.thresholds";
    if (!json.is_object()) return reader.fail(path, "must be an object");
    for (const auto& [name, value] : json.items()) {
        const auto roles = role_from_name(name);
        if (!roles) return reader.fail(path + "." + name, "is no role; admin, transact, … are");
        const auto threshold = reader.u64(value, path + "." + name);
        if (threshold == 0 || threshold > vm::threshold_max) return reader.fail(path + "." + name, "must be 1 to 16");
        for (std::uint64_t bit = 1; bit <= vm::role::all; bit <<= 1)
            if ((*roles & bit) != 0) source.thresholds[bit] = static_cast<std::uint8_t>(threshold);
    }
}

void read_registries(Reader& reader, const Json& talea, GenesisSource& source) {
    const std::string path = "config.talea.";
    if (const auto* roles = member(talea, "roles"))
        for (const auto& [who, names] : roles->items()) {
            const auto account = reader.address(Json(who), path + "roles");
            for (const auto& name : names) {
                const auto role = role_from_name(name.is_string() ? name.get<std::string>() : "");
                if (!role) reader.fail(path + "roles." + who, "must list roles: transact, deploy, …");
                source.roles[account] |= role.value_or(0);
            }
        }
    if (const auto* thresholds = member(talea, "thresholds")) read_thresholds(reader, *thresholds, source);
    if (const auto* nodes = member(talea, "nodes"))
        for (const auto& json : *nodes) source.nodes.push_back(reader.public_key(json, path + "nodes"));
    if (const auto* registrars = member(talea, "registrars"))
        source.registrars = reader.addresses(*registrars, path + "registrars");
    if (const auto* identities = member(talea, "identities"))
        for (const auto& json : *identities) {
            const auto where = path + "identities";
            if (!reader.object(json, where,
                               {"id", "registrar", "country", "categories", "expiry", "fileHash", "wallets"}))
                return;
            vm::NativeGenesis::Identity identity;
            identity.id = reader.number(json.value("id", Json()), where + ".id");
            identity.registrar = reader.address(json.value("registrar", Json()), where + ".registrar");
            identity.country =
                static_cast<std::uint16_t>(reader.u64(json.value("country", Json(0U)), where + ".country"));
            identity.categories = reader.u64(json.value("categories", Json(0U)), where + ".categories");
            identity.expiry = reader.time(json.value("expiry", Json(0U)), where + ".expiry").seconds;
            identity.file_hash = reader.number(json.value("fileHash", Json(0U)), where + ".fileHash");
            identity.wallets = reader.addresses(json.value("wallets", Json::array()), where + ".wallets");
            source.identities.push_back(std::move(identity));
        }
    if (const auto* policies = member(talea, "policies"))
        for (const auto& json : *policies) {
            const auto where = path + "policies";
            if (!reader.object(json, where, {"owner", "rules", "tokens"})) return;
            vm::NativeGenesis::Policy policy;
            policy.owner = reader.address(json.value("owner", Json()), where + ".owner");
            policy.tokens = reader.addresses(json.value("tokens", Json::array()), where + ".tokens");
            for (const auto& rule : json.value("rules", Json::array()))
                policy.rules.push_back(read_rule(reader, rule, where + ".rules"));
            source.policies.push_back(std::move(policy));
        }
    if (const auto* deployments = member(talea, "deployments"))
        for (const auto& json : *deployments) {
            const auto where = path + "deployments";
            if (!reader.object(json, where, {"name", "template", "from", "arguments"})) return;
            GenesisSource::Deployment deployment;
            deployment.name = json.contains("name") ? reader.text(json["name"], where + ".name") : "";
            deployment.template_name = reader.text(json.value("template", Json()), where + ".template");
            deployment.from = reader.address(json.value("from", Json()), where + ".from");
            for (const auto& argument : json.value("arguments", Json::array()))
                deployment.arguments.push_back(argument.is_string() ? argument.get<std::string>() : argument.dump());
            source.deployments.push_back(std::move(deployment));
        }
}

void read_talea(Reader& reader, const Json& talea, vm::Timestamp utc, GenesisSource& source) {
    const std::string path = "config.talea.";
    if (!reader.object(talea, "config.talea",
                       {"permissions", "administrators", "validators", "recovery", "testClock", "recoveryDelay",
                        "upgradeNotice", "nativeVersion", "idleInterval", "names", "roles", "thresholds", "nodes",
                        "registrars", "identities", "policies", "deployments"}))
        return;
    if (const auto* names = member(talea, "names")) reader.names(*names);
    const auto mode = talea.value("permissions", "enforced");
    if (mode != "open" && mode != "enforced") reader.fail(path + "permissions", "must be open or enforced");
    source.talea.permissions = mode == "open" ? vm::PermissionMode::open : vm::PermissionMode::enforced;
    source.talea.administrators =
        reader.addresses(talea.value("administrators", Json::array()), path + "administrators");
    source.talea.validators = reader.addresses(talea.value("validators", Json::array()), path + "validators");
    std::ranges::sort(source.talea.validators);
    if (const auto* recovery = member(talea, "recovery")) {
        if (!reader.object(*recovery, path + "recovery", {"keys", "threshold"})) return;
        source.talea.recovery.keys = reader.addresses(recovery->value("keys", Json::array()), path + "recovery.keys");
        std::ranges::sort(source.talea.recovery.keys);
        source.talea.recovery.threshold =
            static_cast<std::uint32_t>(reader.u64(recovery->value("threshold", Json()), path + "recovery.threshold"));
    }
    if (const auto* delay = member(talea, "recoveryDelay"))
        source.talea.recovery_delay_seconds = reader.u64(*delay, path + "recoveryDelay");
    if (const auto* notice = member(talea, "upgradeNotice"))
        source.talea.upgrade_notice_blocks = reader.u64(*notice, path + "upgradeNotice");
    if (const auto* version = member(talea, "nativeVersion"))
        source.talea.native_version = static_cast<std::uint32_t>(reader.u64(*version, path + "nativeVersion"));
    if (const auto* idle = member(talea, "idleInterval"))
        source.talea.idle_interval_seconds = reader.u64(*idle, path + "idleInterval");
    if (const auto* clock = member(talea, "testClock")) {
        if (!reader.object(*clock, path + "testClock", {"mode", "start"})) return;
        const auto how = reader.text(clock->value("mode", Json()), path + "testClock.mode");
        if (how != "running" && how != "stepped") reader.fail(path + "testClock.mode", "must be running or stepped");
        const auto start = reader.time(clock->value("start", Json()), path + "testClock.start");
        const bool running = how == "running";
        source.talea.test_clock = vm::TestClock{
            .mode = running ? vm::TestClockMode::running : vm::TestClockMode::stepped,
            .start = start,
            .offset_seconds =
                running ? static_cast<std::int64_t>(start.seconds) - static_cast<std::int64_t>(utc.seconds) : 0};
        source.timestamp = start;
    }
    read_registries(reader, talea, source);
}

void read_alloc(Reader& reader, const Json& alloc, GenesisSource& source) {
    for (const auto& [who, json] : alloc.items()) {
        const auto where = "alloc." + who;
        const auto address = reader.address(Json(who), where);
        if (!reader.object(json, where, {"balance", "nonce", "code", "storage"})) return;
        auto& account = source.alloc[address];
        account.balance = reader.number(json.value("balance", Json(0U)), where + ".balance");
        account.nonce = reader.u64(json.value("nonce", Json(0U)), where + ".nonce");
        const auto code = vm::from_hex(json.value("code", "0x"));
        if (!code) reader.fail(where + ".code", "must be bytes");
        account.code = code.value_or(vm::Bytes{});
        const Json storage =
            json.value("storage", Json::object());  // a name: before P2718, a loop would not keep it alive
        for (const auto& [key, value] : storage.items()) {
            const auto word = reader.number(value, where + ".storage");
            if (!word.is_zero()) account.storage[reader.number(Json(key), where + ".storage")] = word;
        }
    }
}

std::expected<GenesisSource, std::string> read_source(const Json& json, vm::Timestamp utc) {
    std::string error;
    Reader reader(error);
    GenesisSource source;
    source.timestamp = utc;
    if (reader.object(json, "top level", {"config", "timestamp", "gasLimit", "baseFeePerGas", "alloc"})) {
        const auto config = json.value("config", Json());
        if (reader.object(config, "config", {"chainId", "fork", "talea"})) {
            source.chain_id = reader.u64(config.value("chainId", Json()), "config.chainId");
            if (const auto* fork = member(config, "fork")) {
                const auto found = vm::fork_from_string(reader.text(*fork, "config.fork"));
                if (!found) reader.fail("config.fork", "must be cancun, prague or osaka");
                source.fork = found.value_or(vm::Fork::osaka);
            }
            if (json.contains("timestamp")) source.timestamp = reader.time(json["timestamp"], "timestamp");
            if (json.contains("gasLimit")) source.gas_limit = reader.u64(json["gasLimit"], "gasLimit");
            if (json.contains("baseFeePerGas"))
                source.base_fee_per_gas = reader.u64(json["baseFeePerGas"], "baseFeePerGas");
            read_talea(reader, config.value("talea", Json()), utc, source);
            if (json.contains("alloc") && !reader.failed()) read_alloc(reader, json["alloc"], source);
        }
    }
    if (!error.empty()) return std::unexpected(error);
    return source;
}

}  // namespace

std::expected<GenesisSource, std::string> parse_genesis_source(std::string_view text, vm::Timestamp utc) {
    const auto json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) return std::unexpected("the genesis source is not JSON");
    try {
        return read_source(json, utc);
    } catch (const Json::exception& exception) {  // a member of a type that nothing above asked for
        return std::unexpected(fmt::format("the genesis source: {}", exception.what()));
    }
}

}  // namespace talea::node
