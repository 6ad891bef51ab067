#include "node/ops/export_file.hpp"

#include <fmt/format.h>

#include <utility>

#include "node/ops/strict_json.hpp"
#include "vm/execution/genesis_block.hpp"

namespace talea::node {
namespace {

using Json = nlohmann::json;

/// Whether `json` is an object of just these keys.
bool has_keys(const Json& json, std::initializer_list<const char*> keys) {
    if (!json.is_object() || json.size() != keys.size()) return false;
    for (const char* key : keys)
        if (!json.contains(key)) return false;
    return true;
}

}  // namespace

std::unexpected<std::string> ExportReader::wrong(std::string_view what) const {
    return WrongIn(fmt::format("line {} of the export", number_))(what);
}

bool ExportReader::next_line() {
    if (!std::getline(file_, line_)) return false;
    ++number_;
    return true;
}

std::expected<ExportReader::Beginning, std::string> ExportReader::begin() {
    if (!next_line()) return std::unexpected("the export is empty");
    const auto first = Json::parse(line_, nullptr, false);
    if (!has_keys(first, {"genesis"})) return wrong("it does not begin with a genesis");
    auto genesis = vm::parse_genesis(first["genesis"].dump());
    if (!genesis) return wrong(vm::to_string(genesis.error()));
    if (const auto agrees = vm::check_registries(*genesis); !agrees) return wrong(vm::to_string(agrees.error()));
    Beginning beginning{*std::move(genesis), {}};
    while (next_line()) {
        const auto json = Json::parse(line_, nullptr, false);
        if (!has_keys(json, {"checkpoint"})) {
            read_ahead_ = true;
            break;
        }
        const auto encoded = bytes_in(json["checkpoint"]);
        if (!encoded) return wrong("the checkpoint is no bytes in hexadecimal digits");
        auto checkpoint = decode_checkpoint(*encoded);
        if (!checkpoint) return wrong(to_string(checkpoint.error()));
        beginning.checkpoints.push_back(*std::move(checkpoint));
    }
    return beginning;
}

std::expected<std::optional<ExportReader::Block>, std::string> ExportReader::next() {
    if (!std::exchange(read_ahead_, false) && !next_line()) return std::nullopt;
    const auto json = Json::parse(line_, nullptr, false);
    if (!has_keys(json, {"header", "certificate", "transactions"}) || !json["transactions"].is_array())
        return wrong("it is no block");
    auto header = bytes_in(json["header"]), certificate = bytes_in(json["certificate"]);
    if (!header || !certificate) return wrong("header and certificate must be bytes in hexadecimal digits");
    Block block{*std::move(header), *std::move(certificate), {}};
    for (const auto& text : json["transactions"]) {
        const auto encoded = bytes_in(text);
        auto transaction = encoded ? vm::decode_transaction(*encoded) : std::unexpected(vm::TxDecodeError{});
        if (!transaction) return wrong(fmt::format("transaction {} cannot be read", block.transactions.size()));
        block.transactions.push_back(*std::move(transaction));
    }
    return block;
}

}  // namespace talea::node
