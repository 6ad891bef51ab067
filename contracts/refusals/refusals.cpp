#include "contracts/refusals/refusals.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "contracts/refusals/rows.hpp"
#include "contracts/refusals/show.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::contracts {
namespace {

constexpr std::size_t word_bytes = 32;

using Selector = std::array<std::uint8_t, 4>;

Selector selector_of(std::string_view signature) {
    const vm::Hash hash = vm::keccak256({reinterpret_cast<const std::uint8_t*>(signature.data()), signature.size()});
    Selector selector;
    std::copy_n(hash.bytes.begin(), selector.size(), selector.begin());
    return selector;
}

/// Words behind the selector; every argument of the table is one word (StringTooLong's string is not shown).
std::size_t arg_count(std::string_view signature) {
    if (signature.ends_with("()")) return 0;
    return static_cast<std::size_t>(std::ranges::count(signature, ',')) + 1;
}

const std::vector<RefusalRow>& table() {
    static const std::vector<RefusalRow> all = [] {
        std::vector<RefusalRow> rows;
        for (const auto part : {token_rows(), fund_rows(), collateral_rows(), settlement_rows(), registry_rows()}) {
            rows.insert(rows.end(), part.begin(), part.end());
        }
        return rows;
    }();
    return all;
}

const std::map<Selector, const RefusalRow*>& by_selector() {
    static const std::map<Selector, const RefusalRow*> index = [] {
        std::map<Selector, const RefusalRow*> map;
        for (const RefusalRow& row : table()) {
            if (row.error != registry_error) map.emplace(selector_of(row.error), &row);
        }
        return map;
    }();
    return index;
}

/// For codes of a registry that is newer than this program.
constexpr RefusalRow unknown_code = {0,
                                     "Refused",
                                     registry_error,
                                     1,
                                     3,
                                     "{1:wallet} is refused by rule {2:count} with code {0:count}, which this "
                                     "version does not know",
                                     "use a newer version"};

const RefusalRow& registry_row(std::uint16_t code) {
    for (const RefusalRow& row : table()) {
        if (row.error == registry_error && row.code == code) return row;
    }
    return unknown_code;
}

Refusal make(const RefusalRow& row, const std::array<vm::u256, refusal_args_max>& args) {
    Refusal refusal{&row, row.code, {}, 0, {}, args};
    if (row.who >= 0) refusal.who = vm::to_address(args[static_cast<std::size_t>(row.who)]);
    if (row.detail >= 0) refusal.detail = args[static_cast<std::size_t>(row.detail)];
    return refusal;
}

}  // namespace

std::span<const RefusalRow> refusal_rows() {
    return table();
}

std::optional<Refusal> decode_refusal(vm::BytesView revert_data) {
    Selector selector;
    if (revert_data.size() < selector.size()) return std::nullopt;
    std::copy_n(revert_data.begin(), selector.size(), selector.begin());
    const vm::BytesView words = revert_data.subspan(selector.size());

    std::array<vm::u256, refusal_args_max> args{};
    const auto read = [&](std::size_t count) {
        if (words.size() < count * word_bytes || words.size() % word_bytes != 0) return false;
        for (std::size_t i = 0; i < count; ++i) {
            args[i] = vm::u256::from_be_bytes(words.subspan(i * word_bytes, word_bytes));
        }
        return true;
    };

    static const Selector refused = selector_of(registry_error);
    if (selector == refused) {
        if (!read(arg_count(registry_error)) || args[0] > vm::u256(0xffff) || args[2] > vm::u256(0xff)) {
            return std::nullopt;
        }
        return registry_refusal(static_cast<std::uint16_t>(args[0].low_u64()), vm::to_address(args[1]),
                                static_cast<std::uint8_t>(args[2].low_u64()), args[3]);
    }
    const auto found = by_selector().find(selector);
    if (found == by_selector().end() || !read(arg_count(found->second->error))) return std::nullopt;
    return make(*found->second, args);
}

Refusal registry_refusal(std::uint16_t code, const vm::Address& who, std::uint8_t rule, const vm::u256& detail) {
    Refusal refusal = make(registry_row(code), {vm::u256(code), vm::to_u256(who), vm::u256(rule), detail});
    refusal.code = code;
    refusal.who = who;
    refusal.rule = rule;
    refusal.detail = detail;
    return refusal;
}

std::string refusal_sentence(const Refusal& refusal, const RefusalNames& names) {
    return fill(refusal.row->sentence, refusal.args, names);
}

std::string refusal_remedy(const Refusal& refusal, const RefusalNames& names) {
    return fill(refusal.row->remedy, refusal.args, names);
}

}  // namespace talea::contracts
