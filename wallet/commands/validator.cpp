#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"
#include "vm/crypto/secp256k1.hpp"
#include "wallet/commands/program.hpp"
#include "wallet/commands/report.hpp"
#include "wallet/commands/validator_change.hpp"
#include "wallet/moment.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/terminal.hpp"

namespace talea::wallet {
namespace {

constexpr const char* registry = "IPermissions";

struct Given {
    std::string validator, replaced, consent, expiry, key;
};

Result<std::vector<vm::Address>> read_validators(Session& session) {
    const auto answer = read_contract(session, permissions_address, registry, "validators");
    if (!answer) return std::unexpected(answer.error());
    std::vector<vm::Address> validators;
    for (const auto& item : answer->front().items) validators.push_back(vm::to_address(item.word));
    return validators;
}

/// Nodes linked with the one that is asked, and that itself where it is a validator.
Result<std::set<vm::Address>> read_linked(Session& session) {
    const auto why = session.ask("talea_why");
    if (!why) return std::unexpected(why.error());
    std::set<vm::Address> linked;
    if (!why->is_object()) return linked;
    const Json validators = why->value("validators", Json::array()), peers = why->value("peers", Json::array());
    const auto add = [&linked](const Json& of) {
        if (const auto address = vm::address_from_hex(of.value("address", ""))) linked.insert(*address);
    };
    for (const Json& validator : validators)
        if (validator.value("connected", false)) add(validator);
    for (const Json& peer : peers) add(peer);
    return linked;
}

/// What the change from `now` does, on stderr and in --json; a change that would stop the chain is refused without
/// --force.
Result<void> foretell(Session& session, const std::vector<vm::Address>& now, const std::vector<vm::Address>& after) {
    const auto linked = read_linked(session);
    if (!linked) return std::unexpected(linked.error());
    const auto change = judge_change(now, after, *linked);
    say(change.sentence());
    Json absent = Json::array();
    for (const auto& address : change.not_linked) {
        say("not linked: " + session.describe(address));
        absent.push_back(vm::to_checksum_hex(address));
    }
    session.note("validators", Json{{"now", change.now},
                                    {"after", change.after},
                                    {"neededNow", change.needed_now},
                                    {"neededAfter", change.needed_after},
                                    {"linkedAfter", change.linked_after},
                                    {"notLinked", absent}});
    if (change.stops_the_chain() && !session.settings().force)
        return fail(Exit::refused,
                    fmt::format("the chain would stand still: only {} of the {} validators that a block needs then are "
                                "linked; start or link the others first (--force does it all the same)",
                                change.linked_after, change.needed_after));
    return {};
}

struct Consent {
    std::uint64_t expiry = 0;
    vm::Bytes signature;
};

Result<Consent> parse_consent(const Given& given) {
    auto signature = vm::from_hex(given.consent);
    if (!signature || signature->size() != 65)
        return fail(Exit::usage, "--consent takes the 65 bytes that `talead keys consent` prints");
    auto expiry = parse_moment(given.expiry);
    if (!expiry)
        if (const auto seconds = vm::u256_from_decimal(given.expiry); seconds && seconds->fits_u64())
            expiry = seconds->low_u64();
    if (!expiry) return fail(Exit::usage, "\"" + given.expiry + "\" is no moment; write it as 2026-12-01T00:00:00Z");
    return Consent{*expiry, std::move(*signature)};
}

Result<void> add(Session& session, const Given& given) {
    const auto validator = session.resolve(given.validator);
    if (!validator) return std::unexpected(validator.error());
    const auto consent = parse_consent(given);
    if (!consent) return std::unexpected(consent.error());
    const auto now = read_validators(session);
    if (!now) return std::unexpected(now.error());
    if (std::ranges::find(*now, *validator) != now->end())
        return fail(Exit::refused, session.describe(*validator) + " is a validator already");
    auto after = *now;
    after.push_back(*validator);
    if (const auto told = foretell(session, *now, after); !told) return told;
    return carry_out(session, "add " + session.describe(*validator) + " as a validator", permissions_address, registry,
                     "addValidator",
                     {abi::address(*validator), abi::number(consent->expiry), abi::bytes(consent->signature)});
}

Result<void> remove(Session& session, const Given& given) {
    const auto validator = session.resolve(given.validator);
    if (!validator) return std::unexpected(validator.error());
    const auto now = read_validators(session);
    if (!now) return std::unexpected(now.error());
    auto after = *now;
    if (std::erase(after, *validator) == 0)
        return fail(Exit::refused, session.describe(*validator) + " is no validator");
    if (const auto told = foretell(session, *now, after); !told) return told;
    return carry_out(session, "remove the validator " + session.describe(*validator), permissions_address, registry,
                     "removeValidator", {abi::address(*validator)});
}

Result<void> replace(Session& session, const Given& given) {
    const auto replaced = session.resolve(given.replaced);
    if (!replaced) return std::unexpected(replaced.error());
    const auto validator = session.resolve(given.validator);
    if (!validator) return std::unexpected(validator.error());
    const auto consent = parse_consent(given);
    if (!consent) return std::unexpected(consent.error());
    const auto now = read_validators(session);
    if (!now) return std::unexpected(now.error());
    auto after = *now;
    if (std::erase(after, *replaced) == 0) return fail(Exit::refused, session.describe(*replaced) + " is no validator");
    if (std::ranges::find(after, *validator) != after.end())
        return fail(Exit::refused, session.describe(*validator) + " is a validator already");
    after.push_back(*validator);
    if (const auto told = foretell(session, *now, after); !told) return told;
    return carry_out(session,
                     fmt::format("put the validator {} in the place of {}", session.describe(*validator),
                                 session.describe(*replaced)),
                     permissions_address, registry, "replaceValidator",
                     {abi::address(*replaced), abi::address(*validator), abi::number(consent->expiry),
                      abi::bytes(consent->signature)});
}

Result<void> list_validators(Session& session) {
    const auto now = read_validators(session);
    if (!now) return std::unexpected(now.error());
    const auto linked = read_linked(session);
    if (!linked) return std::unexpected(linked.error());
    const auto change = judge_change(*now, *now, *linked);
    Report report;
    report.add("count", std::to_string(change.now));
    report.add("needed", std::to_string(change.needed_now));
    report.add("linked", std::to_string(change.linked_after));
    Table table("validators", {{"validator"}, {"linked"}});
    for (const auto& validator : *now)
        table.add({session.name_or_address(validator), linked->contains(validator) ? "yes" : "no"});
    report.print(session, table);
    return {};
}

/// 64 bytes in hexadecimal digits, or a public file that holds them (`talead keys export`).
Result<vm::PublicKey> parse_public_key(const std::string& text) {
    auto bytes = vm::from_hex(text);
    if (!bytes) {
        std::ifstream file(text);
        if (!file) return fail(Exit::usage, "\"" + text + "\" is neither a public key of 64 bytes nor a file");
        std::ostringstream content;
        content << file.rdbuf();
        const Json json = Json::parse(content.str(), nullptr, false);
        const auto found = json.is_object() ? json.find("publicKey") : json.end();
        if (json.is_object() && found != json.end() && found->is_string())
            bytes = vm::from_hex(found->get<std::string>());
    }
    if (!bytes || bytes->size() != 64) return fail(Exit::usage, "\"" + text + "\" holds no public key of 64 bytes");
    const vm::BytesView view{*bytes};
    const vm::PublicKey key{vm::u256::from_be_bytes(view.first(32)), vm::u256::from_be_bytes(view.last(32))};
    if (!vm::is_valid(key)) return fail(Exit::usage, "\"" + text + "\" holds no point of secp256k1");
    return key;
}

Result<void> admit(Session& session, const Given& given) {
    const auto key = parse_public_key(given.key);
    if (!key) return std::unexpected(key.error());
    return carry_out(session, "admit the node " + session.describe(vm::address_of(*key)), permissions_address, registry,
                     "admitNode", {abi::number(key->x), abi::number(key->y)});
}

Result<void> dismiss(Session& session, const Given& given) {
    const auto node = session.resolve(given.validator);
    if (!node) return std::unexpected(node.error());
    return carry_out(session, "cut the node " + session.describe(*node) + " off", permissions_address, registry,
                     "removeNode", {abi::address(*node)});
}

Result<void> list_nodes(Session& session) {
    const auto answer = read_contract(session, permissions_address, registry, "nodes");
    if (!answer) return std::unexpected(answer.error());
    const auto linked = read_linked(session);
    if (!linked) return std::unexpected(linked.error());
    Report report;
    Table table("nodes", {{"node"}, {"linked"}});
    for (const auto& item : answer->front().items) {
        const auto address = vm::address_of(vm::PublicKey{item.items[0].word, item.items[1].word});
        table.add({session.name_or_address(address), linked->contains(address) ? "yes" : "no"});
    }
    report.print(session, table);
    return {};
}

void add_consent_options(CLI::App& command, Given& given) {
    command.add_option("--consent", given.consent, "The candidate's signature, from `talead keys consent`")->required();
    command.add_option("--expiry", given.expiry, "The moment until which it consents, as it was signed")->required();
}

}  // namespace

void add_validator_commands(Program& program) {
    static Given given;
    constexpr const char* foretold =
        "Says first how many validators there will be, how many a block needs and how many of them are linked to this\n"
        "node; what would stop the chain is refused. --dry-run ends there.";
    CLI::App& validators = program.group("validator", "Who makes blocks");
    CLI::App& listed = program.add(validators, "list", "Show the validators and what a block needs",
                                   "talea validator list --rpc http://127.0.0.1:8545");
    program.tabulates(listed);
    program.run(listed, list_validators);
    CLI::App& added =
        program.add(validators, "add", "Add a validator from the next block on, as NETWORK",
                    "talea validator add 0x… --consent 0x… --expiry 2026-12-01T00:00:00Z --account network", foretold);
    added.add_option("validator", given.validator, "Its address")->required();
    add_consent_options(added, given);
    program.signs(added);
    program.run(added, [](Session& session) { return add(session, given); });
    CLI::App& removed =
        program.add(validators, "remove", "Remove a validator from the next block on, as NETWORK",
                    "talea validator remove 0x… --dry-run --account network",
                    std::string(foretold) + " Its node is cut off unless `talea node admit` admitted it.");
    removed.add_option("validator", given.validator, "Its address")->required();
    program.signs(removed);
    program.run(removed, [](Session& session) { return remove(session, given); });
    CLI::App& replaced = program.add(
        validators, "replace", "Put a validator in the place of another in one step, as NETWORK",
        "talea validator replace 0x… 0x… --consent 0x… --expiry 2026-12-01T00:00:00Z --account network", foretold);
    replaced.add_option("replaced", given.replaced, "Who goes")->required();
    replaced.add_option("validator", given.validator, "Who comes")->required();
    add_consent_options(replaced, given);
    program.signs(replaced);
    program.run(replaced, [](Session& session) { return replace(session, given); });

    CLI::App& nodes = program.group("node", "Which nodes besides the validators' may connect");
    CLI::App& known = program.add(nodes, "list", "Show the admitted nodes", "talea node list");
    program.tabulates(known);
    program.run(known, list_nodes);
    CLI::App& admitted = program.add(nodes, "admit", "Let a node connect, as NETWORK",
                                     "talea node admit validator-5.json --account network");
    admitted.add_option("key", given.key, "Its public file (`talead keys export`), or its public key")->required();
    program.signs(admitted);
    program.run(admitted, [](Session& session) { return admit(session, given); });
    CLI::App& dismissed = program.add(nodes, "remove", "Cut a node off, unless it is a validator's, as NETWORK",
                                      "talea node remove 0x… --account network");
    dismissed.add_option("node", given.validator, "The address of its key")->required();
    program.signs(dismissed);
    program.run(dismissed, [](Session& session) { return dismiss(session, given); });
}

}  // namespace talea::wallet
