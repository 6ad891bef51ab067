#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "node/p2p/hello.hpp"
#include "node/p2p/identity.hpp"
#include "node/p2p/message.hpp"

/// The other end of a connection, made by hand from POSIX and OpenSSL so that it can do what no honest node does.
namespace talea::tests {

/// A TCP connection to a port of this machine; blocking, with reads that give up after some seconds.
class RawSocket {
  public:
    RawSocket() = default;
    /// `from`: the last byte of an address 127.0.0.x.
    explicit RawSocket(std::uint16_t port, std::uint8_t from = 1)
        : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
        sockaddr_in own{};
        own.sin_family = AF_INET;
        own.sin_addr.s_addr = htonl(0x7f000000u | from);
        sockaddr_in to = own;
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        to.sin_port = htons(port);
        const timeval patience{10, 0};
        const int yes = 1;
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
        // Many connections one after another: no port of ours is left waiting.
        const linger at_once{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
        is_connected_ = ::bind(fd_, reinterpret_cast<const sockaddr*>(&own), sizeof(own)) == 0 &&
                        ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0;
    }
    ~RawSocket() {
        if (fd_ >= 0) ::close(fd_);
    }
    RawSocket(RawSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)), is_connected_(other.is_connected_) {}
    RawSocket& operator=(RawSocket&& other) noexcept {
        std::swap(fd_, other.fd_);
        is_connected_ = other.is_connected_;
        return *this;
    }

    [[nodiscard]] int fd() const { return fd_; }
    [[nodiscard]] bool is_connected() const { return is_connected_; }
    bool send(vm::BytesView bytes) const {
        return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
    }
    /// Reads until the other side ends the connection; false where it does not within the time of a read.
    [[nodiscard]] bool is_ended() const {
        std::array<std::uint8_t, 4096> dropped;
        while (true) {
            const auto count = ::recv(fd_, dropped.data(), dropped.size(), 0);
            if (count == 0 || (count < 0 && errno == ECONNRESET)) return true;
            if (count < 0) return false;
        }
    }

  private:
    int fd_ = -1;
    bool is_connected_ = false;
};

/// How a raw peer speaks TLS.
struct RawTls {
    std::optional<node::TlsIdentity> identity;  ///< shown as certificate
    std::string protocol = "talea/1";
    int version = TLS1_3_VERSION;
    SSL_SESSION* offered = nullptr;       ///< a session to resume
    bool offers_foreign_session = false;  ///< one that this side made up alone (an external PSK)
};

class RawPeer {
  public:
    RawPeer(std::uint16_t port, const RawTls& tls, std::uint8_t from = 1)
        : socket_(port, from), context_(SSL_CTX_new(TLS_client_method())) {
        SSL_CTX_set_min_proto_version(context_.get(), tls.version);
        SSL_CTX_set_max_proto_version(context_.get(), tls.version);
        if (tls.identity) {
            SSL_CTX_use_certificate_ASN1(context_.get(), static_cast<int>(tls.identity->certificate.size()),
                                         tls.identity->certificate.data());
            SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_EC, context_.get(), tls.identity->private_key.data(),
                                        static_cast<long>(tls.identity->private_key.size()));
        }
        const auto list = static_cast<char>(tls.protocol.size()) + tls.protocol;
        SSL_CTX_set_alpn_protos(context_.get(), reinterpret_cast<const unsigned char*>(list.data()),
                                static_cast<unsigned>(list.size()));
        if (tls.offers_foreign_session) SSL_CTX_set_psk_use_session_callback(context_.get(), make_up_session);
        ssl_.reset(SSL_new(context_.get()));
        if (tls.offered != nullptr) SSL_set_session(ssl_.get(), tls.offered);
        SSL_set_fd(ssl_.get(), socket_.fd());
        is_secure_ = socket_.is_connected() && SSL_connect(ssl_.get()) == 1;
    }

    [[nodiscard]] bool is_secure() const { return is_secure_; }
    [[nodiscard]] SSL* ssl() const { return ssl_.get(); }
    [[nodiscard]] const RawSocket& socket() const { return socket_; }

    bool send(vm::BytesView bytes) {
        std::size_t written = 0;
        return SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written) == 1;
    }
    bool greet(node::wire::Lane lane, std::uint64_t link, std::uint64_t incarnation) {
        return send(node::wire::encode_hello({lane, link, incarnation}));
    }
    /// The next frame; nothing where the connection ended, or nothing came within some seconds.
    [[nodiscard]] std::optional<vm::Bytes> receive() {
        vm::Bytes frame(node::wire::frame_header_bytes);
        if (!read(frame.data(), frame.size())) return std::nullopt;
        const auto header = node::wire::decode_frame_header(frame);
        if (!header) return std::nullopt;
        frame.resize(frame.size() + header->payload_bytes);
        if (!read(frame.data() + node::wire::frame_header_bytes, header->payload_bytes)) return std::nullopt;
        return frame;
    }
    /// The other side ends the connection, with or without a word.
    [[nodiscard]] bool is_ended() {
        std::uint8_t byte;
        while (read(&byte, 1)) {
        }
        return errno != EAGAIN && errno != EWOULDBLOCK;
    }

  private:
    bool read(std::uint8_t* out, std::size_t count) {
        errno = 0;
        for (std::size_t have = 0; have < count;) {
            std::size_t got = 0;
            if (SSL_read_ex(ssl_.get(), out + have, count - have, &got) != 1) return false;
            have += got;
        }
        return true;
    }
    static int make_up_session(SSL* ssl, const EVP_MD*, const unsigned char** id, std::size_t* id_size,
                               SSL_SESSION** session) {
        static const unsigned char name[] = "made up";
        const unsigned char cipher_id[] = {0x13, 0x01};
        const auto* cipher = SSL_CIPHER_find(ssl, cipher_id);
        const unsigned char key[32] = {1, 2, 3};
        auto* made = SSL_SESSION_new();
        SSL_SESSION_set1_master_key(made, key, sizeof(key));
        SSL_SESSION_set_cipher(made, cipher);
        SSL_SESSION_set_protocol_version(made, TLS1_3_VERSION);
        *id = name;
        *id_size = sizeof(name) - 1;
        *session = made;
        return 1;
    }
    struct Free {
        void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };

    RawSocket socket_;
    std::unique_ptr<SSL_CTX, Free> context_;
    std::unique_ptr<SSL, Free> ssl_;
    bool is_secure_ = false;
};

}  // namespace talea::tests
