#include "wallet/commands/report.hpp"

#include <algorithm>
#include <cctype>

#include "vm/base/check.hpp"
#include "wallet/csv.hpp"
#include "wallet/session/terminal.hpp"

namespace talea::wallet {
namespace {

/// "payableFrom": "payable from".
std::string in_words(const std::string& key) {
    std::string words;
    for (const char c : key) {
        if (std::isupper(static_cast<unsigned char>(c)) != 0) words += ' ';
        words += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return words;
}

}  // namespace

void Table::add(std::vector<std::string> cells) {
    vm::check(cells.size() == columns_.size(), "a row has a cell for every column");
    rows_.push_back(std::move(cells));
}

Json Table::to_json() const {
    Json rows = Json::array();
    for (const auto& cells : rows_) {
        Json row = Json::object();
        for (std::size_t i = 0; i < cells.size(); ++i) row[columns_[i].key] = cells[i];
        rows.push_back(std::move(row));
    }
    return rows;
}

std::string Table::to_csv() const {
    std::vector<std::string> keys;
    for (const Column& column : columns_) keys.push_back(column.key);
    std::string text = csv_line(keys);
    for (const auto& cells : rows_) text += "\n" + csv_line(cells);
    return text;
}

std::string Table::to_text() const {
    std::vector<std::vector<std::string>> lines(1);
    for (const Column& column : columns_) lines.front().push_back(in_words(column.key));
    lines.insert(lines.end(), rows_.begin(), rows_.end());
    std::vector<std::size_t> widths(columns_.size());
    for (const auto& cells : lines)
        for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
    std::string text;
    for (const auto& cells : lines) {
        std::string line;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const std::string gap(widths[i] - cells[i].size(), ' ');
            line += i > 0 ? "  " : "";
            line += columns_[i].align == Align::right ? gap + cells[i] : cells[i] + gap;
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += (text.empty() ? "" : "\n") + line;
    }
    return text;
}

void Report::note_facts(Session& session) const {
    for (const auto& [key, value] : facts_) session.note(key, value);
}

void Report::print_facts() const {
    std::size_t width = 0;
    for (const auto& [key, value] : facts_) width = std::max(width, in_words(key).size());
    for (const auto& [key, value] : facts_) {
        std::string label = in_words(key);
        label.resize(width, ' ');
        wallet::print(label + "  " + value);
    }
}

void Report::print(Session& session) const {
    if (session.settings().json)
        note_facts(session);
    else
        print_facts();
}

void Report::print(Session& session, const Table& table) const {
    if (session.settings().json) {
        note_facts(session);
        session.note(table.name(), table.to_json());
    } else if (session.settings().csv) {
        wallet::print(table.to_csv());
    } else {
        print_facts();
        if (!table.empty()) wallet::print((facts_.empty() ? "" : "\n") + table.to_text());
    }
}

}  // namespace talea::wallet
