#pragma once
#include <string>
#include <utility>
#include <vector>

#include "wallet/session/session.hpp"

namespace talea::wallet {

/// Rows of one kind, every cell as a person reads it.
class Table {
  public:
    enum class Align : std::uint8_t { left, right };
    struct Column {
        std::string key;  ///< of --json and --csv ("payableFrom"); the heading says it in words ("payable from")
        Align align = Align::left;
    };

    Table(std::string name, std::vector<Column> columns) : name_(std::move(name)), columns_(std::move(columns)) {}

    /// As many cells as there are columns (checked).
    void add(std::vector<std::string> cells);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] bool empty() const { return rows_.empty(); }
    [[nodiscard]] Json to_json() const;         ///< an array of objects
    [[nodiscard]] std::string to_csv() const;   ///< RFC 4180, with a line of keys
    [[nodiscard]] std::string to_text() const;  ///< aligned, with a line of headings

  private:
    std::string name_;
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

/// What a command that reads has found: facts, one a line, then a table. The same for all readers: with --json both go
/// into the one object that the session prints at its end, --csv prints the table alone, else a person reads them.
class Report {
  public:
    void add(std::string key, std::string value) { facts_.emplace_back(std::move(key), std::move(value)); }
    void print(Session& session, const Table& table) const;
    void print(Session& session) const;

  private:
    std::vector<std::pair<std::string, std::string>> facts_;

    void note_facts(Session& session) const;
    void print_facts() const;
};

}  // namespace talea::wallet
