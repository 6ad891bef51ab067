#include "wallet/session/terminal.hpp"

#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "wallet/store/durable_file.hpp"

namespace talea::wallet {
namespace {

constexpr std::size_t password_bytes_max = 4096;

/// A line without its end, not echoed.
Result<std::string> prompt_password(std::string_view prompt) {
    std::cerr << prompt << std::flush;
    termios before{};
    const bool echoes = ::tcgetattr(STDIN_FILENO, &before) == 0;
    if (echoes) {
        termios silent = before;
        silent.c_lflag &= static_cast<tcflag_t>(~ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    std::string line;
    const bool read = static_cast<bool>(std::getline(std::cin, line));
    if (echoes) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    std::cerr << '\n';
    if (!read) return fail(Exit::usage, "no password was given");
    return line;
}

std::string first_line(std::string content) {
    content.resize(std::min(content.find_first_of("\r\n"), content.size()));
    return content;
}

Result<std::string> read_descriptor(int descriptor) {
    std::string content;
    char buffer[256];
    while (content.size() < password_bytes_max) {
        const ssize_t count = ::read(descriptor, buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            return fail(Exit::usage, "cannot read the password from file descriptor " + std::to_string(descriptor) +
                                         ": " + std::strerror(errno));
        }
        if (count == 0) break;
        content.append(buffer, static_cast<std::size_t>(count));
    }
    return first_line(std::move(content));
}

}  // namespace

void say(std::string_view line) {
    std::cerr << line << '\n';
}
void print(std::string_view line) {
    std::cout << line << '\n';
}

std::string coloured(Colour colour, std::string_view text) {
    static const bool wanted = [] {
        const char* terminal = std::getenv("TERM");
        const char* off = std::getenv("NO_COLOR");
        return ::isatty(STDERR_FILENO) == 1 && (off == nullptr || *off == '\0') && terminal != nullptr &&
               std::string_view(terminal) != "dumb";
    }();
    if (!wanted) return std::string(text);
    const char* code = "1";
    switch (colour) {
        case Colour::green:
            code = "32";
            break;
        case Colour::red:
            code = "31";
            break;
        case Colour::yellow:
            code = "33";
            break;
        case Colour::bold:
            break;
    }
    return "\033[" + std::string(code) + "m" + std::string(text) + "\033[0m";
}

bool is_interactive() {
    return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
}

bool ask_yes_no(std::string_view question) {
    std::cerr << question << " [y/N] " << std::flush;
    std::string answer;
    return std::getline(std::cin, answer) && (answer == "y" || answer == "Y" || answer == "yes");
}

Result<std::string> read_password(const Settings& settings, std::string_view prompt, bool twice) {
    if (settings.password_fd >= 0) return read_descriptor(settings.password_fd);
    if (!settings.password_file.empty()) {
        auto content = read_file(settings.password_file);
        if (!content) return fail(Exit::usage, content.error().sentence);
        return first_line(std::move(*content));
    }
    if (!is_interactive()) {
        return fail(Exit::usage,
                    "a password is needed and there is no terminal to ask on; give --password-file or --password-fd");
    }
    auto password = prompt_password(prompt);
    if (password && twice) {
        const auto again = prompt_password("the same again: ");
        if (!again) return again;
        if (*again != *password) return fail(Exit::usage, "the two passwords differ; nothing was written");
    }
    return password;
}

}  // namespace talea::wallet
