"""The Huffman code of header strings (RFC 7541, 5.2 and appendix B), read a byte at a time.

The code is canonical: codes of one length follow one another in the order of their symbols, and shorter codes come
first. So the lengths determine the whole code.
"""

from functools import lru_cache

_PRINTABLE = {
    5: "012aceiost",
    6: " %-./3456789=A_bdfghlmnpru",
    7: ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz",
    8: "&*,;XZ",
    10: "!\"()?",
    11: "'+|",
    12: "#>",
    13: "$@[]~",
    14: "^}",
    15: "<`{",
    19: "\\",
}  # fmt: skip
_OTHERS = {
    13: [0],
    19: [195, 208],
    20: [128, 130, 131, 162, 184, 194, 224, 226],
    21: [153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230],
    22: [129, 132, 133, 134, 136, 146, 154, 156, 160, 163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190, 196,
         198, 228, 232, 233],
    23: [1, 135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157, 158, 165, 166, 168, 174, 175, 180,
         182, 183, 188, 191, 197, 231, 239],
    24: [9, 142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237],
    25: [199, 207, 234, 235],
    26: [192, 193, 200, 201, 202, 205, 210, 213, 218, 219, 238, 240, 242, 243, 255],
    27: [203, 204, 211, 212, 214, 221, 222, 223, 241, 244, 245, 246, 247, 248, 250, 251, 252, 253, 254],
    28: [2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127, 220,
         249],
    30: [10, 13, 22, 256],
}  # fmt: skip
_END = 256
"""The symbol whose first bits pad the last byte; the whole symbol must not occur in a string."""

_PADDING_BITS = 7
_CACHED_BYTES = 1024


class HuffmanError(Exception):
    """The bytes are not a string in this code."""


def _lengths() -> list[tuple[int, int]]:
    """All symbols with the length of their code, in the order of the codes."""
    found = [(length, ord(symbol)) for length, symbols in _PRINTABLE.items() for symbol in symbols]
    return sorted(found + [(length, symbol) for length, symbols in _OTHERS.items() for symbol in symbols])


def _tree() -> list[list[int]]:
    """The code as a tree: for each node the node behind a 0 and behind a 1; a symbol stands as its complement."""
    nodes = [[0, 0]]
    code = before = 0
    for length, symbol in _lengths():
        code <<= length - before
        before = length
        node = 0
        for bit in range(length - 1, 0, -1):
            branch = code >> bit & 1
            if not nodes[node][branch]:
                nodes.append([0, 0])
                nodes[node][branch] = len(nodes) - 1
            node = nodes[node][branch]
        nodes[node][code & 1] = ~symbol
        code += 1
    return nodes


def _ends() -> frozenset[int]:
    """The nodes at which a string may end: after a symbol, and after at most seven 1 bits that follow it."""
    node, found = 0, [0]
    for _ in range(_PADDING_BITS):
        node = _TREE[node][1]
        found.append(node)
    return frozenset(found)


_TREE = _tree()
_ENDS = _ends()
_steps: dict[int, tuple[str, int]] = {}
"""By node and byte: the symbols that the byte completes, and the node after it. Filled when needed, 65,536 at most."""


def _step(node: int, byte: int) -> tuple[str, int]:
    symbols, at = "", node
    for bit in range(7, -1, -1):
        at = _TREE[at][byte >> bit & 1]
        if at < 0:
            if ~at == _END:
                raise HuffmanError("the end of string stands in a string")
            symbols += chr(~at)
            at = 0
    step = _steps[node << 8 | byte] = symbols, at
    return step


def _decode(data: bytes) -> str:
    node, found = 0, []
    for byte in data:
        symbols, node = _steps.get(node << 8 | byte) or _step(node, byte)
        found.append(symbols)
    if node not in _ENDS:
        raise HuffmanError("a string ends within a symbol")
    return "".join(found)


_decode_again = lru_cache(1024)(_decode)


def decode(data: bytes) -> str:
    """The string, a character for each byte (latin-1). Raises HuffmanError.

    Short strings are remembered, because clients repeat most of them, such as a token with every call.
    """
    return _decode_again(data) if len(data) <= _CACHED_BYTES else _decode(data)
