#include "node/ops/remote_signer.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <vector>

#include "node/base/log.hpp"
#include "node/ops/failure.hpp"
#include "node/ops/files.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"

namespace talea::node {
namespace {

std::optional<sockaddr_un> address_of_path(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) return std::nullopt;
    std::ranges::copy(path, address.sun_path);
    return address;
}

std::string too_long(const std::string& path) {
    return fmt::format("'{}' is no path of a Unix socket: those have 1 to {} bytes", path,
                       sizeof(sockaddr_un::sun_path) - 1);
}

/// A socket connected with whoever listens at `path`, or -1 with errno set. Nothing on it waits.
int dial(const sockaddr_un& address) {
    const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made < 0) return -1;
    if (::connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return made;
    const int why = errno;
    ::close(made);
    errno = why;
    return -1;
}

bool send_all(int socket, std::string_view text) {
    while (!text.empty()) {
        const auto count = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

using Clock = std::chrono::steady_clock;

/// The answer to one line, over a connection on which nothing else is under way.
std::expected<std::string, std::string> exchange(int socket, const std::string& line, Clock::time_point give_up) {
    if (!send_all(socket, line)) return std::unexpected(fmt::format("is away ({})", std::strerror(errno)));
    std::string said;
    while (!said.ends_with('\n')) {
        pollfd watched{socket, POLLIN, 0};
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(give_up - Clock::now()).count();
        if (left <= 0 || ::poll(&watched, 1, static_cast<int>(left)) == 0)
            return std::unexpected(fmt::format("does not answer within {} ms", limits::signer_wait_ms));
        char part[limits::signer_line_bytes_max];
        const auto count = ::recv(socket, part, sizeof part, 0);
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count <= 0) return std::unexpected("hung up");
        said.append(part, static_cast<std::size_t>(count));
        if (said.size() > limits::signer_line_bytes_max) return std::unexpected("answers more than a line");
    }
    said.pop_back();
    return said;
}

/// The signer's answer to one line.
std::string answer(std::string_view line, const KeySigner& key) {
    if (line == "address") return vm::to_hex(key.address());
    constexpr std::string_view sign = "sign ";
    const auto digest = line.starts_with(sign) ? vm::hash_from_hex(line.substr(sign.size())) : std::nullopt;
    if (!digest) return "error neither \"address\" nor \"sign\" with a digest of 32 bytes";
    return vm::to_hex(key.sign(*digest));
}

/// What one who asks has sent and not ended yet.
struct Connection {
    int socket;
    std::string line;
};

/// False where it is over.
bool serve(Connection& connection, const KeySigner& key) {
    char part[limits::signer_line_bytes_max];
    const auto count = ::recv(connection.socket, part, sizeof part, MSG_DONTWAIT);
    if (count < 0) return errno == EINTR || errno == EAGAIN;
    if (count == 0) return false;
    connection.line.append(part, static_cast<std::size_t>(count));
    for (auto end = connection.line.find('\n'); end != std::string::npos; end = connection.line.find('\n')) {
        if (!send_all(connection.socket, answer(std::string_view(connection.line).substr(0, end), key) + "\n"))
            return false;
        connection.line.erase(0, end + 1);
    }
    return connection.line.size() <= limits::signer_line_bytes_max;
}

std::expected<int, std::string> listen_at(const std::string& path) {
    const auto address = address_of_path(path);
    if (!address) return std::unexpected(too_long(path));
    if (const int other = dial(*address); other >= 0) {
        ::close(other);
        return std::unexpected(fmt::format("a signer answers at '{}' already", path));
    }
    struct stat there{};
    if (::lstat(path.c_str(), &there) == 0 && S_ISSOCK(there.st_mode)) ::unlink(path.c_str());
    const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto mask = ::umask(0177);  // the socket is its owner's from the start
    const bool bound = made >= 0 && ::bind(made, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0;
    const int why = errno;
    ::umask(mask);
    if (bound && ::listen(made, limits::signer_connections_max) == 0) return made;
    if (made >= 0) ::close(made);
    return std::unexpected(fmt::format("cannot listen at '{}': {}", path, std::strerror(bound ? errno : why)));
}

/// Until a signal comes.
void serve_all(int listening, int signals, const KeySigner& key) {
    std::vector<Connection> connections;
    while (true) {
        std::vector<pollfd> watched{{signals, POLLIN, 0}, {listening, POLLIN, 0}};
        if (connections.size() >= limits::signer_connections_max) watched[1].events = 0;
        for (const auto& connection : connections) watched.push_back({connection.socket, POLLIN, 0});
        if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return;
        if (watched[0].revents != 0) break;
        for (std::size_t i = connections.size(); i-- > 0;) {
            if (watched[i + 2].revents == 0 || serve(connections[i], key)) continue;
            ::close(connections[i].socket);
            connections.erase(connections.begin() + static_cast<std::ptrdiff_t>(i));
        }
        if (watched[1].revents == 0) continue;
        const int came = ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
        if (came < 0) continue;
        const timeval limit{.tv_sec = 1, .tv_usec = 0};  // who does not read is cut off
        ::setsockopt(came, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        connections.push_back({came, {}});
    }
    for (const auto& connection : connections) ::close(connection.socket);
}

}  // namespace

// ---- The node's end -------------------------------------------------------------------------------------------------

std::expected<std::shared_ptr<const RemoteSigner>, std::string> RemoteSigner::connect(const std::string& socket_path) {
    if (!address_of_path(socket_path)) return std::unexpected(too_long(socket_path));
    std::shared_ptr<RemoteSigner> signer(new RemoteSigner(socket_path));
    const auto said = signer->ask("address\n");
    if (!said)
        return std::unexpected(
            fmt::format("no signer answers at '{}' ({}); start one with `talead signer`", socket_path, said.error()));
    const auto address = vm::address_from_hex(*said);
    if (!address) return std::unexpected(fmt::format("the signer at '{}' names no address", socket_path));
    signer->address_ = *address;
    return signer;
}

RemoteSigner::~RemoteSigner() {
    hang_up();
}

void RemoteSigner::hang_up() const {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
}

std::expected<std::string, std::string> RemoteSigner::ask(const std::string& line) const {
    const auto give_up = Clock::now() + std::chrono::milliseconds(limits::signer_wait_ms);
    const bool was_open = socket_ >= 0;
    auto said = ask_once(line, give_up);
    // What was open may have led to a signer that was started again since.
    if (!said && was_open) said = ask_once(line, give_up);
    return said;
}

std::expected<std::string, std::string> RemoteSigner::ask_once(const std::string& line,
                                                               Clock::time_point give_up) const {
    if (socket_ < 0) socket_ = dial(*address_of_path(socket_path_));
    if (socket_ < 0) return std::unexpected(fmt::format("is away ({})", std::strerror(errno)));
    auto said = exchange(socket_, line, give_up);
    // An answer that is late must not be taken for that of the next question.
    if (!said) hang_up();
    return said;
}

std::expected<Seal, std::string> RemoteSigner::seal_of(const vm::Hash& digest) const {
    const auto said = ask("sign " + vm::to_hex(digest) + "\n");
    if (!said) return std::unexpected(said.error());
    const auto bytes = vm::from_hex(*said);
    Seal seal{};
    if (bytes && bytes->size() == seal.size()) std::ranges::copy(*bytes, seal.begin());
    if (plain_signatures().signer(digest, seal) != address_)
        return std::unexpected(fmt::format("does not sign with the key of {}", vm::to_checksum_hex(address_)));
    return seal;
}

std::optional<Seal> RemoteSigner::try_sign(const vm::Hash& digest) const {
    const std::lock_guard lock(mutex_);
    const auto seal = seal_of(digest);
    if (!seal && trouble_ != seal.error())
        log_warning("signer", "the signer at {} {}: this validator follows, and votes again when it is back",
                    socket_path_, seal.error());
    if (seal && !trouble_.empty()) log_info("signer", "the signer at {} is back", socket_path_);
    trouble_ = seal ? std::string() : seal.error();
    return seal ? std::optional(*seal) : std::nullopt;
}

// ---- The signer's end -----------------------------------------------------------------------------------------------

ExitCode run_signer(const SignerOptions& options) {
    const auto read = read_key_file(options.key_file, options.password_file);
    if (!read) return fail(read.error());
    const KeySigner key(read->key);
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &ending, nullptr);
    const int signals = ::signalfd(-1, &ending, SFD_CLOEXEC);
    if (signals < 0) return fail(fmt::format("cannot wait for signals: {}", std::strerror(errno)));
    const auto listening = listen_at(options.socket_path);
    if (!listening) return fail(listening.error());
    log_info("signer", "signs for {} at {}", vm::to_checksum_hex(key.address()), options.socket_path);
    serve_all(*listening, signals, key);
    ::unlink(options.socket_path.c_str());
    ::close(*listening);
    ::close(signals);
    log_info("signer", "stopped");
    return ExitCode::done;
}

}  // namespace talea::node
