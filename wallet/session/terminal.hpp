#pragma once
#include <expected>
#include <string>
#include <string_view>

#include "wallet/session/failure.hpp"
#include "wallet/session/settings.hpp"

/// Talk goes to stderr, data to stdout; questions are asked on a terminal only.
namespace talea::wallet {

void say(std::string_view line);
void print(std::string_view line);

enum class Colour { green, red, yellow, bold };
/// `text` in colour where stderr is a terminal that wants it (NO_COLOR unset, TERM not dumb); else as it is.
[[nodiscard]] std::string coloured(Colour colour, std::string_view text);

/// Whether a person is there to be asked: stdin and stderr are terminals.
[[nodiscard]] bool is_interactive();
/// True for y or yes. Only where is_interactive().
[[nodiscard]] bool ask_yes_no(std::string_view question);

/// From --password-fd, --password-file (one line) or a prompt without echo; `twice` where a new one is chosen.
[[nodiscard]] Result<std::string> read_password(const Settings& settings, std::string_view prompt, bool twice = false);

}  // namespace talea::wallet
