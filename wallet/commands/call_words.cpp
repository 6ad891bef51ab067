#include "wallet/commands/call_words.hpp"

#include <fmt/format.h>

#include "contracts/abi/codec.hpp"
#include "contracts/abi/interface.hpp"

namespace talea::wallet {

Result<CallWords> parse_call_words(const std::string& text) {
    // The parenthesis that closes the inputs.
    int depth = 0;
    std::size_t end = text.find('(');
    for (; end < text.size(); ++end) {
        depth += text[end] == '(' ? 1 : text[end] == ')' ? -1 : 0;
        if (depth == 0) break;
    }
    const auto inputs = abi::parse_signature(std::string_view(text).substr(0, std::min(end, text.size() - 1) + 1));
    if (!inputs)
        return fail(Exit::usage, "\"" + text + "\" is no function; write it as \"balanceOf(address)(uint256)\": " +
                                     std::string(to_string(inputs.error())));
    CallWords called{*inputs, {}};
    if (end + 1 < text.size()) {
        const auto outputs = abi::parse_signature("returns" + text.substr(end + 1));
        if (!outputs)
            return fail(Exit::usage, "the results of \"" + text +
                                         "\" are not understood: " + std::string(to_string(outputs.error())));
        called.outputs = outputs->inputs;
    }
    return called;
}

Result<vm::Bytes> encode_call_words(const Session& session, const CallWords& called,
                                    const std::vector<std::string>& texts) {
    const auto& types = called.inputs.inputs;
    if (texts.size() != types.size()) {
        return fail(Exit::usage, fmt::format("{} takes {} arguments, {} were given", called.inputs.canonical(),
                                             types.size(), texts.size()));
    }
    std::vector<abi::Value> values;
    for (std::size_t i = 0; i < types.size(); ++i) {
        if (types[i].kind == abi::Kind::address) {  // names work here too
            const auto address = session.resolve(texts[i]);
            if (!address) return std::unexpected(address.error());
            values.push_back(abi::address(*address));
            continue;
        }
        auto value = abi::parse_value(types[i], texts[i]);
        if (!value)
            return fail(Exit::usage,
                        fmt::format("\"{}\" is no {}: {}", texts[i], types[i].canonical(), to_string(value.error())));
        values.push_back(std::move(*value));
    }
    const abi::Selector selector = abi::selector_of(called.inputs.canonical());
    vm::Bytes data(selector.bytes.begin(), selector.bytes.end());
    abi::encode_to(data, types, values);
    return data;
}

}  // namespace talea::wallet
