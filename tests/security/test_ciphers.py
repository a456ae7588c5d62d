"""What is sealed opens with its key in its place, and with nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.ciphers import DecryptionError, blind, keyed_hash, new_key, seal, unseal, unwrap, wrap

KEY = new_key()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_comes_back(text):
    assert unseal(KEY, seal(KEY, text, b"here"), b"here") == text


@pytest.mark.clause("R98")
@pytest.mark.parametrize(
    ("key", "place"),
    [(new_key(), b"here"), (KEY, b"there"), (KEY, b"")],
    ids=["another key", "another place", "no place"],
)
def test_another_key_or_place_does_not_open_it(key, place):
    with pytest.raises(DecryptionError):
        unseal(key, seal(KEY, "李小明", b"here"), place)


@given(st.integers(0, 43), st.integers(1, 255))
def test_no_byte_of_it_can_be_altered(at, by):
    sealed = bytearray(seal(KEY, "sixteen letters.", b"here"))
    sealed[at] ^= by

    with pytest.raises(DecryptionError):
        unseal(KEY, bytes(sealed), b"here")


@pytest.mark.parametrize("length", [0, 11, 12, 27])
def test_a_piece_of_it_does_not_open(length):
    with pytest.raises(DecryptionError):
        unseal(KEY, seal(KEY, "text", b"here")[:length], b"here")


def test_the_same_text_never_looks_the_same():
    assert seal(KEY, "text", b"here") != seal(KEY, "text", b"here")


def test_a_data_key_opens_under_its_master_only():
    data_key, master = new_key(), new_key()

    assert unwrap(master, wrap(master, data_key)) == data_key
    with pytest.raises(DecryptionError):
        unwrap(new_key(), wrap(master, data_key))


def test_a_blinded_word_is_the_same_under_one_key_only():
    assert blind(KEY, "lamp") == blind(KEY, "lamp")
    assert blind(KEY, "lamp") != blind(new_key(), "lamp")
    assert -(2**63) <= blind(KEY, "lamp") < 2**63


def test_a_keyed_hash_tells_nothing_without_its_key():
    assert keyed_hash(KEY, "lamp") == keyed_hash(KEY, "lamp")
    assert keyed_hash(KEY, "lamp") != keyed_hash(new_key(), "lamp")
    assert len(keyed_hash(KEY, "lamp")) == 64
