#include "http/client.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

#include "http/token.hpp"
#include "http/url.hpp"

namespace talea::http {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = Failure::Kind;
template <class Value>
using Result = std::expected<Value, std::string>;

constexpr std::size_t part_bytes = 16 * 1024;
constexpr std::size_t secret_file_bytes_max = 1024;

std::unexpected<std::string> because_of_errno() {
    return std::unexpected(std::string(std::strerror(errno)));
}

/// A socket, whose waits end in time.
class Socket {
  public:
    Socket() = default;
    ~Socket() { close(); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    [[nodiscard]] Result<void> connect(const Url& url, std::chrono::milliseconds timeout) {
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        addrinfo* found = nullptr;
        if (const int code = ::getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &found))
            return std::unexpected(std::string(::gai_strerror(code)));
        const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);
        Result<void> outcome = std::unexpected("there is no such host");
        for (const addrinfo* at = list.get(); at != nullptr; at = at->ai_next) {
            outcome = connect(*at, timeout);
            if (outcome) break;
        }
        return outcome;
    }
    void set_deadline(Clock::time_point deadline) { deadline_ = deadline; }
    [[nodiscard]] Result<void> send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count > 0) {
                bytes.remove_prefix(static_cast<std::size_t>(count));
            } else if (errno == EAGAIN) {
                if (auto waited = wait(POLLOUT); !waited) return waited;
            } else if (errno != EINTR) {
                return because_of_errno();
            }
        }
        return {};
    }
    /// 0 at the end.
    [[nodiscard]] Result<std::size_t> receive(char* to, std::size_t size) {
        while (true) {
            const auto count = ::recv(descriptor_, to, size, 0);
            if (count >= 0) return static_cast<std::size_t>(count);
            if (errno == EINTR) continue;
            if (errno != EAGAIN) return because_of_errno();
            if (auto waited = wait(POLLIN); !waited) return std::unexpected(waited.error());
        }
    }

  private:
    void close() {
        if (descriptor_ >= 0) ::close(descriptor_);
        descriptor_ = -1;
    }
    [[nodiscard]] Result<void> connect(const addrinfo& at, std::chrono::milliseconds timeout) {
        close();
        descriptor_ = ::socket(at.ai_family, at.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at.ai_protocol);
        if (descriptor_ < 0) return because_of_errno();
        set_deadline(Clock::now() + timeout);
        if (::connect(descriptor_, at.ai_addr, at.ai_addrlen) == 0) return {};
        if (errno != EINPROGRESS) return because_of_errno();
        if (auto waited = wait(POLLOUT); !waited) return waited;
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) return std::unexpected(std::string(std::strerror(error)));
        return {};
    }
    [[nodiscard]] Result<void> wait(short what) const {
        pollfd watched{descriptor_, what, 0};
        while (true) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
            if (left <= 0) return std::unexpected("no answer in time");
            const int ready = ::poll(&watched, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
            if (ready > 0) return {};
            if (ready < 0 && errno != EINTR) return because_of_errno();
        }
    }

    int descriptor_ = -1;
    Clock::time_point deadline_;
};

struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* session) const { SSL_free(session); }
};

/// TLS over a socket, by way of memory: OpenSSL writes to sockets without MSG_NOSIGNAL.
class Tls {
  public:
    explicit Tls(Socket& socket) : socket_(socket) {}

    [[nodiscard]] std::expected<void, Failure> begin(const Url& url, const std::string& ca_file) {
        const auto failed = [](Kind kind, std::string why) { return std::unexpected(Failure{kind, std::move(why)}); };
        context_.reset(SSL_CTX_new(TLS_client_method()));
        if (!context_ || SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION) != 1)
            return failed(Kind::unreachable, "OpenSSL does not start");
        const int trusts = ca_file.empty() ? SSL_CTX_set_default_verify_paths(context_.get())
                                           : SSL_CTX_load_verify_file(context_.get(), ca_file.c_str());
        if (trusts != 1) return failed(Kind::bad_file, "'" + ca_file + "' holds no certificates (PEM)");
        session_.reset(SSL_new(context_.get()));
        SSL_set_verify(session_.get(), SSL_VERIFY_PEER, nullptr);
        in_ = BIO_new(BIO_s_mem());
        out_ = BIO_new(BIO_s_mem());
        SSL_set_bio(session_.get(), in_, out_);
        // By its name, or the address it was called by.
        auto* names = SSL_get0_param(session_.get());
        if (X509_VERIFY_PARAM_set1_ip_asc(names, url.host.c_str()) != 1) {
            SSL_set1_host(session_.get(), url.host.c_str());
            SSL_set_tlsext_host_name(session_.get(), url.host.c_str());
        }
        if (const auto shaken = drive([this] { return SSL_connect(session_.get()); }); !shaken) {
            const auto judged = SSL_get_verify_result(session_.get());
            return failed(Kind::unreachable,
                          judged == X509_V_OK
                              ? shaken.error()
                              : "its certificate: " + std::string(X509_verify_cert_error_string(judged)));
        }
        return {};
    }
    [[nodiscard]] Result<void> send(std::string_view bytes) {
        std::size_t written = 0;
        while (!bytes.empty()) {
            auto sent = drive([&] { return SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &written); });
            if (!sent) return std::unexpected(sent.error());
            bytes.remove_prefix(written);
        }
        return {};
    }
    /// 0 at the end.
    [[nodiscard]] Result<std::size_t> receive(char* to, std::size_t size) {
        std::size_t count = 0;
        auto came = drive([&] { return SSL_read_ex(session_.get(), to, size, &count); });
        if (!came && is_over_) return std::size_t{0};
        if (!came) return std::unexpected(came.error());
        return count;
    }

  private:
    /// Repeats `step` until it succeeds, with what it writes sent and what it lacks received.
    template <class Step>
    [[nodiscard]] Result<void> drive(const Step& step) {
        while (true) {
            ERR_clear_error();
            const int outcome = step();
            const int why = SSL_get_error(session_.get(), outcome);
            if (auto flushed = flush(); !flushed) return flushed;
            if (outcome > 0) return {};
            is_over_ = why == SSL_ERROR_ZERO_RETURN;
            if (why != SSL_ERROR_WANT_READ) return std::unexpected(reason());
            std::array<char, part_bytes> part{};
            const auto count = socket_.receive(part.data(), part.size());
            if (!count) return std::unexpected(count.error());
            if (*count == 0) return std::unexpected("it hung up");
            BIO_write(in_, part.data(), static_cast<int>(*count));
        }
    }
    [[nodiscard]] Result<void> flush() {
        std::array<char, part_bytes> part{};
        for (int count = BIO_read(out_, part.data(), part_bytes); count > 0;
             count = BIO_read(out_, part.data(), part_bytes))
            if (auto sent = socket_.send({part.data(), static_cast<std::size_t>(count)}); !sent) return sent;
        return {};
    }
    static std::string reason() {
        const char* said = ERR_reason_error_string(ERR_peek_error());
        return said != nullptr ? "TLS: " + std::string(said) : "TLS failed";
    }

    Socket& socket_;
    std::unique_ptr<SSL_CTX, Free> context_;
    std::unique_ptr<SSL, Free> session_;
    BIO* in_ = nullptr;   ///< the session's
    BIO* out_ = nullptr;  ///< the session's
    bool is_over_ = false;
};

std::optional<std::uint64_t> number(std::string_view text, int base) {
    std::uint64_t value = 0;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value, base);
    if (error != std::errc{} || end != last || text.empty()) return std::nullopt;
    return value;
}

/// The value of a header of the answer, in lower case; empty where it is not there. `head` ends with an empty line.
std::string header(std::string_view head, std::string_view name) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    for (auto at = head.find("\r\n"); at + 2 < head.size(); at = head.find("\r\n", at + 2)) {
        const auto line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
        if (line.size() <= name.size() || line[name.size()] != ':') continue;
        if (!std::ranges::equal(line.substr(0, name.size()), name, {}, lower)) continue;
        auto value = line.substr(name.size() + 1);
        value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
        std::string out(value.size(), '\0');
        std::ranges::transform(value, out.begin(), lower);
        return out;
    }
    return {};
}

}  // namespace

struct Client::Connection {
    Url url;
    std::optional<TokenSecret> secret;
    Socket socket;
    std::optional<Tls> tls;
    std::string received;  ///< and not used yet

    [[nodiscard]] Result<void> send(std::string_view bytes) { return tls ? tls->send(bytes) : socket.send(bytes); }
    /// False at the end.
    [[nodiscard]] Result<bool> receive() {
        std::array<char, part_bytes> part{};
        const auto count = tls ? tls->receive(part.data(), part.size()) : socket.receive(part.data(), part.size());
        if (!count) return std::unexpected(count.error());
        received.append(part.data(), *count);
        return *count > 0;
    }
    /// Takes what is received up to the first `end`, which it drops; what is longer than `bytes_max` is an error.
    [[nodiscard]] Result<std::string> take_until(std::string_view end, std::size_t bytes_max) {
        auto at = received.find(end);
        while (at == std::string::npos) {
            if (received.size() > bytes_max) return std::unexpected("the answer is too large");
            const auto more = receive();
            if (!more) return std::unexpected(more.error());
            if (!*more) return std::unexpected("it hung up");
            at = received.find(end);
        }
        std::string taken = received.substr(0, at);
        received.erase(0, at + end.size());
        return taken;
    }
    [[nodiscard]] Result<std::string> take(std::uint64_t bytes) {
        if (bytes > limits::answer_bytes_max) return std::unexpected("the answer is too large");
        while (received.size() < bytes) {
            const auto more = receive();
            if (!more) return std::unexpected(more.error());
            if (!*more) return std::unexpected("it hung up");
        }
        std::string taken = received.substr(0, bytes);
        received.erase(0, bytes);
        return taken;
    }
    [[nodiscard]] Result<std::string> take_rest() {
        while (true) {
            const auto more = receive();
            if (!more) return std::unexpected(more.error());
            if (received.size() > limits::answer_bytes_max) return std::unexpected("the answer is too large");
            if (!*more) return std::move(received);
        }
    }
    /// RFC 9112, section 7.1. Trailers are dropped.
    [[nodiscard]] Result<std::string> take_chunks() {
        std::string body;
        while (true) {
            const auto line = take_until("\r\n", limits::head_bytes_max);
            if (!line) return line;
            const auto size = number(std::string_view(*line).substr(0, line->find_first_of("; ")), 16);
            if (!size || body.size() + *size > limits::answer_bytes_max)
                return std::unexpected("its answer is no HTTP");
            if (*size == 0) break;
            const auto chunk = take(*size);
            if (!chunk) return chunk;
            body += *chunk;
            if (const auto end = take(2); !end) return end;
        }
        while (true) {
            const auto line = take_until("\r\n", limits::head_bytes_max);
            if (!line) return line;
            if (line->empty()) return body;
        }
    }
    /// An answer, and whether another one may follow it.
    [[nodiscard]] Result<std::pair<Answer, bool>> read_answer() {
        auto head = take_until("\r\n\r\n", limits::head_bytes_max);
        if (!head) return std::unexpected(head.error());
        head->append("\r\n");
        // "HTTP/1.1 200 OK"
        const auto status = head->starts_with("HTTP/1.") && head->size() > 12
                                ? number(std::string_view(*head).substr(9, 3), 10)
                                : std::nullopt;
        if (!status) return std::unexpected("it does not speak HTTP");
        bool is_kept = head->starts_with("HTTP/1.1") && header(*head, "connection") != "close";
        const auto length = header(*head, "content-length");
        Result<std::string> body = std::string();
        if (header(*head, "transfer-encoding") == "chunked") {
            body = take_chunks();
        } else if (!length.empty()) {
            const auto bytes = number(length, 10);
            if (!bytes) return std::unexpected("its answer is no HTTP");
            body = take(*bytes);
        } else {
            is_kept = false;
            body = take_rest();
        }
        if (!body) return std::unexpected(body.error());
        return std::pair(Answer{static_cast<unsigned>(*status), std::move(*body)}, is_kept);
    }
};

Client::Client(Place place, std::chrono::milliseconds timeout) : place_(std::move(place)), timeout_(timeout) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

std::expected<Answer, Failure> Client::post(std::string_view json) {
    const auto url = parse_url(place_.url);
    return ask("POST", url ? url->path : "/", json);
}

std::expected<Answer, Failure> Client::get(std::string_view target) {
    return ask("GET", target, {});
}

std::expected<void, Failure> Client::connect() {
    const auto url = parse_url(place_.url);
    if (!url) return std::unexpected(Failure{Kind::bad_url, "write it as http://127.0.0.1:8545"});
    auto made = std::make_unique<Connection>();
    made->url = *url;
    if (!place_.jwt_secret_file.empty()) {
        std::ifstream file(place_.jwt_secret_file, std::ios::binary);
        std::string text(secret_file_bytes_max, '\0');
        file.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(file.gcount()));
        made->secret = parse_token_secret(text);
        if (!made->secret)
            return std::unexpected(Failure{
                Kind::bad_file, "'" + place_.jwt_secret_file + "' holds no secret of a node: 64 hexadecimal digits"});
    }
    if (auto connected = made->socket.connect(*url, timeout_); !connected)
        return std::unexpected(Failure{Kind::unreachable, connected.error()});
    if (url->tls) {
        made->tls.emplace(made->socket);
        made->socket.set_deadline(Clock::now() + timeout_);
        if (auto begun = made->tls->begin(*url, place_.ca_file); !begun) return begun;
    }
    connection_ = std::move(made);
    return {};
}

std::expected<Answer, Failure> Client::ask(std::string_view method, std::string_view target, std::string_view body) {
    const bool was_kept = connection_ != nullptr;
    if (!was_kept)
        if (auto connected = connect(); !connected) return std::unexpected(connected.error());
    auto& connection = *connection_;
    const auto& url = connection.url;
    const bool is_v6 = url.host.find(':') != std::string::npos;
    std::string request = std::string(method) + " " + std::string(target) +
                          " HTTP/1.1\r\nHost: " + (is_v6 ? "[" + url.host + "]" : url.host) + ":" + url.port + "\r\n";
    if (!body.empty())
        request += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    if (connection.secret) {
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
        request +=
            "Authorization: Bearer " + make_token(*connection.secret, static_cast<std::uint64_t>(seconds)) + "\r\n";
    }
    request += "\r\n";
    request += body;

    auto answer = [&]() -> Result<std::pair<Answer, bool>> {
        connection.socket.set_deadline(Clock::now() + timeout_);
        if (auto sent = connection.send(request); !sent) return std::unexpected(sent.error());
        connection.socket.set_deadline(Clock::now() + timeout_);
        return connection.read_answer();
    }();
    if (!answer) {
        // A connection that was kept may have been closed while nothing was asked. What is asked may be asked again:
        // what changes anything is a signed transaction, which is the same one however often it is sent.
        connection_.reset();
        if (was_kept) return ask(method, target, body);
        return std::unexpected(Failure{Kind::lost, answer.error()});
    }
    if (!answer->second) connection_.reset();
    return std::move(answer->first);
}

}  // namespace talea::http
