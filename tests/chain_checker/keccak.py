"""Keccak-256 as Ethereum uses it (padding 0x01), from FIPS 202's description of the permutation."""

_MASK = (1 << 64) - 1


def _round_constants():
    constants, lfsr = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            if lfsr & 1:
                constant |= 1 << ((1 << j) - 1)
            lfsr = (lfsr << 1) ^ (0x171 if lfsr & 0x80 else 0)
        constants.append(constant)
    return constants


def _lanes_of_rho_and_pi():
    """Where each lane goes, and by how much it is turned on the way: (to, from, bits), along the one cycle of pi."""
    moves, x, y = [], 1, 0
    for t in range(24):
        to_x, to_y = y, (2 * x + 3 * y) % 5
        moves.append((to_x + 5 * to_y, x + 5 * y, (t + 1) * (t + 2) // 2 % 64))
        x, y = to_x, to_y
    return moves


_CONSTANTS = _round_constants()
_MOVES = _lanes_of_rho_and_pi()
_RATE = 136


def _permute(lanes):
    for constant in _CONSTANTS:
        parity = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
        for x in range(5):
            ahead = parity[(x + 1) % 5]
            mix = parity[(x + 4) % 5] ^ ((ahead << 1 | ahead >> 63) & _MASK)
            for y in range(0, 25, 5):
                lanes[x + y] ^= mix
        moved = list(lanes)
        for to, source, bits in _MOVES:
            lane = lanes[source]
            moved[to] = (lane << bits | lane >> (64 - bits)) & _MASK
        for y in range(0, 25, 5):
            row = moved[y : y + 5]
            for x in range(5):
                lanes[x + y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5] & _MASK)
        lanes[0] ^= constant
    return lanes


def keccak256(data):
    padded = bytearray(data)
    padded.append(0x01)
    padded += bytes(-len(padded) % _RATE)
    padded[-1] |= 0x80
    lanes = [0] * 25
    for start in range(0, len(padded), _RATE):
        for i in range(_RATE // 8):
            lanes[i] ^= int.from_bytes(padded[start + 8 * i : start + 8 * i + 8], "little")
        _permute(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])
