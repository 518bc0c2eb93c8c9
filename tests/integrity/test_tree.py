import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.publish.evidence.tree import EMPTY, Frontier, TreeError, node_hash, whole_subtrees

# The tree of the test vectors of Certificate Transparency (RFC 6962's own log).
VECTORS = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
]


def leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\0" + data).digest()


def by_the_book(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return EMPTY
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(by_the_book(leaves[:split]), by_the_book(leaves[split:]))


def test_the_roots_are_those_of_certificate_transparency():
    frontier = Frontier()
    roots = [frontier.root().hex()]
    for data in VECTORS:
        frontier.add(leaf(data))
        roots.append(frontier.root().hex())
    assert roots[0] == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert roots[1] == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert roots[8] == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@given(st.integers(0, 300))
def test_a_growing_tree_has_the_root_of_the_definition(count):
    leaves = [leaf(bytes([number % 256, number // 256])) for number in range(count)]
    frontier = Frontier()
    for hash_ in leaves:
        frontier.add(hash_)
    assert frontier.root() == by_the_book(leaves)


@given(st.integers(0, 400), st.integers(0, 400))
def test_a_stretch_is_split_into_whole_subtrees_that_cover_it(one, other):
    start, end = sorted((one, other))
    at = start
    for level, first in whole_subtrees(start, end):
        assert first == at
        assert first % (1 << level) == 0
        at += 1 << level
    assert at == end


@given(st.data(), st.integers(1, 200))
def test_a_tree_can_be_built_of_leaves_and_whole_subtrees_mixed(data, count):
    leaves = [leaf(bytes([number])) for number in range(count)]
    shown = data.draw(st.sets(st.integers(0, count - 1)))
    frontier = Frontier()
    at = 0
    for edge in [*sorted(shown), count]:
        for level, first in whole_subtrees(at, edge):
            frontier.add(by_the_book(leaves[first : first + (1 << level)]), level)
        if edge < count:
            frontier.add(leaves[edge])
        at = edge + 1
    assert frontier.root() == by_the_book(leaves)


def test_a_subtree_where_none_can_stand_is_refused():
    frontier = Frontier()
    frontier.add(leaf(b"a"))
    with pytest.raises(TreeError):
        frontier.add(leaf(b"b"), 1)
