"""Whose signature it is: the system's libsecp256k1 through ctypes."""

import ctypes
import ctypes.util

from keccak import keccak256

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def _load():
    for name in (ctypes.util.find_library("secp256k1"), "libsecp256k1.so.1", "libsecp256k1.so.2"):
        try:
            if name:
                return ctypes.CDLL(name)
        except OSError:
            pass
    raise SystemExit("chain checker: libsecp256k1 is not installed")


_library = _load()
_library.secp256k1_context_create.restype = ctypes.c_void_p
_library.secp256k1_context_create.argtypes = [ctypes.c_uint]
_context = ctypes.c_void_p(_library.secp256k1_context_create(1))
_UNCOMPRESSED = 2


def _address(public_key):
    point, size = ctypes.create_string_buffer(65), ctypes.c_size_t(65)
    _library.secp256k1_ec_pubkey_serialize(_context, point, ctypes.byref(size), public_key, _UNCOMPRESSED)
    return keccak256(point.raw[1:])[12:]


def signer(digest, signature):
    """The address that signed, of r ‖ s ‖ y parity; None for what is no signature, and for s above half the order."""
    if len(signature) != 65 or signature[64] > 1 or int.from_bytes(signature[32:64], "big") > ORDER // 2:
        return None
    parsed, public_key = ctypes.create_string_buffer(65), ctypes.create_string_buffer(64)
    if not _library.secp256k1_ecdsa_recoverable_signature_parse_compact(
        _context, parsed, signature[:64], ctypes.c_int(signature[64])
    ):
        return None
    if not _library.secp256k1_ecdsa_recover(_context, public_key, parsed, digest):
        return None
    return _address(public_key)


def address(secret):
    public_key = ctypes.create_string_buffer(64)
    if not _library.secp256k1_ec_pubkey_create(_context, public_key, secret.to_bytes(32, "big")):
        raise ValueError("no private key")
    return _address(public_key)


def sign(secret, digest):
    """For tests that make chains of their own."""
    made, compact, parity = ctypes.create_string_buffer(65), ctypes.create_string_buffer(64), ctypes.c_int()
    if not _library.secp256k1_ecdsa_sign_recoverable(_context, made, digest, secret.to_bytes(32, "big"), None, None):
        raise ValueError("no private key")
    _library.secp256k1_ecdsa_recoverable_signature_serialize_compact(_context, compact, ctypes.byref(parity), made)
    return compact.raw + bytes([parity.value])
