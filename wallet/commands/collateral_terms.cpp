#include "wallet/commands/collateral_terms.hpp"

#include <fmt/format.h>

#include <array>

#include "wallet/amount.hpp"
#include "wallet/commands/written.hpp"
#include "wallet/store/durable_file.hpp"

namespace talea::wallet {
namespace {

/// How a field is written in the file and encoded for the contract.
enum class Kind : std::uint8_t { account, minute, number, amount, flag };

struct Field {
    const char* name;
    Kind kind;
    bool required = false;
};

// In the order of ICollateralVault.CollateralTerms and EligibleAsset: field i of the struct is entry i.
constexpr std::array<Field, 19> terms_fields{{{"securedParty", Kind::account, true},
                                              {"pledgor", Kind::account, true},
                                              {"calculationAgent", Kind::account},
                                              {"arbiter", Kind::account},
                                              {"cash", Kind::account, true},
                                              {"calendar", Kind::account, true},
                                              {"markets", Kind::number, true},
                                              {"notification", Kind::minute, true},
                                              {"due", Kind::minute, true},
                                              {"dueDays", Kind::number},
                                              {"cureDays", Kind::number},
                                              {"exposureDays", Kind::number},
                                              {"discount", Kind::number},
                                              {"custodyKeys", Kind::number},
                                              {"threshold", Kind::amount},
                                              {"independentAmount", Kind::amount},
                                              {"minimumTransfer", Kind::amount},
                                              {"rounding", Kind::amount},
                                              {"costsMax", Kind::amount}}};
constexpr std::array<Field, 9> asset_fields{{{"token", Kind::account, true},
                                             {"source", Kind::account},
                                             {"fund", Kind::account},
                                             {"inPlace", Kind::flag},
                                             {"haircut", Kind::number},
                                             {"mismatch", Kind::number},
                                             {"maxAge", Kind::number},
                                             {"concentration", Kind::number},
                                             {"concentrationAmount", Kind::amount}}};

constexpr unsigned cash_decimals = 6;  // the vault accepts no other

Result<abi::Value> read_field(const Session& session, const Field& field, const Json& given) {
    const auto wrong = [&](const char* how) {
        return fail(Exit::usage, fmt::format("\"{}\" is {}; write it as {}", field.name, given.dump(), how));
    };
    switch (field.kind) {
        case Kind::account: {
            if (!given.is_string()) return wrong("a name or an address");
            const std::string name = given.get<std::string>();
            if (name.empty() && !field.required) return abi::address({});
            const auto address = session.resolve(name);
            if (!address) return std::unexpected(address.error());
            return abi::address(*address);
        }
        case Kind::minute: {
            if (!given.is_string()) return wrong("\"13:00\"");
            const auto minute = read_minute(given.get<std::string>());
            if (!minute) return std::unexpected(minute.error());
            return abi::number(*minute);
        }
        case Kind::number:
            if (!given.is_number_unsigned() || given.get<std::uint64_t>() > 0xffff)
                return wrong("a number up to 65535");
            return abi::number(given.get<std::uint64_t>());
        case Kind::amount: {
            if (!given.is_string()) return wrong("\"250000.00\"");
            const auto amount = read_decimal(given.get<std::string>(), cash_decimals, field.name);
            if (!amount) return std::unexpected(amount.error());
            if (amount->bit_width() > 128) return wrong("an amount below 2^128");
            return abi::number(*amount);
        }
        case Kind::flag:
            if (!given.is_boolean()) return wrong("true or false");
            return abi::boolean(given.get<bool>());
    }
    return abi::number(0U);
}

/// Fields in the struct's order; a key beside those of `fields` and `others` is refused.
Result<abi::Value> read_struct(const Session& session, std::span<const Field> fields, const Json& object,
                               std::span<const std::string_view> others) {
    if (!object.is_object()) return fail(Exit::usage, object.dump() + " is no object of terms");
    for (const auto& [key, value] : object.items()) {
        if (std::ranges::find(fields, key, &Field::name) == fields.end() &&
            std::ranges::find(others, key) == others.end())
            return fail(Exit::usage, "nothing is known of a term \"" + key + "\"");
    }
    std::vector<abi::Value> values;
    for (const Field& field : fields) {
        const auto found = object.find(field.name);
        if (found == object.end()) {
            if (field.required) return fail(Exit::usage, fmt::format("the term \"{}\" is missing", field.name));
            values.push_back(abi::number(0U));
            continue;
        }
        auto value = read_field(session, field, *found);
        if (!value) return std::unexpected(value.error());
        values.push_back(std::move(*value));
    }
    return abi::list(std::move(values));
}

Json show_struct(const Session& session, std::span<const Field> fields, const abi::Value& value) {
    Json object = Json::object();
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const vm::u256& word = value.items[i].word;
        if (word.is_zero() && !fields[i].required) continue;
        switch (fields[i].kind) {
            case Kind::account:
                object[fields[i].name] = session.name_or_address(vm::to_address(word));
                break;
            case Kind::minute:
                object[fields[i].name] = fmt::format("{:02}:{:02}", word.low_u64() / 60, word.low_u64() % 60);
                break;
            case Kind::number:
                object[fields[i].name] = word.low_u64();
                break;
            case Kind::amount:
                object[fields[i].name] = format_amount(word, cash_decimals);
                break;
            case Kind::flag:
                object[fields[i].name] = true;
                break;
        }
    }
    return object;
}

}  // namespace

Result<CollateralTerms> read_terms_file(Session& session, const std::string& path) {
    const auto content = read_file(path);
    if (!content) return fail(Exit::usage, content.error().sentence);
    const Json json = Json::parse(*content, nullptr, false);
    if (!json.is_object() || !json.contains("schedule") || !json["schedule"].is_array()) {
        return fail(Exit::usage, path + " is no file of terms; examples/collateral-terms.json is one");
    }
    const auto wrong = [&](const std::string& where, const Failure& failure) {
        return fail(failure.exit, path + ": " + where + failure.sentence, failure.details);
    };
    constexpr std::string_view lists[] = {"schedule", "buyers"};
    const auto terms = read_struct(session, terms_fields, json, lists);
    if (!terms) return wrong("", terms.error());
    std::vector<abi::Value> schedule, buyers;
    for (std::size_t i = 0; i < json["schedule"].size(); ++i) {
        auto asset = read_struct(session, asset_fields, json["schedule"][i], {});
        if (!asset) return wrong(fmt::format("entry {} of the schedule: ", i + 1), asset.error());
        schedule.push_back(std::move(*asset));
    }
    const Json listed = json.value("buyers", Json::array());
    if (!listed.is_array()) return fail(Exit::usage, path + ": \"buyers\" is no list of names or addresses");
    for (const Json& name : listed) {
        auto buyer = read_field(session, {"buyers", Kind::account, true}, name);
        if (!buyer) return wrong("", buyer.error());
        buyers.push_back(std::move(*buyer));
    }
    return CollateralTerms{.secured_party = vm::to_address(terms->items[0].word),
                           .pledgor = vm::to_address(terms->items[1].word),
                           .cash = vm::to_address(terms->items[4].word),
                           .arguments = {*terms, abi::list(std::move(schedule)), abi::list(std::move(buyers))}};
}

Json terms_to_json(const Session& session, const std::vector<abi::Value>& answer) {
    Json terms = show_struct(session, terms_fields, answer[0]);
    Json schedule = Json::array(), buyers = Json::array();
    for (const abi::Value& asset : answer[1].items) schedule.push_back(show_struct(session, asset_fields, asset));
    for (const abi::Value& buyer : answer[2].items)
        buyers.push_back(session.name_or_address(vm::to_address(buyer.word)));
    terms["schedule"] = std::move(schedule);
    terms["buyers"] = std::move(buyers);
    return terms;
}

}  // namespace talea::wallet
