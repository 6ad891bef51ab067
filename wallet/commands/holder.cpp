#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"
#include "wallet/commands/deployment.hpp"
#include "wallet/commands/program.hpp"
#include "wallet/csv.hpp"
#include "wallet/moment.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/terminal.hpp"
#include "wallet/store/names.hpp"

namespace talea::wallet {
namespace {

constexpr std::size_t holders_per_file_max = 100'000;

/// The registry's checks lapse from their expiry on (0 has lapsed already); the last second there is stands for never.
constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

/// A row of the file, or the options of `holder add`, as written.
struct Written {
    std::string id, wallet, country, categories, expiry, file;
};

/// The same, understood.
struct Holder {
    vm::Hash id;
    vm::Address wallet;
    std::uint64_t country = 0, categories = 0, expiry = never;
    vm::Hash file_hash;
};

/// ISO 3166-1: the numeric code, or the two letters of the countries most written.
std::optional<std::uint64_t> parse_country(std::string_view text) {
    struct Code {
        std::string_view letters;
        std::uint64_t number;
    };
    static constexpr Code codes[] = {
        {"US", 840}, {"CA", 124}, {"BR", 76},  {"GB", 826}, {"DE", 276}, {"FR", 250}, {"IE", 372}, {"LU", 442},
        {"CH", 756}, {"LI", 438}, {"NL", 528}, {"IT", 380}, {"ES", 724}, {"SG", 702}, {"HK", 344}, {"JP", 392},
        {"KR", 410}, {"CN", 156}, {"TW", 158}, {"AU", 36},  {"AE", 784}, {"IL", 376}, {"KY", 136}, {"BM", 60},
        {"VG", 92},  {"IR", 364}, {"KP", 408}, {"CU", 192}, {"SY", 760}, {"RU", 643}, {"BY", 112}, {"MM", 104}};
    for (const Code& code : codes) {
        if (code.letters == text) return code.number;
    }
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || number == 0 || number > 999)
        return std::nullopt;
    return number;
}

/// A mask as a number, decimal or 0x; empty is none.
std::optional<std::uint64_t> parse_categories(std::string_view text) {
    if (text.empty()) return 0;
    const auto mask = text.starts_with("0x") ? vm::u256_from_hex(text) : vm::u256_from_decimal(text);
    if (!mask || !mask->fits_u64()) return std::nullopt;
    return mask->low_u64();
}

Result<Holder> understand(const Session& session, const Written& written, const std::string& where) {
    const auto wrong = [&](std::string_view what, const std::string& text, std::string_view how) {
        return fail(Exit::usage, fmt::format("{}{} \"{}\" {}", where, what, text, how));
    };
    Holder holder;
    if (written.id.empty())
        return wrong("the identity", written.id, "is empty; give a reference such as an LEI, or 0x and 64 digits");
    holder.id = text_hash(written.id);
    const auto wallet = session.resolve(written.wallet);
    if (!wallet) return fail(Exit::usage, where + wallet.error().sentence);
    holder.wallet = *wallet;
    const auto country = parse_country(written.country);
    if (!country)
        return wrong("the country", written.country, "is no code of ISO 3166-1; write the numeric one, as 840");
    holder.country = *country;
    const auto categories = parse_categories(written.categories);
    if (!categories) return wrong("the categories", written.categories, "are no bit mask; write a number, as 1 or 0x5");
    holder.categories = *categories;
    if (!written.expiry.empty()) {
        const auto moment = parse_moment(written.expiry);
        const auto day = parse_day(written.expiry);
        if (!moment && !day) return wrong("the expiry", written.expiry, "is no day; write it as 2027-12-31");
        holder.expiry = moment ? *moment : std::uint64_t{*day} * 86'400;
    }
    holder.file_hash = text_hash(written.file);
    return holder;
}

/// Registers the identity with the wallet, or links the wallet to it where the identity is known already.
Result<bool> add_holder(Session& session, const Holder& holder) {
    const auto linked =
        read_contract(session, identities_address, "IIdentities", "identityOf", {abi::address(holder.wallet)});
    if (!linked) return std::unexpected(linked.error());
    if (vm::to_hash(linked->front().word) == holder.id) return false;
    const auto known = read_contract(session, identities_address, "IIdentities", "identity", {abi::hash(holder.id)});
    if (!known) return std::unexpected(known.error());
    const abi::Type& fields = interface_of("IIdentities").find_function("identity", 1)->output_types.front();
    bool exists = false;
    for (std::size_t i = 0; i < fields.names.size(); ++i) {
        if (fields.names[i] == "state") exists = !known->front().items[i].word.is_zero();
    }
    const std::string who = session.describe(holder.wallet);
    const auto done =
        exists ? carry_out(session, "link " + who + " to its identity", identities_address, "IIdentities", "linkWallet",
                           {abi::hash(holder.id), abi::address(holder.wallet)})
               : carry_out(session, fmt::format("register the holder of {}, country {}", who, holder.country),
                           identities_address, "IIdentities", "register",
                           {abi::hash(holder.id), abi::number(holder.country), abi::number(holder.categories),
                            abi::number(holder.expiry), abi::hash(holder.file_hash),
                            abi::list({abi::address(holder.wallet)})});
    if (!done) return std::unexpected(done.error());
    return true;
}

struct Row {
    std::string name;
    Holder holder;
};

Result<std::vector<Row>> read_rows(Session& session, const std::string& path) {
    const auto content = read_file(path);
    if (!content) return fail(Exit::usage, content.error().sentence);
    const auto table = parse_csv(*content);
    if (!table)
        return fail(Exit::usage, fmt::format("{} line {}: {}", path, table.error().line, table.error().sentence));
    const std::vector<std::string>& columns = table->columns;
    for (const char* needed : {"identity", "wallet", "country"}) {
        if (std::ranges::find(columns, needed) == columns.end()) {
            return fail(
                Exit::usage,
                fmt::format("{}: the first line must name the columns identity, wallet and country (and, if you "
                            "like, name, categories, expiry, file); \"{}\" is not among them",
                            path, needed));
        }
    }
    std::vector<Row> rows;
    for (const CsvTable::Row& line : table->rows) {
        const std::string where = fmt::format("{} line {}: ", path, line.line);
        Written written;
        std::string name;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const std::string& field = line.fields[i];
            if (columns[i] == "identity")
                written.id = field;
            else if (columns[i] == "wallet")
                written.wallet = field;
            else if (columns[i] == "country")
                written.country = field;
            else if (columns[i] == "categories")
                written.categories = field;
            else if (columns[i] == "expiry")
                written.expiry = field;
            else if (columns[i] == "file")
                written.file = field;
            else if (columns[i] == "name")
                name = field;
            else
                return fail(Exit::usage, where + "nothing is known of a column \"" + columns[i] + "\"");
        }
        if (!name.empty() && !is_valid_name(name))
            return fail(Exit::usage, where + "\"" + name + "\" cannot be a name of the address book");
        auto holder = understand(session, written, where);
        if (!holder) return std::unexpected(holder.error());
        rows.push_back({std::move(name), *holder});
        if (rows.size() > holders_per_file_max)
            return fail(Exit::usage, fmt::format("{} has more than {} holders; split it", path, holders_per_file_max));
    }
    return rows;
}

Result<void> import_file(Session& session, const std::string& path) {
    const auto rows = read_rows(session, path);  // all of it is understood before anything is sent
    if (!rows) return std::unexpected(rows.error());
    std::size_t added = 0;
    for (const Row& row : *rows) {
        if (!row.name.empty() && session.book().find(row.name) != row.holder.wallet &&
            !session.accounts().find(row.name)) {
            if (const auto put = session.book().put(row.name, row.holder.wallet); !put)
                return fail(Exit::usage, put.error().sentence);
        }
        const auto done = add_holder(session, row.holder);
        if (!done)
            return fail(done.error().exit,
                        fmt::format("after {} of {} holders: {}", added, rows->size(), done.error().sentence),
                        done.error().details);
        added += *done ? 1 : 0;
    }
    say(fmt::format("{} holders added, {} were known already", added, rows->size() - added));
    session.note("added", added);
    session.note("known", rows->size() - added);
    return {};
}

Result<void> list(Session& session) {
    const auto count = read_contract(session, identities_address, "IIdentities", "identityCount");
    if (!count) return std::unexpected(count.error());
    const abi::Type& fields = interface_of("IIdentities").find_function("identity", 1)->output_types.front();
    constexpr const char* states[] = {"none", "active", "suspended", "closed"};
    Json all = Json::array();
    for (std::uint64_t index = 1; index <= count->front().word.low_u64(); ++index) {
        const auto id = read_contract(session, identities_address, "IIdentities", "idAt", {abi::number(index)});
        if (!id) return std::unexpected(id.error());
        const auto identity = read_contract(session, identities_address, "IIdentities", "identity",
                                            {abi::hash(vm::to_hash(id->front().word))});
        if (!identity) return std::unexpected(identity.error());
        Json row = Json::object({{"identity", vm::to_hex(vm::to_hash(id->front().word))}});
        for (std::size_t i = 0; i < fields.names.size(); ++i) {
            const abi::Value& value = identity->front().items[i];
            const std::string& name = fields.names[i];
            if (name == "state")
                row["state"] = states[std::min<std::uint64_t>(value.word.low_u64(), 3)];
            else if (name == "country")
                row["country"] = value.word.low_u64();
            else if (name == "categories")
                row["categories"] = vm::to_quantity(value.word);
            else if (name == "expiry")
                row["expiry"] = value.word.low_u64() == never ? "never" : format_moment(value.word.low_u64());
        }
        if (!session.settings().json) {
            print(fmt::format("{}  {:<9}  country {:>3}  categories {}  until {}", row["identity"].get<std::string>(),
                              row.value("state", ""), row.value("country", 0), row.value("categories", ""),
                              row.value("expiry", "")));
        }
        all.push_back(std::move(row));
    }
    if (session.settings().json) print(Json::object({{"holders", all}}).dump());
    return {};
}

Result<void> recover(Session& session, const std::string& lost, const std::string& replacement, bool cancelled) {
    const auto old_wallet = session.resolve(lost);
    if (!old_wallet) return std::unexpected(old_wallet.error());
    if (cancelled) {
        return carry_out(session, "take back the recovery of " + session.describe(*old_wallet), identities_address,
                         "IIdentities", "cancelRecovery", {abi::address(*old_wallet)});
    }
    const auto new_wallet = session.resolve(replacement);
    if (!new_wallet) return std::unexpected(new_wallet.error());
    return carry_out(
        session, "replace the lost wallet " + session.describe(*old_wallet) + " by " + session.describe(*new_wallet),
        identities_address, "IIdentities", "recover", {abi::address(*old_wallet), abi::address(*new_wallet)});
}

}  // namespace

void add_holder_commands(Program& program) {
    CLI::App& group = program.group("holder", "Known holders and their wallets, as a registrar");
    static Written written;
    static std::string path, lost, replacement;
    static bool cancelled = false;

    CLI::App& added = program.add(group, "add", "Register a holder, or link another wallet to a known one",
                                  "talea holder add LEI-5493001KJTIIGC8Y1R12 alice --country US --categories 1 "
                                  "--expiry 2027-12-31 --account registrar",
                                  "The chain holds the keccak of the reference, no personal data.");
    added
        .add_option("identity", written.id,
                    "Your reference of the person (its keccak goes on the chain), or 0x and 64 digits")
        ->required();
    added.add_option("wallet", written.wallet, "The wallet, by name or address")->required();
    added.add_option("--country", written.country, "ISO 3166-1, numeric (840) or letters (US)")->required();
    added.add_option("--categories", written.categories, "Bit mask, as 1 or 0x5");
    added.add_option("--expiry", written.expiry, "Day or moment the check of the person lapses (default: never)");
    added.add_option("--file", written.file, "Salted hash of the off-chain file, or a text to hash");
    program.signs(added);
    program.run(added, [](Session& session) -> Result<void> {
        const auto holder = understand(session, written, "");
        if (!holder) return std::unexpected(holder.error());
        const auto done = add_holder(session, *holder);
        if (!done) return std::unexpected(done.error());
        if (!*done) say(session.describe(holder->wallet) + " is of that identity already");
        return {};
    });

    CLI::App& shown = program.add(group, "list", "Show all identities", "talea holder list");
    program.run(shown, list);

    CLI::App& imported = program.add(group, "import", "Register the holders of a CSV file",
                                     "talea holder import holders.csv --account registrar",
                                     "The first line names the columns: identity, wallet, country; optional name (for "
                                     "the address book), categories, expiry,\n"
                                     "file. Repeating an import adds what is missing.");
    imported.add_option("file", path, "The file")->required();
    program.signs(imported);
    program.run(imported, [](Session& session) { return import_file(session, path); });

    CLI::App& recovered =
        program.add(group, "recover", "Replace a lost wallet: announced now, in effect after the chain's delay",
                    "talea holder recover alice alice-new --account registrar");
    recovered.add_option("lost", lost, "The lost wallet")->required();
    recovered.add_option("replacement", replacement, "The wallet that takes its place");
    recovered.add_flag("--cancel", cancelled, "Take an announced recovery back");
    program.signs(recovered);
    program.run(recovered, [](Session& session) -> Result<void> {
        if (cancelled == !replacement.empty()) return fail(Exit::usage, "give either the replacement or --cancel");
        return recover(session, lost, replacement, cancelled);
    });
}

}  // namespace talea::wallet
