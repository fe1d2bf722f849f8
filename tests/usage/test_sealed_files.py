"""A file at rest says nothing without its key, and nothing at all once it was touched."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from usage import sealed_files
from usage.sealed_files import PIECE, Damaged, new_key, read, write

sizes = st.sampled_from([0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 5]) | st.integers(0, 2000)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(sizes, max_size=4))
def test_what_is_written_is_read_again(tmp_path, lengths):
    pieces, key = [bytes([n % 251]) * length for n, length in enumerate(lengths)], new_key()
    write(tmp_path / "copy.sealed", pieces, key=key)
    assert b"".join(read(tmp_path / "copy.sealed", key=key)) == b"".join(pieces)


def test_nothing_of_it_stands_on_the_disk_in_clear(tmp_path):
    path = tmp_path / "folder" / "copy.sealed"
    write(path, [b"Rosa Ejemplo " * 1000], key=new_key())
    assert b"Rosa" not in path.read_bytes()


def test_web_and_worker_hand_out_and_remove_what_the_other_wrote_and_nobody_else_sees_it(tmp_path):
    path, before = tmp_path / "folder" / "copy.sealed", os.umask(0o007)  # as in docs/systemd
    try:
        write(path, [b"Rosa Ejemplo"], key=new_key())
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o660
    assert path.parent.stat().st_mode & 0o777 == 0o770


def spoiled(text: bytes, how: str) -> bytes:
    first = 4 + int.from_bytes(text[:4], "big")
    return {
        "one bit": text[:100] + bytes([text[100] ^ 1]) + text[101:],
        "cut short": text[:-1],
        "without its last piece": text[: 2 * first],
        "two pieces changed about": text[first : 2 * first] + text[:first] + text[2 * first :],
        "only its last piece": text[2 * first :],
        "more behind it": text + text[:first],
        "empty": b"",
    }[how]


@pytest.mark.parametrize(
    "how",
    [
        "one bit",
        "cut short",
        "without its last piece",
        "two pieces changed about",
        "only its last piece",
        "more behind it",
        "empty",
    ],
)
def test_a_file_that_was_touched_is_refused(tmp_path, how):
    path, key = tmp_path / "copy.sealed", new_key()
    write(path, [b"x" * (2 * PIECE + 9)], key=key)
    path.write_bytes(spoiled(path.read_bytes(), how))
    with pytest.raises(Damaged):
        b"".join(read(path, key=key))


def test_another_key_opens_nothing(tmp_path):
    write(tmp_path / "copy.sealed", [b"x"], key=new_key())
    with pytest.raises(Damaged):
        list(read(tmp_path / "copy.sealed", key=new_key()))


def test_a_file_broken_off_while_it_was_written_is_not_there(tmp_path):
    def breaks_off():
        yield b"x" * 2 * PIECE
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        write(tmp_path / "copy.sealed", breaks_off(), key=new_key())
    with pytest.raises(FileNotFoundError):
        sealed_files.read(tmp_path / "copy.sealed", key=new_key())
