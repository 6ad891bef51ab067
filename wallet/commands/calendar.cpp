#include <fmt/format.h>

#include "vm/base/hex.hpp"
#include "wallet/commands/deployment.hpp"
#include "wallet/commands/program.hpp"
#include "wallet/moment.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/terminal.hpp"

namespace talea::wallet {
namespace {

/// The file that contracts/data/calendar.mjs writes: constructor arguments and one call a year, ready encoded.
Result<Json> read_calendar_file(const std::string& path) {
    const auto content = read_file(path);
    if (!content) return fail(Exit::usage, content.error().sentence);
    Json json = Json::parse(*content, nullptr, false);
    if (!json.is_object() || !json.contains("calls") || !json["calls"].is_array() || !json.contains("constructor")) {
        return fail(Exit::usage, path + " is no calendar file; contracts/data/us-calendar.calls.json is one");
    }
    return json;
}

Result<void> publish(Session& session, const vm::Address& calendar, const std::string& path) {
    const auto file = read_calendar_file(path);
    if (!file) return std::unexpected(file.error());
    for (const Json& call : (*file)["calls"]) {
        const auto data = vm::from_hex(call.value("data", ""));
        if (!data || data->size() < 4) return fail(Exit::usage, path + " has a call without its data");
        const auto outcome = carry_out(
            session, {.title = "publish " + abi::describe_call(interface_of("Calendar"), *data).substr(0, 60) +
                               "… in " + session.describe(calendar),
                      .to = calendar,
                      .data = *data,
                      .value = {}});
        if (!outcome) return std::unexpected(outcome.error());
    }
    return {};
}

Result<void> deploy_calendar(Session& session, const std::string& path, const std::string& admin,
                             const std::string& book_name) {
    const auto file = read_calendar_file(path);
    if (!file) return std::unexpected(file.error());
    const auto from = session.signer_address();
    if (!from) return std::unexpected(from.error());
    const auto owner = admin.empty() ? from : session.resolve(admin);
    if (!owner) return std::unexpected(owner.error());
    const Json& terms = (*file)["constructor"];
    const abi::Value arguments[] = {abi::address(*owner), abi::number(terms.value("firstDay", std::uint64_t{0})),
                                    abi::number(terms.value("noticeDays", std::uint64_t{0}))};
    const auto outcome = deploy(session, "Calendar", arguments, book_name);
    if (!outcome) return std::unexpected(outcome.error());
    return {};
}

Result<void> show_day(Session& session, const std::string& name, const std::string& moment, std::uint64_t markets,
                      std::uint64_t cut_off) {
    const auto calendar = session.resolve(name);
    if (!calendar) return std::unexpected(calendar.error());
    const auto seconds = parse_moment(moment);
    if (!seconds) return fail(Exit::usage, "\"" + moment + "\" is no moment; write it as 2026-11-20T20:59:59Z");
    const auto day = read_contract(session, *calendar, "Calendar", "dealingDay",
                                   {abi::number(markets), abi::number(*seconds), abi::number(cut_off)});
    if (!day) return std::unexpected(day.error());
    const std::string text = format_day(static_cast<std::uint32_t>(day->front().word.low_u64()));
    print(session.settings().json ? Json{{"moment", moment}, {"dealingDay", text}}.dump() : text);
    return {};
}

}  // namespace

void add_calendar_commands(Program& program) {
    CLI::App& group = program.group("calendar", "Business days and cut-offs, published on the chain");
    static std::string path, calendar, admin, book_name, moment;
    static std::uint64_t markets = 3, cut_off = 16 * 60;

    CLI::App& made = program.add(group, "deploy", "Deploy an empty calendar for a file's years",
                                 "talea calendar deploy us-calendar.calls.json --as calendar");
    made.add_option("file", path, "Calendar file")->required();
    made.add_option("--admin", admin, "Administrator (default: the signer)");
    made.add_option("--as", book_name, "Name of it in the address book");
    program.signs(made);
    program.run(made, [](Session& session) { return deploy_calendar(session, path, admin, book_name); });

    CLI::App& published = program.add(group, "publish", "Publish a file's years",
                                      "talea calendar publish calendar us-calendar.calls.json");
    published.add_option("calendar", calendar, "The calendar")->required();
    published.add_option("file", path, "Calendar file")->required();
    program.signs(published);
    program.run(published, [](Session& session) -> Result<void> {
        const auto address = session.resolve(calendar);
        if (!address) return std::unexpected(address.error());
        return publish(session, *address, path);
    });

    CLI::App& asked = program.add(group, "dealing-day", "The dealing day of an order placed at a moment",
                                  "talea calendar dealing-day calendar 2026-11-20T21:00:00Z");
    asked.add_option("calendar", calendar, "The calendar")->required();
    asked.add_option("moment", moment, "UTC")->required();
    asked.add_option("--markets", markets, "Market bits that must be open")->capture_default_str();
    asked.add_option("--cut-off", cut_off, "Minute of the local day")->capture_default_str();
    program.run(asked, [](Session& session) { return show_day(session, calendar, moment, markets, cut_off); });
}

}  // namespace talea::wallet
