#include "node/ops/directory.hpp"

#include <fmt/format.h>

#include "node/ops/files.hpp"
#include "vm/execution/genesis_block.hpp"

namespace talea::node {

std::expected<vm::Genesis, std::string> load_genesis(const std::string& file) {
    const auto text = read_text_file(file);
    if (!text) return std::unexpected(text.error());
    auto genesis = vm::parse_genesis(*text);
    if (!genesis) return std::unexpected(fmt::format("{}: {}", file, vm::to_string(genesis.error())));
    if (const auto agrees = vm::check_registries(*genesis); !agrees)
        return std::unexpected(fmt::format("{}: {}", file, vm::to_string(agrees.error())));
    return std::move(*genesis);
}

std::expected<vm::Genesis, std::string> load_genesis(const Directory& directory) {
    if (!file_exists(directory.genesis_file()))
        return std::unexpected(
            fmt::format("there is no chain in '{}' ({} is missing); make one with `talead init` or "
                        "`talead devnet`",
                        directory.path, directory.genesis_file()));
    return load_genesis(directory.genesis_file());
}

std::string describe(const Directory& directory, const OpenFailure& failure) {
    auto sentence = fmt::format("'{}': {}", directory.path, to_string(failure.what));
    if (!failure.detail.empty()) sentence += " (" + failure.detail + ")";
    return sentence;
}

}  // namespace talea::node
