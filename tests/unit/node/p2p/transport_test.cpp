#include "node/p2p/transport.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <map>
#include <mutex>
#include <thread>

#include "node/p2p/doorkeeper.hpp"
#include "unit/node/p2p/raw_peer.hpp"
#include "unit/random.hpp"

/// Over real sockets on loopback.
namespace talea::tests {
namespace {

using namespace std::chrono_literals;
using node::KeySigner;
using node::Transport;
namespace wire = node::wire;

vm::PrivateKey key(std::uint8_t index) {
    vm::PrivateKey made;
    made.secret.bytes[31] = index;
    return made;
}
const vm::Hash genesis{{1, 2, 3}};

/// A transport and what it said.
class Node {
  public:
    explicit Node(std::uint8_t index, std::vector<node::PeerPlace> places = {}, std::uint16_t port = 0,
                  std::uint64_t handshake_ms = node::limits::handshake_ms)
        : signer(key(index)) {
        node::TransportSettings settings;
        settings.listen_port = port;
        settings.genesis_hash = genesis;
        settings.places = std::move(places);
        settings.handshake_ms = handshake_ms;
        auto made =
            Transport::listen(std::move(settings), signer, [this](Transport::Event event) { note(std::move(event)); });
        REQUIRE_MESSAGE(made.has_value(), made.error());
        transport = std::move(*made);
        transport->start();
    }
    ~Node() {
        if (transport) transport->stop();
    }
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    [[nodiscard]] vm::Address address() const { return signer.address(); }
    [[nodiscard]] node::PeerPlace place() const { return {address(), "127.0.0.1", transport->port()}; }
    void send(const Node& to, const wire::Message& message) {
        transport->send({to.address()}, std::make_shared<const vm::Bytes>(wire::encode_frame(message)));
    }

    /// Waits until `holds` of this, which may look at everything below.
    template <class Holds>
    bool wait(Holds holds, std::chrono::milliseconds patience = 10s) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, patience, holds);
    }
    bool wait_for_link(const vm::Address& peer) {
        return wait([&] { return is_linked(peer); });
    }
    bool wait_for_frame(const wire::Message& message) {
        const auto frame = wire::encode_frame(message);
        return wait([&] { return std::ranges::find(frames, frame) != frames.end(); });
    }
    [[nodiscard]] bool is_linked(const vm::Address& peer) const {
        const auto found = linked.find(peer);
        return found != linked.end() && found->second;
    }

    KeySigner signer;
    std::unique_ptr<Transport> transport;
    // Under `mutex`:
    std::mutex mutex;
    std::condition_variable changed;
    std::map<vm::Address, bool> linked;
    std::vector<bool> dialled;  ///< of each Connected
    int gone = 0;
    std::vector<vm::Bytes> frames;
    bool keeps_receipts = false;
    std::vector<std::shared_ptr<const void>> receipts;
    bool is_in_turns = true;

  private:
    void note(Transport::Event event) {
        const std::lock_guard lock(mutex);
        if (const auto* up = std::get_if<Transport::Connected>(&event)) {
            if (std::exchange(linked[up->peer], true)) is_in_turns = false;
            dialled.push_back(up->dialled);
        } else if (const auto* down = std::get_if<Transport::Gone>(&event)) {
            if (!std::exchange(linked[down->peer], false)) is_in_turns = false;
            ++gone;
        } else {
            auto& received = std::get<Transport::Received>(event);
            if (!is_linked(received.peer)) is_in_turns = false;
            frames.push_back(*received.frame);
            if (keeps_receipts) receipts.push_back(std::move(received.receipt));
        }
        changed.notify_all();
    }
};

/// Both lanes of a link, by hand.
struct RawLink {
    RawPeer votes, bulk;
    RawLink(const Node& to, std::uint8_t index, std::uint64_t id = 7)
        : votes(to.transport->port(), tls_of(index)), bulk(to.transport->port(), tls_of(index)) {
        REQUIRE(votes.greet(wire::Lane::votes, id, index));
        const auto first = votes.receive();
        REQUIRE(first.has_value());
        REQUIRE(wire::decode_hello(*first).has_value());
        REQUIRE(bulk.greet(wire::Lane::bulk, id, index));
        const auto second = bulk.receive();
        REQUIRE(second.has_value());
        REQUIRE(wire::decode_hello(*second).has_value());
    }
    static RawTls tls_of(std::uint8_t index) {
        RawTls tls;
        tls.identity = node::make_tls_identity(KeySigner(key(index)), genesis).value();
        return tls;
    }
};

wire::Consensus vote(std::uint8_t index) {
    return {vm::Bytes(100, index)};
}
wire::Blocks block_of(std::size_t transactions) {
    wire::Blocks blocks{1, {{vm::Bytes(600, 1), {}}}};
    blocks.blocks[0].transactions.assign(transactions, vm::Bytes(node::limits::tx_bytes_max, 2));
    return blocks;
}

template <class Holds>
bool soon(Holds holds, std::chrono::milliseconds patience = 10s) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(5ms);
    }
    return true;
}

TEST_CASE("two nodes link when one dials, and what each sends comes to the other whole and in order") {
    Node alice(1), bob(2, {alice.place()});
    bob.transport->dial({alice.address()});
    REQUIRE(bob.wait_for_link(alice.address()));
    REQUIRE(alice.wait_for_link(bob.address()));
    CHECK(bob.dialled == std::vector{true});
    CHECK(alice.dialled == std::vector{false});
    for (std::uint8_t i = 0; i < 200; ++i) {
        alice.send(bob, vote(i));
        bob.send(alice, vote(i));
    }
    bob.send(alice, block_of(30));
    REQUIRE(bob.wait_for_frame(vote(199)));
    REQUIRE(alice.wait_for_frame(vote(199)));
    REQUIRE(alice.wait_for_frame(block_of(30)));
    {
        const std::lock_guard lock(bob.mutex);
        REQUIRE(bob.frames.size() == 200);
        for (std::uint8_t i = 0; i < 200; ++i) CHECK(bob.frames[i] == wire::encode_frame(vote(i)));
    }
    const auto links = alice.transport->links();
    REQUIRE(links.size() == 1);
    CHECK(links[0].peer == bob.address());
    CHECK(!links[0].dialled);
    CHECK(alice.transport->counts().unfinished == 0);
}

TEST_CASE("two nodes that dial each other at the same moment end up with one link that stays") {
    for (int round = 0; round < 10; ++round) {
        CAPTURE(round);
        Node first(1);
        // Whose places are only known once both listen; so they begin again on the same ports.
        const auto a = first.place();
        Node second(2, {a});
        const auto b = second.place();
        first.transport->stop();
        Node again(1, {b}, a.port);
        again.transport->dial({b.peer});
        second.transport->dial({a.peer});
        REQUIRE(again.wait_for_link(b.peer));
        REQUIRE(second.wait_for_link(a.peer));
        // Neither changes its mind: what is sent now arrives over the link that is there.
        std::this_thread::sleep_for(150ms);
        again.send(second, vote(1));
        second.send(again, vote(2));
        CHECK(second.wait_for_frame(vote(1)));
        CHECK(again.wait_for_frame(vote(2)));
        const std::lock_guard lock(again.mutex);
        CHECK(again.is_in_turns);
        CHECK(second.is_in_turns);
        CHECK(again.dialled.size() <= 2);
    }
}

TEST_CASE("a node that begins anew takes its predecessor's place, and one that was away is found again") {
    Node alice(1);
    auto bob = std::make_unique<Node>(2, std::vector{alice.place()});
    bob->transport->dial({alice.address()});
    REQUIRE(alice.wait_for_link(bob->address()));
    const auto place = bob->place();
    bob.reset();
    REQUIRE(alice.wait([&] { return alice.gone == 1; }));
    Node carol(3, {place});
    carol.transport->dial({place.peer});
    std::this_thread::sleep_for(300ms);  // some attempts in vain
    Node heir(2, {alice.place()}, place.port);
    heir.transport->dial({alice.address()});
    CHECK(alice.wait_for_link(heir.address()));
    CHECK(carol.wait_for_link(heir.address()));
    const std::lock_guard lock(alice.mutex);
    CHECK(alice.is_in_turns);
}

TEST_CASE("a link is made anew when its other end vanished without a word") {
    Node alice(1);
    RawLink before(alice, 2, 1);
    REQUIRE(alice.wait_for_link(KeySigner(key(2)).address()));
    RawLink after(alice, 2, 2);  // while the old connections still stand
    REQUIRE(alice.wait([&] { return alice.dialled.size() == 2; }));
    CHECK(alice.gone == 1);
    CHECK(before.votes.is_ended());
    CHECK(before.bulk.is_ended());
    after.votes.send(wire::encode_frame(vote(1)));
    CHECK(alice.wait_for_frame(vote(1)));
    CHECK(alice.is_in_turns);
}

TEST_CASE("a host name is looked up, and a place where another node answers makes no link") {
    Node alice(1), mallory(3);
    const auto port = alice.transport->port();
    Node bob(2, {{alice.address(), "localhost", port}});
    bob.transport->dial({alice.address()});
    CHECK(bob.wait_for_link(alice.address()));

    // Mallory has taken over Alice's address, and has not her key.
    Node carol(4, {{alice.address(), "127.0.0.1", mallory.transport->port()}});
    carol.transport->dial({alice.address()});
    REQUIRE(soon([&] { return mallory.transport->counts().accepted >= 2; }));
    std::this_thread::sleep_for(100ms);
    CHECK(carol.transport->links().empty());
    CHECK(mallory.transport->links().empty());
    CHECK(carol.dialled.empty());
    CHECK(mallory.dialled.empty());
}

TEST_CASE("whoever does not prove a key for this chain is refused, and the node hears nothing of it") {
    Node alice(1);
    const auto port = alice.transport->port();
    const auto is_refused = [&](const RawTls& tls) {
        RawPeer peer(port, tls);
        // With TLS 1.3 a client is done before the server has judged it.
        if (peer.is_secure()) peer.greet(wire::Lane::votes, 1, 1);
        return !peer.receive().has_value() && alice.transport->links().empty();
    };
    const KeySigner bob(key(2)), mallory(key(3));
    auto good = RawLink::tls_of(2);

    SUBCASE("no certificate") {
        CHECK(is_refused({}));
    }
    SUBCASE("of another chain") {
        good.identity = node::make_tls_identity(bob, vm::Hash{{9}});
        CHECK(is_refused(good));
    }
    SUBCASE("the proof is another's, signed with the wrong key") {
        good.identity = node::make_tls_identity([&](vm::BytesView tls_key) {
            auto proof = node::identity_proof(mallory, genesis, tls_key).value();
            std::ranges::copy(bob.address().bytes, proof.begin() + 33);
            return proof;
        });
        CHECK(is_refused(good));
    }
    SUBCASE("a certificate seen elsewhere, without its private key") {
        const auto stolen = good.identity->certificate;
        good.identity = node::make_tls_identity(mallory, genesis);
        good.identity->certificate = stolen;
        CHECK(is_refused(good));
    }
    SUBCASE("the node's own key") {
        good.identity = node::make_tls_identity(alice.signer, genesis);
        CHECK(is_refused(good));
    }
    SUBCASE("TLS 1.2") {
        good.version = TLS1_2_VERSION;
        CHECK(is_refused(good));
    }
    SUBCASE("another protocol") {
        good.protocol = "h2";
        CHECK(is_refused(good));
    }
    SUBCASE("a session of its own making in place of a certificate") {
        RawTls tls;
        tls.offers_foreign_session = true;
        CHECK(is_refused(tls));
    }
    CHECK(soon([&] { return alice.transport->counts().failed == 1 && alice.transport->counts().unfinished == 0; }));
    CHECK(alice.dialled.empty());
    // It is none the worse for it.
    RawLink honest(alice, 2);
    CHECK(alice.wait_for_link(bob.address()));
}

TEST_CASE("a session cannot be resumed: each connection is judged by its certificate") {
    Node alice(1);
    auto tls = RawLink::tls_of(2);
    RawPeer first(alice.transport->port(), tls);
    REQUIRE(first.is_secure());
    REQUIRE(first.greet(wire::Lane::votes, 1, 1));
    REQUIRE(first.receive().has_value());  // any ticket would have come before
    auto* session = SSL_get1_session(first.ssl());
    CHECK(SSL_SESSION_is_resumable(session) == 0);
    CHECK(SSL_SESSION_has_ticket(session) == 0);
    RawTls without;
    without.offered = session;
    RawPeer second(alice.transport->port(), without);
    if (second.is_secure()) second.greet(wire::Lane::votes, 2, 1);
    CHECK(SSL_session_reused(second.ssl()) == 0);
    CHECK(!second.receive().has_value());
    SSL_SESSION_free(session);
}

TEST_CASE("what is no greeting ends the connection: garbage, another frame, the wrong lane first") {
    Node alice(1);
    Random random;
    CAPTURE(random.seed);
    const auto port = alice.transport->port();
    SUBCASE("bytes that are no TLS") {
        RawSocket socket(port);
        socket.send(random.bytes(5'000));
        CHECK(socket.is_ended());
    }
    SUBCASE("bytes that are no frame") {
        RawPeer peer(port, RawLink::tls_of(2));
        peer.send(random.bytes(5'000));
        CHECK(peer.is_ended());
    }
    SUBCASE("a frame of a gigabyte before the greeting") {
        RawPeer peer(port, RawLink::tls_of(2));
        peer.send(vm::Bytes{0x40, 0, 0, 0, 10, 1});
        CHECK(peer.is_ended());
    }
    SUBCASE("a greeting that is malformed") {
        RawPeer peer(port, RawLink::tls_of(2));
        peer.send(vm::Bytes{0, 0, 0, 4, 0, 1, 0xc3, 2, 1, 1});
        CHECK(peer.is_ended());
    }
    SUBCASE("the lane of blocks without that of votes") {
        RawPeer peer(port, RawLink::tls_of(2));
        REQUIRE(peer.greet(wire::Lane::bulk, 1, 1));
        CHECK(peer.receive() == wire::encode_frame(wire::Refused{wire::Refusal::duplicate}));
        CHECK(peer.is_ended());
    }
    CHECK(soon([&] { return alice.transport->counts().unfinished == 0; }));
    CHECK(alice.dialled.empty());
}

TEST_CASE("a frame above its limit ends the link, and the node is shown its header to judge the peer by") {
    Node alice(1);
    RawLink peer(alice, 2);
    REQUIRE(alice.wait_for_link(KeySigner(key(2)).address()));
    const vm::Bytes gigabyte{0x40, 0, 0, 0, 10, 1};
    REQUIRE(peer.bulk.send(gigabyte));
    REQUIRE(alice.wait([&] { return alice.gone == 1; }));
    CHECK(peer.votes.is_ended());
    REQUIRE(alice.frames.size() == 1);
    CHECK(alice.frames[0] == gigabyte);
    CHECK(wire::decode_frame_header(alice.frames[0]).error() == wire::WireError::too_large);
}

TEST_CASE("who does not finish the handshake in time is cut off, however it keeps busy") {
    Node alice(1, {}, 0, 300);
    const auto port = alice.transport->port();
    const auto start = std::chrono::steady_clock::now();
    SUBCASE("it says nothing") {
        RawSocket socket(port);
        CHECK(socket.is_ended());
    }
    SUBCASE("it sends a byte now and then") {
        RawSocket socket(port);
        const vm::Bytes hello{0x16, 0x03, 0x01, 0x02, 0x00};
        for (int i = 0; i < 200; ++i) {
            socket.send({hello.data() + std::min(i, 4), 1});
            std::this_thread::sleep_for(20ms);
            if (pollfd ended{socket.fd(), POLLRDHUP, 0}; ::poll(&ended, 1, 0) == 1) break;
        }
        CHECK(socket.is_ended());
    }
    SUBCASE("it proves its key and never greets") {
        RawPeer peer(port, RawLink::tls_of(2));
        REQUIRE(peer.is_secure());
        CHECK(peer.is_ended());
    }
    SUBCASE("it opens one lane and never the other") {
        RawPeer peer(port, RawLink::tls_of(2));
        REQUIRE(peer.greet(wire::Lane::votes, 1, 1));
        REQUIRE(peer.receive().has_value());
        CHECK(peer.is_ended());
    }
    const auto took = std::chrono::steady_clock::now() - start;
    CHECK(took >= 250ms);
    CHECK(took < 3s);
    CHECK(soon([&] { return alice.transport->counts().unfinished == 0; }));
    CHECK(alice.dialled.empty());
}

TEST_CASE("a peer that does not read is cut off when its queue is full, and nobody else waits for it") {
    Node alice(1);
    RawLink stalled(alice, 2);
    const auto its = KeySigner(key(2)).address();
    REQUIRE(alice.wait_for_link(its));
    Node bob(3, {alice.place()});
    bob.transport->dial({alice.address()});
    REQUIRE(alice.wait_for_link(bob.address()));
    const auto block = std::make_shared<const vm::Bytes>(wire::encode_frame(block_of(31)));
    std::size_t sent = 0;
    while (sent < 4 * node::limits::bulk_queue_bytes_max) {
        alice.transport->send({its}, block);
        sent += block->size();
        if (alice.wait([&] { return alice.gone == 1; }, 20ms)) break;
    }
    CHECK(alice.wait([&] { return alice.gone == 1; }));
    CHECK(alice.transport->counts().overflowed == 1);
    alice.send(bob, vote(1));
    CHECK(bob.wait_for_frame(vote(1)));
    CHECK(bob.gone == 0);
}

TEST_CASE("while the node has too much of a peer in hand nothing more is read, on that lane alone") {
    Node alice(1);
    alice.keeps_receipts = true;
    Node bob(2, {alice.place()});
    bob.transport->dial({alice.address()});
    REQUIRE(bob.wait_for_link(alice.address()));
    const auto block = block_of(30);
    const auto size = wire::encode_frame(block).size();
    constexpr std::size_t sent = 4;
    for (std::size_t i = 0; i < sent; ++i) bob.send(alice, block);
    bob.send(alice, vote(1));
    REQUIRE(alice.wait_for_frame(vote(1)));
    const auto blocks = [&] {
        return std::ranges::count_if(alice.frames, [](const auto& frame) { return frame[4] == 10; });
    };
    // Reading stops above the limit, with what was read by then.
    const auto held_max = static_cast<long>(node::limits::bulk_inbox_bytes_max / size + 1);
    REQUIRE(held_max < static_cast<long>(sent));
    REQUIRE(alice.wait([&] { return blocks() == held_max; }));
    CHECK(!alice.wait([&] { return blocks() > held_max; }, 200ms));
    {
        const std::lock_guard lock(alice.mutex);
        alice.keeps_receipts = false;
    }
    std::vector<std::shared_ptr<const void>> done;
    {
        const std::lock_guard lock(alice.mutex);
        done = std::exchange(alice.receipts, {});
    }
    done.clear();
    CHECK(alice.wait([&] { return blocks() == static_cast<long>(sent); }));
}

TEST_CASE("a peer told to wait is not read until then, and what it sent is not lost") {
    Node alice(1), bob(2, {alice.place()});
    bob.transport->dial({alice.address()});
    REQUIRE(alice.wait_for_link(bob.address()));
    REQUIRE(bob.wait_for_link(alice.address()));
    const auto start = std::chrono::steady_clock::now();
    alice.transport->pause(bob.address(), 300);
    std::this_thread::sleep_for(20ms);
    for (std::uint8_t i = 0; i < 100; ++i) bob.send(alice, vote(i));
    REQUIRE(alice.wait_for_frame(vote(99)));
    CHECK(std::chrono::steady_clock::now() - start >= 290ms);
    CHECK(alice.frames.size() == 100);
}

TEST_CASE("a node that is refused reads why before the connection ends") {
    Node alice(1);
    RawLink peer(alice, 2);
    const auto its = KeySigner(key(2)).address();
    REQUIRE(alice.wait_for_link(its));
    // Much on its way to us must not drown the answer.
    for (int i = 0; i < 20; ++i) REQUIRE(peer.votes.send(wire::encode_frame(vote(1))));
    const wire::Refused why{wire::Refusal::not_admitted};
    alice.transport->send({its}, std::make_shared<const vm::Bytes>(wire::encode_frame(why)));
    alice.transport->disconnect(its);
    CHECK(peer.votes.receive() == wire::encode_frame(why));
    CHECK(peer.votes.is_ended());
    CHECK(peer.bulk.is_ended());
    CHECK(alice.wait([&] { return alice.gone == 1; }));
}

TEST_CASE("a transport stops at once, whatever is under way") {
    Node alice(1);
    Node bob(
        2,
        {alice.place(), {KeySigner(key(9)).address(), "127.0.0.1", 1}, {KeySigner(key(8)).address(), "192.0.2.1", 1}});
    bob.transport->dial({alice.address(), KeySigner(key(9)).address(), KeySigner(key(8)).address()});
    REQUIRE(alice.wait_for_link(bob.address()));
    REQUIRE(bob.wait_for_link(alice.address()));
    RawSocket silent(alice.transport->port());
    alice.keeps_receipts = true;
    bob.send(alice, block_of(1));
    REQUIRE(alice.wait_for_frame(block_of(1)));
    const auto start = std::chrono::steady_clock::now();
    bob.transport->stop();
    alice.transport->stop();
    CHECK(std::chrono::steady_clock::now() - start < 2s);
    alice.transport.reset();
    alice.receipts.clear();  // may outlive it
}

/// What this process writes to stderr, from now on into a file.
class CapturedLog {
  public:
    CapturedLog() : file_(std::tmpfile()), before_(::dup(STDERR_FILENO)) { ::dup2(::fileno(file_), STDERR_FILENO); }
    ~CapturedLog() {
        restore();
        std::fclose(file_);
    }
    CapturedLog(const CapturedLog&) = delete;
    CapturedLog& operator=(const CapturedLog&) = delete;
    [[nodiscard]] std::vector<std::string> lines() {
        restore();
        std::rewind(file_);
        std::vector<std::string> all(1);
        for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) {
            if (c == '\n')
                all.emplace_back();
            else
                all.back().push_back(static_cast<char>(c));
        }
        all.pop_back();
        return all;
    }

  private:
    void restore() {
        std::fflush(stderr);
        if (before_ >= 0) ::dup2(before_, STDERR_FILENO), ::close(before_);
        before_ = -1;
    }
    std::FILE* file_;
    int before_;
};

/// Bytes the program has from malloc (0 under sanitizers, which bring their own).
std::size_t bytes_in_use() {
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}

/// As many connections as file descriptors allow, 10,000 at most.
std::size_t flood_size() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return std::min<std::size_t>(10'000, limit.rlim_cur > 1'000 ? limit.rlim_cur - 500 : 0);
}

TEST_CASE("thousands of connections at once and in sequence cost no memory, few lines, and keep nobody else out") {
    const auto count = flood_size();
    REQUIRE(count >= 500);
    CAPTURE(count);
    CapturedLog log;
    std::size_t lines = 0, before = 0, during = 0, after = 0;
    bool linked_during = false, linked_after = false;
    {
        Node alice(1, {}, 0, 2'000);
        const auto port = alice.transport->port();
        const auto settled = [&] { return soon([&] { return alice.transport->counts().unfinished == 0; }); };
        {
            std::vector<RawSocket> few;
            for (int i = 0; i < 200; ++i) few.emplace_back(port);
        }
        REQUIRE(settled());
        before = bytes_in_use();
        {
            std::vector<RawSocket> many;
            many.reserve(count);
            for (std::size_t i = 0; i < count; ++i) many.emplace_back(port);
            const auto unfinished = alice.transport->counts().unfinished;
            CHECK(unfinished <= node::Doorkeeper::Settings{}.unfinished_per_host_max);
            during = bytes_in_use();
            // From another host the door is open all the while.
            RawPeer votes(port, RawLink::tls_of(2), 77), bulk(port, RawLink::tls_of(2), 77);
            linked_during = votes.greet(wire::Lane::votes, 1, 1) && votes.receive() &&
                            bulk.greet(wire::Lane::bulk, 1, 1) && bulk.receive() &&
                            alice.wait_for_link(KeySigner(key(2)).address());
        }
        REQUIRE(settled());
        for (std::size_t i = 0; i < count; ++i) RawSocket one(port);
        REQUIRE(settled());
        Node bob(3, {alice.place()});
        bob.transport->dial({alice.address()});
        linked_after = alice.wait_for_link(bob.address()) && bob.wait_for_link(alice.address());
        after = bytes_in_use();
        CHECK(alice.transport->counts().accepted >= 2 * count);
        // At least of those that came at once; of the others only where they come faster than the bucket fills.
        CHECK(alice.transport->counts().turned_away > count / 2);
    }
    for (const auto& line : log.lines())
        if (line.find("127.0.0.1") != std::string::npos && line.find("linked") == std::string::npos) ++lines;
    CHECK(linked_during);
    CHECK(linked_after);
    CHECK(lines >= 1);
    CHECK(lines <= 6);  // one for each way to be refused
    CAPTURE(before);
    CAPTURE(during);
    CAPTURE(after);
    CHECK(during < before + 8 * 1024 * 1024);
    CHECK(after < before + 1024 * 1024);
}

}  // namespace
}  // namespace talea::tests
