#include "node/base/thread_name.hpp"

#include <pthread.h>

#include <string>

#include "vm/base/check.hpp"

namespace talea::node {

void name_this_thread(std::string_view name) {
    constexpr std::size_t most = 15;  // pthread_setname_np(3)
    vm::check(name.size() <= most, "a thread's name has 15 characters at most");
    (void)pthread_setname_np(pthread_self(), std::string(name).c_str());
}

}  // namespace talea::node
