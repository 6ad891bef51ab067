#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "node/base/stop.hpp"
#include "node/consensus/signing.hpp"
#include "node/consensus/timing.hpp"

/// A validator's key in another process, or in a device behind one: the node asks over a Unix socket, whose file says
/// who may. What may be signed is the node's matter alone, by its vote journal; the signer signs what it is asked.
///
/// Lines of text, ended by \n, one answer a question, any number of them on one connection:
///
///     address          ->  0x and the 40 hexadecimal digits of the key's address
///     sign 0xDIGEST    ->  0x and the 130 digits of r, s and y parity (0 or 1) over the 32 bytes, s in the lower half
///
/// and "error" with a reason, where that is not possible.
namespace talea::node {

namespace limits {
inline constexpr std::size_t signer_line_bytes_max = 256;
/// Nodes ask over one connection; the others are an operator's.
inline constexpr std::size_t signer_connections_max = 8;
/// From question to answer, a connection included. The node does nothing else meanwhile, and whoever takes longer than
/// the first round lasts helps no round.
inline constexpr std::uint64_t signer_wait_ms = round_timeout_ms;
}  // namespace limits

/// The node's end. What the signer does not give, the log says once; the node follows meanwhile. From any thread.
class RemoteSigner final : public Signer {
  public:
    /// Asks for the address; one sentence where nobody answers at `socket_path`.
    [[nodiscard]] static std::expected<std::shared_ptr<const RemoteSigner>, std::string> connect(
        const std::string& socket_path);
    ~RemoteSigner() override;
    RemoteSigner(const RemoteSigner&) = delete;
    RemoteSigner& operator=(const RemoteSigner&) = delete;

    [[nodiscard]] vm::Address address() const override { return address_; }
    /// Nothing within `signer_wait_ms` where the signer is away, slow, or answers with anything else than the key's
    /// signature.
    [[nodiscard]] std::optional<Seal> try_sign(const vm::Hash& digest) const override;

  private:
    explicit RemoteSigner(std::string socket_path) : socket_path_(std::move(socket_path)) {}
    [[nodiscard]] std::expected<std::string, std::string> ask(const std::string& line) const;
    [[nodiscard]] std::expected<std::string, std::string> ask_once(const std::string& line,
                                                                   std::chrono::steady_clock::time_point give_up) const;
    [[nodiscard]] std::expected<Seal, std::string> seal_of(const vm::Hash& digest) const;
    void hang_up() const;

    const std::string socket_path_;
    vm::Address address_;
    mutable std::mutex mutex_;
    mutable int socket_ = -1;
    mutable std::string trouble_;  ///< the last one logged; empty: it signs
};

struct SignerOptions {
    std::string key_file;
    std::string password_file;  ///< of an encrypted key
    std::string socket_path;
};
/// `talead signer`: answers with the key in a file until SIGINT or SIGTERM. The socket is its owner's alone; one that a
/// killed signer left is taken over. Failures are printed, one sentence each.
[[nodiscard]] ExitCode run_signer(const SignerOptions& options);

}  // namespace talea::node
