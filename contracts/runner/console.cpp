#include "contracts/runner/console.hpp"

#include <map>
#include <vector>

#include "contracts/abi/interface.hpp"
#include "vm/base/hex.hpp"

namespace talea::runner {
namespace {

using Overloads = std::map<abi::Selector, std::vector<abi::Type>>;

void add(Overloads& overloads, const std::string& list) {
    const auto signature = abi::parse_signature("log(" + list + ")");
    if (!signature) return;
    overloads[abi::selector_of(signature->canonical())] = signature->inputs;
    // Early versions of the library hashed "uint" and "int" as they stood in its source.
    std::string alias = signature->canonical();
    for (std::size_t at; (at = alias.find("int256")) != std::string::npos;) alias.erase(at + 3, 3);
    overloads[abi::selector_of(alias)] = signature->inputs;
}

/// Up to four arguments of four types, and one of many.
Overloads make_overloads() {
    Overloads overloads;
    static constexpr const char* types[] = {"uint256", "string", "bool", "address"};
    std::vector<std::string> lists = {""};
    for (int count = 0; count < 4; ++count) {
        std::vector<std::string> longer;
        for (const std::string& list : lists)
            for (const char* type : types) longer.push_back(list.empty() ? type : list + "," + type);
        for (const std::string& list : longer) add(overloads, list);
        lists = std::move(longer);
    }
    for (const char* list : {"", "int256", "string,int256", "bytes"}) add(overloads, list);
    for (int size = 1; size <= 32; ++size) add(overloads, "bytes" + std::to_string(size));
    return overloads;
}

std::string plain(const abi::Type& type, const abi::Value& value) {
    if (type.kind == abi::Kind::string) {
        const std::string quoted = abi::format(type, value);
        return quoted.substr(1, quoted.size() - 2);
    }
    return abi::format(type, value);
}

}  // namespace

std::string console_line(vm::BytesView call_data) {
    static const Overloads overloads = make_overloads();
    const auto selector = abi::selector_in(call_data);
    const auto found = selector ? overloads.find(*selector) : overloads.end();
    if (found == overloads.end()) return vm::to_hex(call_data);
    const std::vector<abi::Type>& types = found->second;
    const auto values = abi::decode(types, call_data.subspan(4));
    if (!values) return vm::to_hex(call_data);

    std::string line;
    std::size_t next = 0;
    if (!types.empty() && types.front().kind == abi::Kind::string && types.size() > 1) {
        const std::string pattern = plain(types[next], (*values)[next]);
        ++next;
        for (std::size_t i = 0; i < pattern.size(); ++i) {
            const char after = pattern[i] == '%' && i + 1 < pattern.size() ? pattern[i + 1] : '\0';
            if (after == '%') {
                line += '%';
                ++i;
            } else if ((after == 's' || after == 'd' || after == 'i' || after == 'x') && next < values->size()) {
                const bool number = types[next].kind == abi::Kind::uint || types[next].kind == abi::Kind::sint;
                line += after == 'x' && number ? vm::to_quantity((*values)[next].word)
                                               : plain(types[next], (*values)[next]);
                ++next;
                ++i;
            } else {
                line += pattern[i];
            }
        }
    }
    for (; next < values->size(); ++next) line += (line.empty() ? "" : " ") + plain(types[next], (*values)[next]);
    return line;
}

}  // namespace talea::runner
