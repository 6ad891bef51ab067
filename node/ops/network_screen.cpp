#include "node/ops/network_screen.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace talea::node {
namespace {

using Clock = std::chrono::steady_clock;

/// Until the first block: it is timed.
constexpr std::chrono::milliseconds first_look{20};
/// A node answers once its database is open and rolled forward.
constexpr std::chrono::seconds start_wait{30};
constexpr std::chrono::milliseconds look_interval{1'000};
/// Off a terminal a line of an unchanged network would only be noise, and one of a busy network too many.
constexpr std::chrono::seconds line_interval{10};
constexpr std::size_t width_default = 120;

std::size_t width_of(std::FILE* to) {
    winsize size{};
    return ::ioctl(::fileno(to), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : width_default;
}

bool shows_colour() {
    const char* no_colour = std::getenv("NO_COLOR");
    const char* terminal = std::getenv("TERM");
    return (no_colour == nullptr || *no_colour == 0) && terminal != nullptr && std::string_view(terminal) != "dumb";
}

/// Writes the network's view where its last one stood.
class Screen {
  public:
    explicit Screen(std::FILE* to) : to_(to), is_terminal_(::isatty(::fileno(to)) == 1) {}

    void show(const NetworkView& view) {
        if (is_terminal_) {
            clear();
            const auto lines = network_table(view, width_of(to_), shows_colour());
            for (const auto& line : lines) fmt::print(to_, "{}\n", line);
            lines_ = lines.size();
        } else if (const auto now = Clock::now(); !said_at_ || now - *said_at_ >= line_interval) {
            auto line = network_line(view);
            if (line == said_) return;
            fmt::print(to_, "{}\n", line);
            said_ = std::move(line);
            said_at_ = now;
        }
        std::fflush(to_);
    }
    /// Above the view, to stay.
    void say(std::FILE* to, std::string_view sentence) {
        clear();
        std::fflush(to_);
        fmt::print(to, "{}\n", sentence);
        std::fflush(to);
    }

  private:
    void clear() {
        if (lines_ > 0) fmt::print(to_, "\033[{}A\033[J", lines_);
        lines_ = 0;
    }

    std::FILE* to_;
    bool is_terminal_;
    std::size_t lines_ = 0;
    std::string said_;
    std::optional<Clock::time_point> said_at_;
};

bool has_block(const NetworkView& view) {
    return std::ranges::any_of(view.nodes, [](const NodeView& node) { return node.block > 0; });
}

}  // namespace

StopSignals::StopSignals() {
    sigemptyset(&signals_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&signals_, signal);
    ::sigprocmask(SIG_BLOCK, &signals_, &before_);
}

StopSignals::~StopSignals() {
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> StopSignals::wait(std::chrono::milliseconds timeout) const {
    const timespec time{timeout.count() / 1000, timeout.count() % 1000 * 1'000'000};
    const int signal = ::sigtimedwait(&signals_, nullptr, &time);
    if (signal < 0) return std::nullopt;
    return signal;
}

bool wait_for_answers(LocalNetwork& network, const StopSignals& signals) {
    const auto end = Clock::now() + start_wait;
    const auto is_starting = [](const NodeView& node) { return node.state == NodeView::State::starting; };
    while (std::ranges::any_of(network.look().nodes, is_starting) && Clock::now() < end)
        if (const auto signal = signals.wait(first_look); signal && *signal != SIGCHLD) return false;
    return true;
}

bool watch(LocalNetwork& network, const StopSignals& signals, std::optional<Clock::time_point> began, std::FILE* to) {
    Screen screen(to);
    for (;;) {
        const auto& view = network.look();
        if (began && has_block(view)) {
            const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - *began);
            screen.say(to, fmt::format("a block after {} ms", passed.count()));
            began.reset();
        }
        for (const auto& sentence : network.newly_ended()) screen.say(stderr, "talead: " + sentence);
        if (!began) screen.show(view);
        if (network.none_runs()) return false;
        const auto signal = signals.wait(began ? first_look : look_interval);
        if (signal && *signal != SIGCHLD) return true;
    }
}

}  // namespace talea::node
