#include "wallet/session/signing.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "keystore/key_file.hpp"
#include "vm/base/hex.hpp"
#include "wallet/session/terminal.hpp"

namespace talea::wallet {
namespace {

constexpr std::size_t signed_bytes_max = 1 << 20;

/// Runs `command` by the shell with `input` on its stdin; what it printed, where it ended with 0.
Result<std::string> run_signer(const std::string& command, const std::string& input) {
    // The input goes through a file, so that neither side can wait for the other.
    std::FILE* file = std::tmpfile();
    if (file == nullptr || std::fwrite(input.data(), 1, input.size(), file) != input.size() || std::fflush(file) != 0) {
        return fail(Exit::usage, "cannot make a temporary file for the signer");
    }
    std::rewind(file);
    int pipe_ends[2];
    if (::pipe(pipe_ends) != 0) return fail(Exit::usage, "cannot start the signer: no pipe is free");
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(::fileno(file), STDIN_FILENO);
        ::dup2(pipe_ends[1], STDOUT_FILENO);
        ::close(pipe_ends[0]);
        ::close(pipe_ends[1]);
        ::execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
        ::_exit(127);
    }
    ::close(pipe_ends[1]);
    std::fclose(file);
    std::string output;
    char buffer[4096];
    for (ssize_t count = 0;
         (count = ::read(pipe_ends[0], buffer, sizeof buffer)) > 0 && output.size() <= 2 * signed_bytes_max;) {
        output.append(buffer, static_cast<std::size_t>(count));
    }
    ::close(pipe_ends[0]);
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return fail(Exit::refused, "the signer \"" + command + "\" did not sign");
    }
    output.erase(output.find_last_not_of(" \r\n\t") + 1);
    return output;
}

Result<vm::Transaction> sign_elsewhere(const std::string& command, const UnsignedTransaction& transaction) {
    const auto output = run_signer(command, to_json(transaction).dump() + "\n");
    if (!output) return std::unexpected(output.error());
    const auto bytes = vm::from_hex(*output);
    const auto decoded = bytes ? vm::decode_transaction(*bytes) : std::unexpected(vm::TxDecodeError::rlp);
    if (!decoded)
        return fail(Exit::refused, "the signer \"" + command + "\" did not print a signed transaction in hex");
    vm::Transaction stripped = *decoded;
    stripped.signature = transaction.tx.signature;
    if (stripped != transaction.tx)
        return fail(Exit::refused, "the signer \"" + command + "\" signed another transaction than it was given");
    return *decoded;
}

}  // namespace

Result<vm::PrivateKey> unlock(Session& session, const vm::Address& address) {
    const auto account = session.accounts().find(address);
    if (!account) {
        return fail(Exit::usage, "there is no key of " + session.describe(address) +
                                     " in this wallet; import it, or give --signer or --unsigned");
    }
    const auto content = read_file(account->path);
    if (!content) return fail(Exit::usage, content.error().sentence);
    const auto password = read_password(session.settings(), "password of " + account->name + ": ");
    if (!password) return std::unexpected(password.error());
    const auto key = keystore::decrypt_key(*content, *password);
    if (!key)
        return fail(Exit::usage,
                    "cannot open the key of " + account->name + ": " + std::string(to_string(key.error())));
    return *key;
}

Result<vm::RecoveredTransaction> sign(Session& session, const UnsignedTransaction& transaction) {
    vm::Transaction tx = transaction.tx;
    if (!session.settings().signer.empty()) {
        auto elsewhere = sign_elsewhere(session.settings().signer, transaction);
        if (!elsewhere) return std::unexpected(elsewhere.error());
        tx = std::move(*elsewhere);
    } else {
        const auto key = unlock(session, transaction.from);
        if (!key) return std::unexpected(key.error());
        vm::sign_transaction(tx, *key);
    }
    auto recovered = vm::recover(std::move(tx));
    if (!recovered || recovered->sender != transaction.from) {
        return fail(Exit::refused,
                    "the signature is not that of " + session.describe(transaction.from) + "; nothing was sent");
    }
    return std::move(*recovered);
}

}  // namespace talea::wallet
