#include "wallet/csv.hpp"

#include <optional>

namespace talea::wallet {
namespace {

std::optional<std::vector<std::string>> split_line(std::string_view line) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
            fields.back() += c;
            ++i;
        } else if (c == '"' && (quoted || fields.back().empty())) {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            fields.emplace_back();
        } else {
            fields.back() += c;
        }
    }
    if (quoted) return std::nullopt;
    return fields;
}

}  // namespace

std::expected<CsvTable, CsvError> parse_csv(std::string_view text) {
    CsvTable table;
    std::size_t number = 0;
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        std::string_view line = text.substr(start, end - start);
        start = end + 1;
        ++number;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || line.front() == '#') continue;
        auto fields = split_line(line);
        if (!fields) return std::unexpected(CsvError{number, "a quote is not closed"});
        if (table.columns.empty()) {
            table.columns = std::move(*fields);
        } else if (fields->size() != table.columns.size()) {
            return std::unexpected(CsvError{number, std::to_string(fields->size()) +
                                                        " fields where the first line names " +
                                                        std::to_string(table.columns.size())});
        } else {
            table.rows.push_back({number, std::move(*fields)});
        }
    }
    return table;
}

std::string csv_line(const std::vector<std::string>& fields) {
    std::string line;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (i > 0) line += ',';
        const std::string& field = fields[i];
        // A lone empty field would read as an empty line, a first one with # as a remark.
        const bool alone = i == 0 && (field.starts_with('#') || (field.empty() && fields.size() == 1));
        if (!alone && field.find_first_of(",\"\r\n") == std::string::npos) {
            line += field;
            continue;
        }
        line += '"';
        for (const char c : field) {
            if (c == '"') line += c;
            line += c;
        }
        line += '"';
    }
    return line;
}

}  // namespace talea::wallet
