#include "node/base/thread_name.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <thread>

namespace talea::tests {
namespace {

/// What the system calls the calling thread.
std::string listed_name() {
    std::string name;
    std::ifstream file("/proc/thread-self/comm");
    std::getline(file, name);
    return name;
}

TEST_CASE("every part's threads are listed by the whole of its name, and the thread that starts one keeps its own") {
    using namespace node::thread_name;
    const auto mine = listed_name();
    for (const auto name : {writer, worker, p2p, rpc, rpc_worker, caller, subscriptions, leveldb, disk, forgetter}) {
        std::string listed;
        std::thread([&] {
            node::name_this_thread(name);
            listed = listed_name();
        }).join();
        CHECK(listed == name);
    }
    CHECK(listed_name() == mine);
}

}  // namespace
}  // namespace talea::tests
