#!/usr/bin/env python3
"""Noise in plain Python, to make and to check test vectors: it shares no line and no library with net/noise.

Usage: noise_vectors.py                 prints the vectors that are stored in noise_vectors.json
       noise_vectors.py --check FILE    computes every vector in FILE again from its inputs; exit 1 when one differs,
                                        77 when FILE is not there

Written from the texts: RFC 7748 (X25519), RFC 8439 (ChaCha20-Poly1305), the Noise specification, revision 34. BLAKE2b and
HMAC come from the standard library. It is slow and leaks timings: for tests only.
"""
import hashlib
import hmac
import json
import pathlib
import struct
import sys

PATTERNS = {  # pre-message of the responder, then the messages in turn
    "IKpsk2": (["s"], [["e", "es", "s", "ss"], ["e", "ee", "se", "psk"]]),
    "XXpsk3": ([], [["e"], ["e", "ee", "s", "es"], ["s", "se", "psk"]]),
}
SUITE = "25519_ChaChaPoly_BLAKE2b"
P = 2**255 - 19
BASE = (9).to_bytes(32, "little")


def x25519(scalar, point):
    k = int.from_bytes(scalar, "little")
    k = (k & ~7 & ~(1 << 255)) | 1 << 254
    u = (int.from_bytes(point, "little") & (1 << 255) - 1) % P
    x2, z2, x3, z3, swapped = 1, 0, u, 1, 0
    for t in reversed(range(255)):
        bit = k >> t & 1
        if swapped != bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swapped = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % P, b * b % P, d * a % P, c * b % P
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P, u * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swapped:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


def rotated(word, bits):
    return (word << bits | word >> 32 - bits) & 0xFFFFFFFF


def chacha20_block(key, counter, nonce):
    start = struct.unpack("<16I", b"expand 32-byte k" + key + struct.pack("<I", counter) + nonce)
    s = list(start)
    rows = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
            (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]
    for _ in range(10):
        for a, b, c, d in rows:
            for x, y, z, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
                s[x] = s[x] + s[y] & 0xFFFFFFFF
                s[z] = rotated(s[z] ^ s[x], bits)
    return struct.pack("<16I", *(a + b & 0xFFFFFFFF for a, b in zip(s, start)))


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for at in range(0, len(message), 16):
        total = (total + int.from_bytes(message[at:at + 16] + b"\1", "little")) * r % (2**130 - 5)
    return (total + int.from_bytes(key[16:], "little") & 2**128 - 1).to_bytes(16, "little")


def encrypt(key, counter, associated, text):
    nonce = bytes(4) + struct.pack("<Q", counter)
    stream = b"".join(chacha20_block(key, 1 + i, nonce) for i in range((len(text) + 63) // 64))
    sealed = bytes(a ^ b for a, b in zip(text, stream))
    padded = b"".join(part + bytes(-len(part) % 16) for part in (associated, sealed))
    tag = poly1305(chacha20_block(key, 0, nonce)[:32], padded + struct.pack("<QQ", len(associated), len(sealed)))
    return sealed + tag


def rekeyed(key):
    return encrypt(key, 2**64 - 1, b"", bytes(32))[:32]


def blake2b(data):
    return hashlib.blake2b(data).digest()


def hkdf(chaining_key, data, count):
    extracted = hmac.new(chaining_key, data, hashlib.blake2b).digest()
    outputs, last = [], b""
    for i in range(count):
        last = hmac.new(extracted, last + bytes([i + 1]), hashlib.blake2b).digest()
        outputs.append(last)
    return outputs


class Transcript:
    """Both sides at once: since one writes what the other reads, one state is enough to know every message."""

    def __init__(self, name, prologue):
        self.h = self.ck = name.encode().ljust(64, b"\0") if len(name) <= 64 else blake2b(name.encode())
        self.k, self.n = None, 0
        self.mix_hash(prologue)

    def mix_hash(self, data):
        self.h = blake2b(self.h + data)

    def mix_key(self, data):
        self.ck, key = hkdf(self.ck, data, 2)
        self.k, self.n = key[:32], 0

    def mix_key_and_hash(self, data):
        self.ck, digest, key = hkdf(self.ck, data, 3)
        self.mix_hash(digest)
        self.k, self.n = key[:32], 0

    def sealed(self, text):
        out = encrypt(self.k, self.n, self.h, text)
        self.n += 1
        self.mix_hash(out)
        return out


def complete(vector):
    """The vector with its outputs (handshake_hash and every ciphertext) computed from its inputs."""
    inputs = {k: bytes.fromhex(v) for k, v in vector.items() if isinstance(v, str) and k != "protocol_name"}
    name = vector["protocol_name"]
    _, pattern, suite = name.split("_", 2)
    if suite != SUITE or pattern not in PATTERNS:
        raise ValueError(f"{name} is none of ours")
    for what in ("prologue", "psks"):
        if vector["init_" + what] != vector["resp_" + what]:
            raise ValueError(f"the two sides differ in {what}")
    sides = [{"e": inputs[who + "_ephemeral"], "s": inputs[who + "_static"]} for who in ("init", "resp")]
    public = [{letter: x25519(key, BASE) for letter, key in side.items()} for side in sides]
    psk = bytes.fromhex(vector["init_psks"][0])
    pre_message, patterns = PATTERNS[pattern]

    state = Transcript(name, inputs["init_prologue"])
    for token in pre_message:
        if inputs["init_remote_static"] != public[1][token]:
            raise ValueError("init_remote_static is not the responder's key")
        state.mix_hash(public[1][token])

    def handshake_message(number, payload):
        out = b""
        for token in patterns[number]:
            if token == "e":
                key = public[number % 2]["e"]
                out += key
                state.mix_hash(key)
                state.mix_key(key)  # section 9.2
            elif token == "s":
                out += state.sealed(public[number % 2]["s"])
            elif token == "psk":
                state.mix_key_and_hash(psk)
            else:
                state.mix_key(x25519(sides[0][token[0]], public[1][token[1]]))
        return out + state.sealed(payload)

    done = {k: v for k, v in vector.items() if k not in ("handshake_hash", "messages", "rekeyed_messages")}
    payloads = [bytes.fromhex(message["payload"]) for message in vector["messages"]]
    texts = [handshake_message(i, payload) for i, payload in enumerate(payloads[:len(patterns)])]
    done["handshake_hash"] = state.h.hex()
    keys, counters = [key[:32] for key in hkdf(state.ck, b"", 2)], [0, 0]

    def session_message(sender, payload):
        counters[sender] += 1
        return encrypt(keys[sender], counters[sender] - 1, b"", payload)

    def paired(messages, ciphertexts):
        return [{"payload": m["payload"], "ciphertext": c.hex()} for m, c in zip(messages, ciphertexts)]

    texts += [session_message(i % 2, payloads[i]) for i in range(len(patterns), len(payloads))]
    done["messages"] = paired(vector["messages"], texts)
    if "rekeyed_messages" in vector:  # not in the official format: both sides rekey once, the counters go on
        keys = [rekeyed(key) for key in keys]
        done["rekeyed_messages"] = paired(vector["rekeyed_messages"], [
            session_message(i % 2, bytes.fromhex(m["payload"])) for i, m in enumerate(vector["rekeyed_messages"])])
    return done


def own_inputs():
    """Both patterns with: no payloads and no prologue; payloads that end inside and at the end of a block; long ones."""
    def key(label):
        return hashlib.blake2b(label.encode(), digest_size=32).digest().hex()

    for pattern, (pre_message, _) in PATTERNS.items():
        for case, prologue, sizes in (("empty", "", [0] * 6), ("blocks", "72696e67", [63, 64, 65, 16, 15, 1]),
                                      ("long", "70726f6c6f677565" * 40, [300, 1000, 257, 1300, 0, 129])):
            label = f"{pattern} {case} "
            vector = {"protocol_name": f"Noise_{pattern}_{SUITE}"}
            for who in ("init", "resp"):
                vector[who + "_prologue"] = prologue
                vector[who + "_psks"] = [key(label + "psk")]
                vector[who + "_static"] = key(label + who + " static")
                vector[who + "_ephemeral"] = key(label + who + " ephemeral")
            if pre_message:
                vector["init_remote_static"] = x25519(bytes.fromhex(vector["resp_static"]), BASE).hex()
            stream = hashlib.shake_128(label.encode()).digest(sum(sizes))
            ends = [sum(sizes[:i + 1]) for i in range(len(sizes))]
            vector["messages"] = [{"payload": stream[end - size:end].hex()} for size, end in zip(sizes, ends)]
            vector["rekeyed_messages"] = vector["messages"][:2]
            yield vector


def main():
    if len(sys.argv) == 1:
        json.dump({"source": "tests/unit/noise_vectors.py", "vectors": [complete(v) for v in own_inputs()]}, sys.stdout,
                  indent=1)
        print()
        return 0
    if len(sys.argv) != 3 or sys.argv[1] != "--check":
        print("usage: noise_vectors.py [--check FILE]", file=sys.stderr)
        return 64
    path = pathlib.Path(sys.argv[2])
    if not path.is_file():
        print(f"skipped: {path} is not there")
        return 77
    vectors = json.loads(path.read_text(encoding="utf-8"))["vectors"]
    different = [v["protocol_name"] for v in vectors if complete(v) != v]
    print(f"{len(vectors)} vectors, {len(different)} differ", *different)
    return 1 if different or not vectors else 0


if __name__ == "__main__":
    sys.exit(main())
