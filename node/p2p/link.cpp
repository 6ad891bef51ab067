#include "node/p2p/link.hpp"

#include <fmt/format.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <utility>

namespace talea::node {
namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

PeerLink::PeerLink(asio::io_context& io, const vm::Address& with, bool by_us)
    : peer(with), dialled(by_us), deadline_(io), pause_(io), resolver_(io), socket_(io) {}

Standing PeerLink::standing() const {
    return {dialled, is_up, reached_, id, incarnation, {connections[0] != nullptr, connections[1] != nullptr}};
}

void PeerLink::expire_after(std::uint64_t ms, std::function<void()> expired) {
    deadline_.expires_after(std::chrono::milliseconds(ms));
    deadline_.async_wait([self = shared_from_this(), expired = std::move(expired)](ErrorCode error) {
        if (!error && !self->is_up && !self->has_ended) expired();
    });
}

void PeerLink::dial(const PeerPlace& to, OnReached then) {
    place = fmt::format("{}:{}", to.host, to.port);
    ErrorCode error;
    if (const auto address = asio::ip::make_address(to.host, error); !error) {
        endpoints_ = {tcp::endpoint(address, to.port)};
        return connect(std::move(then));
    }
    resolver_.async_resolve(to.host, std::to_string(to.port),
                            [self = shared_from_this(), then = std::move(then)](
                                ErrorCode failure, const tcp::resolver::results_type& found) {
                                if (self->has_ended) return;
                                if (failure)
                                    return then(std::unexpected("its name is not known: " + failure.message()));
                                for (const auto& entry : found) self->endpoints_.push_back(entry.endpoint());
                                self->connect(then);
                            });
}

void PeerLink::dial_again(OnReached then) {
    connect(std::move(then));
}

void PeerLink::connect(OnReached then) {
    asio::async_connect(
        socket_, endpoints_,
        [self = shared_from_this(), then = std::move(then)](ErrorCode failure, const tcp::endpoint& endpoint) {
            if (self->has_ended) return;
            if (failure) return then(std::unexpected(failure.message()));
            self->reached_ = true;
            self->endpoints_ = {endpoint};  // where the other lane goes, too
            auto socket = std::exchange(self->socket_, tcp::socket(self->socket_.get_executor()));
            then(Reached{std::move(socket), endpoint});
        });
}

void PeerLink::pause(std::uint64_t ms) {
    for (const auto& connection : connections) connection->pause(true);
    pause_.expires_after(std::chrono::milliseconds(ms));
    pause_.async_wait([self = shared_from_this()](ErrorCode error) {
        if (error || self->has_ended) return;
        for (const auto& connection : self->connections) connection->pause(false);
    });
}

void PeerLink::end(bool with_last_words) {
    if (std::exchange(has_ended, true)) return;
    deadline_.cancel();
    pause_.cancel();
    resolver_.cancel();
    ErrorCode ignored;
    socket_.close(ignored);
    for (const auto& connection : connections) {
        if (!connection) continue;
        if (with_last_words && connection->lane == wire::Lane::votes)
            connection->part();
        else
            connection->close();
    }
}

}  // namespace talea::node
