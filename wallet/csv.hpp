#pragma once
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

/// Comma-separated values as RFC 4180 has them: quotes hold commas, doubled quotes a quote.
namespace talea::wallet {

/// A table whose first line names its columns. Empty lines and lines that begin with # stand aside.
struct CsvTable {
    struct Row {
        std::size_t line;                 ///< of the text, from 1
        std::vector<std::string> fields;  ///< as many as there are columns
    };
    std::vector<std::string> columns;
    std::vector<Row> rows;
};

struct CsvError {
    std::size_t line;
    std::string sentence;  ///< "a quote is not closed"
};

/// A field does not span lines.
[[nodiscard]] std::expected<CsvTable, CsvError> parse_csv(std::string_view text);

/// One line without its end, fields quoted where they must be.
[[nodiscard]] std::string csv_line(const std::vector<std::string>& fields);

}  // namespace talea::wallet
