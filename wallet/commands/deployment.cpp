#include "wallet/commands/deployment.hpp"

#include "contracts/abi/codec.hpp"
#include "contracts/artifacts/artifacts.hpp"
#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"
#include "vm/crypto/keccak.hpp"
#include "wallet/commands/program.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/terminal.hpp"
#include "wallet/store/names.hpp"

namespace talea::wallet {

Result<std::optional<Outcome>> deploy(Session& session, std::string_view contract,
                                      std::span<const abi::Value> arguments, const std::string& book_name) {
    if (!book_name.empty() && !is_valid_name(book_name)) {
        return fail(
            Exit::usage,
            "\"" + book_name + "\" cannot be a name: up to 64 letters, digits, '-', '_' and '.', a letter first, can");
    }
    const contracts::Artifact* artifact = contracts::find_artifact(contract);
    vm::check(artifact != nullptr && artifact->deployable(), "the program holds the templates it deploys");
    vm::Bytes code(artifact->creation_code.begin(), artifact->creation_code.end());
    abi::encode_to(code, interface_of(contract).constructor_types(), arguments);
    auto outcome = carry_out(
        session, {.title = "deploy " + std::string(contract), .to = {}, .data = std::move(code), .value = {}});
    if (!outcome || !*outcome) return outcome;
    const auto& created = (*outcome)->created;
    if (!created) return fail(Exit::refused, "the node's receipt names no contract");
    if (!book_name.empty()) {
        if (const auto put = session.book().put(book_name, *created); !put)
            return fail(Exit::usage, put.error().sentence);
    }
    say(std::string(contract) + " stands at " + session.describe(*created));
    if (!session.settings().json) print(vm::to_checksum_hex(*created));
    return outcome;
}

Result<vm::Address> resolve_or_zero(const Session& session, const std::string& name_or_address) {
    if (name_or_address.empty()) return vm::Address{};
    return session.resolve(name_or_address);
}

vm::Hash role_id(std::string_view role) {
    return role == "ADMIN" ? vm::Hash{} : text_hash(role);
}

vm::Hash text_hash(std::string_view text) {
    if (text.empty()) return {};
    if (const auto given = vm::hash_from_hex(text); given && text.starts_with("0x")) return *given;
    return vm::keccak256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

}  // namespace talea::wallet
