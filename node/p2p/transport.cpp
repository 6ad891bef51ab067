#include "node/p2p/transport.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <thread>
#include <utility>

#include "node/base/log.hpp"
#include "node/base/thread_name.hpp"
#include "node/p2p/doorkeeper.hpp"
#include "node/p2p/link.hpp"
#include "node/p2p/once.hpp"
#include "node/p2p/redial.hpp"
#include "node/p2p/tls_context.hpp"
#include "vm/base/check.hpp"
#include "vm/crypto/address.hpp"

namespace talea::node {
namespace asio = boost::asio;
namespace ssl = asio::ssl;
using tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using wire::Lane;

namespace {

/// After running out of file descriptors.
constexpr std::chrono::milliseconds accept_pause{50};
/// A host from which a link stood this long is no stranger.
constexpr std::uint64_t friend_after_ms = 10'000;

Instant steady_now() {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return {static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count())};
}

std::uint64_t random_number() {
    std::random_device device;
    return static_cast<std::uint64_t>(device()) << 32 | device();
}

Doorkeeper::Host host_of(const asio::ip::address& address) {
    const auto bytes = address.is_v4() ? asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()).to_bytes()
                                       : address.to_v6().to_bytes();
    Doorkeeper::Host host{};
    const bool is_v4 = address.is_v4() || address.to_v6().is_v4_mapped();
    std::copy_n(bytes.begin(), is_v4 ? 16 : 8, host.begin());
    return host;
}

std::optional<wire::Refusal> reason_in(vm::BytesView frame) {
    const auto header = wire::decode_frame_header(frame);
    if (!header || header->type != wire::refused_type) return std::nullopt;
    const auto message = wire::decode_payload(*header, frame.subspan(wire::frame_header_bytes));
    if (!message) return std::nullopt;
    return std::get<wire::Refused>(*message).reason;
}

Transport::Frame frame_of(const wire::Message& message) {
    return std::make_shared<const vm::Bytes>(wire::encode_frame(message));
}

}  // namespace

/// Everything but the public functions, receipts and the constructor runs on `thread`.
struct Transport::Impl final : Connection::Owner {
    using ConnectionPtr = Connection::Ptr;
    using Stage = Connection::Stage;
    using LinkPtr = std::shared_ptr<PeerLink>;

    Impl(TransportSettings given, const vm::Address& node, const TlsIdentity& identity, Handler to)
        : settings(std::move(given)),
          own(node),
          handler(std::move(to)),
          tls(make_tls_context(identity, settings.genesis_hash)) {
        for (const auto& place : settings.places) places[place.peer].all.push_back(place);
    }

    asio::io_context io{1};
    TransportSettings settings;
    const vm::Address own;
    const std::uint64_t incarnation = random_number();
    Handler handler;
    ssl::context tls;
    tcp::acceptor acceptor{io};
    asio::steady_timer accept_timer{io}, dial_timer{io};
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
    std::thread thread;
    bool is_stopping = false;

    Doorkeeper doorkeeper{{}, steady_now()};
    Redial redial{{}};
    Once once{{}};
    struct Places {
        std::vector<PeerPlace> all;
        std::size_t next = 0;
    };
    std::map<vm::Address, Places> places;
    std::map<vm::Address, LinkPtr> links;
    std::set<ConnectionPtr> connections;  ///< all that are not closed

    std::atomic<std::uint64_t> accepted{0}, turned_away{0}, failed{0}, linked{0}, overflowed{0}, unfinished{0};
    mutable std::mutex shown_mutex;
    std::map<vm::Address, Transport::Link> shown;

    // ---- Who comes --------------------------------------------------------------------------------------------------

    void accept() {
        acceptor.async_accept([this](ErrorCode error, tcp::socket socket) {
            if (is_stopping) return;
            if (!error) {
                arrived(std::move(socket));
            } else if (error == asio::error::no_descriptors || error == asio::error::no_buffer_space ||
                       error == asio::error::no_memory) {
                say_once("descriptors", fmt::format("no connection can be accepted: {}", error.message()));
                accept_timer.expires_after(accept_pause);
                accept_timer.async_wait([this](ErrorCode) {
                    if (!is_stopping) accept();
                });
                return;
            }
            accept();
        });
    }

    void arrived(tcp::socket socket) {
        ++accepted;
        ErrorCode error;
        const auto from = socket.remote_endpoint(error);
        if (error) return;
        const auto host = host_of(from.address());
        if (const auto verdict = doorkeeper.arrived(host, steady_now()); verdict != Doorkeeper::Verdict::welcome) {
            ++turned_away;
            const auto name = from.address().to_string();
            return say_once(name + std::string(to_string(verdict)),
                            fmt::format("turned away connections from {}: {}", name, to_string(verdict)));
        }
        auto connection = std::make_shared<Connection>(std::move(socket), from, tls, *this, false);
        connection->arrival = host;
        unfinished = doorkeeper.unfinished();
        connection->expire_after(settings.handshake_ms);
        secure(connection);
    }

    void secure(const ConnectionPtr& connection) {
        connections.insert(connection);
        connection->secure();
    }

    // ---- Whom we dial -----------------------------------------------------------------------------------------------

    void want(const std::vector<vm::Address>& peers) {
        std::vector<vm::Address> placed;
        for (const auto& peer : peers) {
            if (peer == own) continue;
            if (places.contains(peer)) {
                placed.push_back(peer);
            } else {
                say_once("place" + vm::to_checksum_hex(peer),
                         fmt::format("{} is to be dialled, and no address is known for it: add it to the peers of "
                                     "this node, or this node to its",
                                     vm::to_checksum_hex(peer)));
            }
        }
        redial.want(placed, steady_now());
        for (const auto& [peer, link] : links) redial.began(peer);
        std::vector<LinkPtr> unwanted;
        for (const auto& [peer, link] : links)
            if (link->dialled && !link->is_up && !redial.wants(peer)) unwanted.push_back(link);
        for (const auto& link : unwanted) end(link, Redial::End::unreachable, "it is not to be dialled any more");
        dial_due();
    }

    void dial_due() {
        if (is_stopping) return;
        for (const auto& peer : redial.due(steady_now())) start_link(peer);
        const auto next = redial.timer();
        if (!next) return;
        dial_timer.expires_after(std::chrono::milliseconds(elapsed_ms(steady_now(), *next) + 1));
        dial_timer.async_wait([this](ErrorCode error) {
            if (!error) dial_due();
        });
    }

    void start_link(const vm::Address& peer) {
        auto& [all, next] = places.at(peer);
        const auto& place = all[next++ % all.size()];
        auto link = std::make_shared<PeerLink>(io, peer, true);
        link->id = random_number();
        links[peer] = link;
        link->expire_after(settings.handshake_ms,
                           [this, link] { end(link, Redial::End::unreachable, "it does not answer in time"); });
        link->dial(place, [this, link](auto reached) { dialled(link, Lane::votes, std::move(reached)); });
    }

    void dialled(const LinkPtr& link, Lane lane, std::expected<PeerLink::Reached, std::string> reached) {
        if (!reached) return end(link, Redial::End::unreachable, reached.error());
        auto connection = std::make_shared<Connection>(std::move(reached->socket), reached->remote, tls, *this, true);
        connection->lane = lane;
        connection->link = link;
        link->connections[static_cast<std::size_t>(lane)] = connection;
        secure(connection);
    }

    // ---- From a socket to a link ------------------------------------------------------------------------------------

    void secured(const ConnectionPtr& connection) override {
        if (const auto link = connection->link.lock()) {
            if (*connection->node() != link->peer)
                return fail(connection, fmt::format("{} answers there", vm::to_checksum_hex(*connection->node())));
            greet(connection, *link);
        } else if (*connection->node() == own) {
            fail(connection, "it has this node's own key: two nodes must never run with one key");
        }
    }

    void greet(const ConnectionPtr& connection, const PeerLink& link) {
        connection->send(
            std::make_shared<const vm::Bytes>(wire::encode_hello({connection->lane, link.id, incarnation})));
    }

    void greeted(const ConnectionPtr& connection, vm::BytesView frame) override {
        const auto hello = wire::decode_hello(frame);
        const auto link = connection->link.lock();
        if (!hello && link) return refused(connection, *link, frame);
        if (!hello) return fail(connection, "its greeting is malformed");
        connection->wait();
        if (link) return answered(connection, link, *hello);
        const auto& peer = *connection->node();
        switch (welcome(own, peer, standing(peer), *hello)) {
            case Welcome::refuse:
                return refuse(connection, wire::Refusal::duplicate);
            case Welcome::join:
                return join(connection, links.at(peer), *hello);
            case Welcome::begin:
                if (const auto found = links.find(peer); found != links.end())
                    end(found->second, Redial::End::gone, "the peer dialled anew");
                if (links.size() >= limits::links_max) return refuse(connection, wire::Refusal::too_many);
                auto made = std::make_shared<PeerLink>(io, peer, false);
                made->id = hello->link;
                made->incarnation = hello->incarnation;
                links[peer] = made;
                redial.began(peer);
                return join(connection, made, *hello);
        }
    }

    std::optional<Standing> standing(const vm::Address& peer) const {
        const auto found = links.find(peer);
        return found == links.end() ? std::nullopt : std::optional(found->second->standing());
    }

    /// An incoming connection becomes a lane.
    void join(const ConnectionPtr& connection, const LinkPtr& link, const wire::Hello& hello) {
        connection->link = link;
        connection->lane = hello.lane;
        link->connections[static_cast<std::size_t>(hello.lane)] = connection;
        greet(connection, *link);
        if (link->connections[0] && link->connections[1]) up(link);
    }

    /// The other side took the lane we dialled.
    void answered(const ConnectionPtr& connection, const LinkPtr& link, const wire::Hello& hello) {
        const bool first = connection->lane == Lane::votes;
        if (hello.lane != connection->lane || hello.link != link->id ||
            (!first && hello.incarnation != link->incarnation))
            return fail(connection, "its greeting answers another one");
        link->incarnation = hello.incarnation;
        if (first)
            return link->dial_again([this, link](auto reached) { dialled(link, Lane::bulk, std::move(reached)); });
        up(link);
    }

    void refused(const ConnectionPtr& connection, const PeerLink& link, vm::BytesView frame) {
        const auto reason = reason_in(frame);
        if (!reason) return fail(connection, "its greeting is malformed");
        end(links.at(link.peer), Redial::End::refused, fmt::format("it refuses this node: {}", to_string(*reason)));
    }

    void refuse(const ConnectionPtr& connection, wire::Refusal reason) {
        connection->send(frame_of(wire::Refused{reason}));
        connection->part();
    }

    void up(const LinkPtr& link) {
        link->is_up = true;
        link->up_at = steady_now();
        redial.linked(link->peer, link->up_at);
        for (const auto& connection : link->connections) {
            connection->open();
            settle(*connection);
        }
        ++linked;
        const auto& remote = link->connections[0]->remote();
        {
            const std::lock_guard lock(shown_mutex);
            shown[link->peer] = {link->peer, link->dialled, remote};
        }
        const auto name = vm::to_checksum_hex(link->peer);
        say_once("up" + name,
                 fmt::format("{} is linked ({} {})", name, link->dialled ? "dialled at" : "came from", remote));
        emit(Connected{link->peer, link->dialled});
        for (const auto& connection : link->connections) connection->begin();
    }

    // ---- Frames -----------------------------------------------------------------------------------------------------

    void came(const ConnectionPtr& connection, vm::Bytes frame) override {
        if (const auto reason = reason_in(frame))
            if (const auto link = connection->link.lock())
                link->refusal = fmt::format("it refuses this node: {}", to_string(*reason));
        auto receipt = connection->receipt(frame.size());
        emit(Received{*connection->node(), std::make_shared<const vm::Bytes>(std::move(frame)), std::move(receipt)});
    }

    void send_to(const vm::Address& peer, const Frame& frame) {
        const auto found = links.find(peer);
        if (found == links.end() || !found->second->is_up) return;
        const auto lane = wire::lane_of((*frame)[4]);
        const auto& connection = found->second->connections[static_cast<std::size_t>(lane)];
        if (!connection->has_room_for(frame)) {
            ++overflowed;
            return end(found->second, Redial::End::gone, "it does not read what it is sent");
        }
        if (const auto reason = reason_in(*frame))
            found->second->refusal = fmt::format("refused by this node: {}", to_string(*reason));
        connection->send(frame);
    }

    // ---- Endings ----------------------------------------------------------------------------------------------------

    /// The connection is of no use any more, nor is the link it belongs to.
    void fail(const ConnectionPtr& connection, const std::string& why) override {
        if (connection->stage() == Stage::closed) return;
        if (const auto link = connection->link.lock()) {
            if (!link->dialled && !link->is_up) ++failed;
            return end(link, Redial::End::unreachable, why);
        }
        ++failed;
        const auto host = connection->remote().substr(0, connection->remote().rfind(':'));
        say_once(host + why, fmt::format("refused connections from {}: {}", host, why));
        connection->close();
    }

    /// By value: the map's own pointer to it goes here.
    void end(LinkPtr link, Redial::End how, const std::string& why, bool with_last_words = false) {
        if (link->has_ended) return;
        link->end(with_last_words);
        if (const auto found = links.find(link->peer); found != links.end() && found->second == link)
            links.erase(found);
        const auto now = steady_now();
        if (link->is_up && how == Redial::End::unreachable) how = Redial::End::gone;
        if (!link->refusal.empty()) how = Redial::End::refused;
        redial.ended(link->peer, how, random_number(), now);
        const auto name = vm::to_checksum_hex(link->peer);
        if (link->is_up) {
            {
                const std::lock_guard lock(shown_mutex);
                shown.erase(link->peer);
            }
            const auto& first = *link->connections[0];
            if (elapsed_ms(link->up_at, now) >= friend_after_ms && first.arrival) doorkeeper.befriend(*first.arrival);
            const auto& reason = link->refusal.empty() ? why : link->refusal;
            say_once("gone" + name + reason, fmt::format("{} is gone: {}", name, reason));
            emit(Gone{link->peer});
        } else if (link->dialled) {
            say_once("dial" + name + why, fmt::format("cannot link with {} at {}: {}", name, link->place, why));
        } else {
            say_once("half" + name + why, fmt::format("{} came and did not stay: {}", name, why));
        }
        dial_due();
    }

    void closed(const ConnectionPtr& connection) override {
        settle(*connection);
        connections.erase(connection);
    }

    /// It is part of a link, or closed.
    void settle(Connection& connection) {
        if (!connection.arrival || connection.is_settled) return;
        connection.is_settled = true;
        doorkeeper.settled(*connection.arrival);
        unfinished = doorkeeper.unfinished();
    }

    void close_all() {
        is_stopping = true;
        handler = nullptr;
        ErrorCode ignored;
        acceptor.close(ignored);
        accept_timer.cancel();
        dial_timer.cancel();
        for (const auto& [peer, link] : std::exchange(links, {})) link->end(false);
        for (const auto& connection : std::set<ConnectionPtr>(connections)) connection->close();
        work.reset();
        io.stop();
    }

    void pause(const vm::Address& peer, std::uint64_t ms) {
        if (const auto found = links.find(peer); found != links.end() && found->second->is_up) found->second->pause(ms);
    }

    void emit(Event event) const {
        if (handler) handler(std::move(event));
    }

    void say_once(const std::string& what, const std::string& line) {
        const auto unsaid = once.happened(what, steady_now());
        if (!unsaid) return;
        if (*unsaid == 0) return log_info("peers", "{}", line);
        log_info("peers", "{} ({} times more since it was last said)", line, *unsaid);
    }
};

std::expected<std::unique_ptr<Transport>, std::string> Transport::listen(TransportSettings settings, const Signer& node,
                                                                         Handler handler) {
    const auto identity = make_tls_identity(node, settings.genesis_hash);
    if (!identity) return std::unexpected("the signer of this node's key did not sign its certificate");
    auto impl = std::make_shared<Impl>(std::move(settings), node.address(), *identity, std::move(handler));
    const auto& where = impl->settings;
    ErrorCode error;
    const auto address = asio::ip::make_address(where.listen_address, error);
    if (error) return std::unexpected(fmt::format("'{}' is no address to listen on for peers", where.listen_address));
    const tcp::endpoint endpoint(address, where.listen_port);
    auto& acceptor = impl->acceptor;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error)
        return std::unexpected(fmt::format("cannot listen for peers on {}: {}", text_of(endpoint), error.message()));
    return std::unique_ptr<Transport>(new Transport(std::move(impl)));
}

Transport::Transport(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Transport::~Transport() {
    stop();
}

void Transport::start() {
    vm::check(!impl_->thread.joinable(), "a transport is started once");
    impl_->accept();
    impl_->thread = std::thread([impl = impl_.get()] {
        name_this_thread(thread_name::p2p);
        impl->io.run();
    });
}

void Transport::stop() {
    if (!impl_->thread.joinable()) return;
    asio::post(impl_->io, [impl = impl_.get()] { impl->close_all(); });
    impl_->thread.join();
}

std::uint16_t Transport::port() const {
    ErrorCode ignored;
    return impl_->acceptor.local_endpoint(ignored).port();
}

void Transport::send(const std::vector<vm::Address>& to, const Frame& frame) {
    asio::post(impl_->io, [impl = impl_.get(), to, frame] {
        for (const auto& peer : to) impl->send_to(peer, frame);
    });
}

void Transport::disconnect(const vm::Address& peer) {
    asio::post(impl_->io, [impl = impl_.get(), peer] {
        if (const auto found = impl->links.find(peer); found != impl->links.end() && found->second->is_up)
            impl->end(found->second, Redial::End::refused, "this node ended the link", true);
    });
}

void Transport::pause(const vm::Address& peer, std::uint64_t ms) {
    asio::post(impl_->io, [impl = impl_.get(), peer, ms] { impl->pause(peer, ms); });
}

void Transport::dial(const std::vector<vm::Address>& peers) {
    asio::post(impl_->io, [impl = impl_.get(), peers] { impl->want(peers); });
}

std::vector<Transport::Link> Transport::links() const {
    const std::lock_guard lock(impl_->shown_mutex);
    std::vector<Link> all;
    for (const auto& [peer, link] : impl_->shown) all.push_back(link);
    return all;
}

Transport::Counts Transport::counts() const {
    return {impl_->accepted, impl_->turned_away, impl_->failed, impl_->linked, impl_->overflowed, impl_->unfinished};
}

}  // namespace talea::node
