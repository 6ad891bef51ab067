#pragma once
#include "vm/base/bytes.hpp"
#include "vm/base/u256.hpp"

/// Recursive Length Prefix (Yellow Paper, appendix B).
namespace talea::vm::rlp {

/// Appends to `out`. Numbers are minimal big-endian strings, zero is the empty string.
void encode(Bytes& out, BytesView string);
void encode(Bytes& out, std::uint64_t number);
void encode(Bytes& out, const u256& number);
inline void encode(Bytes& out, const Address& address) {
    encode(out, view(address));
}
inline void encode(Bytes& out, const Hash& hash) {
    encode(out, view(hash));
}

/// Appends the header of a list whose items take `payload_bytes` together.
void encode_list_header(Bytes& out, std::size_t payload_bytes);
/// Bytes the header of a list with that payload takes.
[[nodiscard]] std::size_t list_header_bytes(std::size_t payload_bytes);

/// Writes a list: `List list(out); encode(out, ...); ...; list.close();`. The items are written in place and the
/// header is put before them when the list is closed. Lists nest; the destructor closes what is open.
class List {
  public:
    explicit List(Bytes& out) : out_(out), start_(out.size()) {}
    List(const List&) = delete;
    List& operator=(const List&) = delete;
    ~List() { close(); }
    void close();

  private:
    Bytes& out_;
    std::size_t start_;
    bool open_ = true;
};

}  // namespace talea::vm::rlp
