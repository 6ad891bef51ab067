#include "node/chain/workers.hpp"

#include <utility>

#include "node/base/thread_name.hpp"

namespace talea::node {

Workers::Workers(std::size_t threads, std::string_view name, std::function<void()> begin) {
    for (std::size_t i = 0; i < threads; ++i)
        threads_.emplace_back([this, name, begin] {
            name_this_thread(name);
            if (begin) begin();
            run();
        });
}

Workers::~Workers() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
}

void Workers::add(std::function<void()> task) {
    {
        const std::lock_guard lock(mutex_);
        line_.push_back(std::move(task));
    }
    wake_.notify_one();
}

void Workers::run() {
    while (true) {
        std::function<void()> task;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stopping_ || !line_.empty(); });
            if (stopping_) return;
            task = std::move(line_.front());
            line_.pop_front();
        }
        task();
    }
}

}  // namespace talea::node
