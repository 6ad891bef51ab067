#pragma once
#include <expected>
#include <nlohmann/json.hpp>
#include <string>

namespace talea::wallet {

using Json = nlohmann::json;

/// How the program ends: what a script branches on.
enum class Exit : int {
    done = 0,
    refused = 1,        ///< by the chain, the node or the preview, or reverted
    usage = 2,          ///< a word, name, number or file that is not right
    unreachable = 3,    ///< no node
    unknown_state = 4,  ///< sent, but what became of it is not known; the hash is printed
};

/// Why a command did not do its work: one sentence that names the thing and the way out, and for --json what a program
/// needs.
struct Failure {
    Exit exit = Exit::usage;
    std::string sentence;
    Json details = Json::object();
};

template <class T>
using Result = std::expected<T, Failure>;

[[nodiscard]] inline std::unexpected<Failure> fail(Exit exit, std::string sentence, Json details = Json::object()) {
    return std::unexpected(Failure{exit, std::move(sentence), std::move(details)});
}

}  // namespace talea::wallet
