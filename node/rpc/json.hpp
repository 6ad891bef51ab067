#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace talea::node {

/// A JSON value that was read. Numbers keep their kind, so that a request's id goes back as it came.
struct Json {
    enum class Kind : std::uint8_t { null, boolean, integer, unsigned_integer, real, string, array, object };
    Kind kind = Kind::null;
    bool boolean = false;
    std::int64_t integer = 0;
    std::uint64_t unsigned_integer = 0;
    double real = 0;
    std::string text;
    std::vector<Json> items;         ///< of an array; of an object the members' values
    std::vector<std::string> names;  ///< of an object's members, as many as `items`

    [[nodiscard]] bool is(Kind other) const { return kind == other; }
    [[nodiscard]] bool is_null() const { return kind == Kind::null; }
    [[nodiscard]] bool is_string() const { return kind == Kind::string; }
    [[nodiscard]] bool is_array() const { return kind == Kind::array; }
    [[nodiscard]] bool is_object() const { return kind == Kind::object; }
    /// The member of that name (the last one where there are two), or null; null too where this is no object.
    [[nodiscard]] const Json* find(std::string_view name) const;
    /// The same, but a member that is JSON's null counts as absent.
    [[nodiscard]] const Json* find_present(std::string_view name) const;
};

/// Reads one JSON text (RFC 8259), nested at most `limits::rpc_depth_max` deep and of at most `limits::rpc_values_max`
/// values; nothing where it is malformed or larger.
[[nodiscard]] std::optional<Json> parse_json(std::string_view text);

/// Writes JSON into one string, commas and quotes by itself. The order of calls is the caller's affair:
/// `object_begin(); key("a"); value(...); object_end();`.
class JsonWriter {
  public:
    void object_begin() { open('{'); }
    void object_end() { close('}'); }
    void array_begin() { open('['); }
    void array_end() { close(']'); }
    void key(std::string_view name);
    void string(std::string_view text);  ///< escaped; bytes that are no UTF-8 become U+FFFD
    void boolean(bool value) { raw(value ? "true" : "false"); }
    void number(std::uint64_t value) { raw(std::to_string(value)); }
    void null() { raw("null"); }
    /// JSON text as it is.
    void raw(std::string_view json);
    void value(const Json& json);

    void member(std::string_view name, std::string_view text) {
        key(name);
        string(text);
    }
    void member(std::string_view name, const char* text) { member(name, std::string_view(text)); }
    void member(std::string_view name, const std::string& text) { member(name, std::string_view(text)); }
    void member(std::string_view name, bool value) {
        key(name);
        boolean(value);
    }
    void member_null(std::string_view name) {
        key(name);
        null();
    }

    /// Where the text stands now, and back to there: what was written since is taken away.
    struct Mark {
        std::size_t size;
        bool wants_comma;
    };
    [[nodiscard]] Mark mark() const { return {out_.size(), wants_comma_}; }
    void rewind(Mark to) {
        out_.resize(to.size);
        wants_comma_ = to.wants_comma;
    }

    [[nodiscard]] std::size_t size() const { return out_.size(); }
    [[nodiscard]] const std::string& text() const { return out_; }
    [[nodiscard]] std::string take() { return std::move(out_); }

  private:
    void open(char bracket);
    void close(char bracket);
    void separate();
    std::string out_;
    bool wants_comma_ = false;
};

}  // namespace talea::node
