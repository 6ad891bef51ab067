"""Recursive Length Prefix (Yellow Paper, appendix B). Strict: decodes only what `encode` would have written."""


class Malformed(Exception):
    pass


def number(value):
    """The string of a number: big-endian, no leading zeros, 0 is the empty string."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def encode(item):
    """`item` is bytes, a number, or a list of items."""
    if isinstance(item, int):
        item = number(item)
    if isinstance(item, (bytes, bytearray)):
        if len(item) == 1 and item[0] < 0x80:
            return bytes(item)
        return _prefix(0x80, len(item)) + bytes(item)
    payload = b"".join(encode(each) for each in item)
    return _prefix(0xC0, len(payload)) + payload


def _prefix(base, size):
    if size <= 55:
        return bytes([base + size])
    length = number(size)
    return bytes([base + 55 + len(length)]) + length


def decode(data):
    item, end = _decode(data, 0)
    if end != len(data):
        raise Malformed("bytes are left over")
    return item


def to_number(string, bits=64):
    if not isinstance(string, bytes) or string[:1] == b"\0" or len(string) * 8 > bits:
        raise Malformed("not a number")
    return int.from_bytes(string, "big")


def _decode(data, at):
    if at >= len(data):
        raise Malformed("an item is missing")
    first = data[at]
    if first < 0x80:
        return data[at : at + 1], at + 1
    is_list = first >= 0xC0
    short = first - (0xC0 if is_list else 0x80)
    begin, size = at + 1, short
    if short > 55:
        begin += short - 55
        length = data[at + 1 : begin]
        size = int.from_bytes(length, "big")
        if len(length) != short - 55 or length[:1] == b"\0" or size <= 55:
            raise Malformed("a length is not the shortest")
    end = begin + size
    if end > len(data):
        raise Malformed("an item is cut off")
    if not is_list:
        if size == 1 and short == 1 and data[begin] < 0x80:
            raise Malformed("a byte that stands for itself has a prefix")
        return data[begin:end], end
    items = []
    while begin < end:
        item, begin = _decode(data[:end], begin)
        items.append(item)
    return items, end
