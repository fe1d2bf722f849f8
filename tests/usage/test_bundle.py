"""Several files as one ZIP: whole, in pieces, and with a manifest anyone can check."""

import io
import json
import random
import subprocess
import zipfile
from datetime import UTC, datetime
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from usage.formats import bundle
from usage.formats.bundle import File

AT = datetime(2026, 7, 1, 19, tzinfo=UTC)


def opened(*files, **more):
    return zipfile.ZipFile(io.BytesIO(b"".join(bundle.write(files, at=AT, **more))))


@given(st.lists(st.lists(st.binary(max_size=2000), max_size=5), max_size=4))
def test_what_is_packed_comes_out_again_and_the_manifest_tells_of_it(contents):
    files = [File(f"folder/{n}.bin", pieces) for n, pieces in enumerate(contents)]
    packed = opened(*files)
    assert packed.testzip() is None
    told = {file["name"]: file for file in json.loads(packed.read("manifest.json"))["files"]}
    assert set(told) == {file.name for file in files}
    for file in files:
        whole = b"".join(file.pieces)
        assert packed.read(file.name) == whole
        assert told[file.name]["size"] == len(whole)
        assert told[file.name]["sha256"] == sha256(whole).hexdigest()


def test_anyone_can_check_it_with_sha256sum(tmp_path):
    opened(File("a.txt", [b"one"]), File("b/ñ.txt", [b"two"])).extractall(tmp_path)
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert checked.stdout.count(": OK") == 2


def test_it_comes_in_pieces_and_never_waits_for_the_end():
    asked, chance = [], random.Random(1)

    def endless():
        for n in range(200):
            asked.append(n)
            yield chance.randbytes(32_000)

    pieces = bundle.write([File("big.bin", endless())], at=AT)
    next(pieces)
    assert len(asked) < 20
    rest = [len(piece) for piece in pieces]
    assert len(rest) > 10
    assert len(asked) == 200


def test_what_is_said_beside_the_files_is_asked_for_last():
    seen = []
    packed = opened(
        File("a.txt", (piece for piece in [b"x"] if not seen.append("made"))),
        more=lambda: {"order": [*seen, "asked"]},
    )
    assert json.loads(packed.read("manifest.json"))["order"] == ["made", "asked"]


def test_a_file_that_may_be_very_long_is_announced_as_such():
    packed = opened(File("long.csv", [b"x"], about=3 * 2**30), File("short.csv", [b"x"]))
    versions = {entry.filename: entry.extract_version for entry in packed.infolist()}
    assert (versions["long.csv"], versions["short.csv"]) == (45, 20)
    assert packed.read("long.csv") == b"x"
