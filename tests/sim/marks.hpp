#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace talea::sim {

/// How often each rare branch was taken. A mark that stays at zero over a whole corpus says that the corpus does not
/// test what it seems to.
class Marks {
  public:
    /// `name` must be one of those declared, see marks.cpp.
    void hit(std::string_view name, std::uint64_t times = 1);
    void add(const Marks& other);
    [[nodiscard]] std::uint64_t count(std::string_view name) const;
    /// In the order of names.
    [[nodiscard]] const std::map<std::string, std::uint64_t, std::less<>>& all() const { return counts_; }

    /// All at zero.
    Marks();

  private:
    std::map<std::string, std::uint64_t, std::less<>> counts_;
};

}  // namespace talea::sim
