"""Headers of tars are read as ``tarfile`` reads them, and damage is told."""

import io
import tarfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gankit.data.tars import Member, read_members

FORMATS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]
NAMES = ["0.jpg", "a/b.c.jpg", "n" * 60 + "/" + "m" * 99, "n" * 90 + "/" + "m" * 120, "é/蛙.jpg"]
KINDS = [tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE]

members = st.tuples(
    st.sampled_from(NAMES),
    st.sampled_from(KINDS),
    st.integers(0, 1500),
    st.sampled_from([0, 1e9, 1e9 + 0.25]),
)


def pack(rows, form=tarfile.PAX_FORMAT):
    """Returns a tar as a file, of rows (name, kind, size, time)."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as tar:
        for name, kind, size, time in rows:
            if form == tarfile.USTAR_FORMAT and len(name) > 200:
                continue
            member = tarfile.TarInfo(name)
            member.type, member.mtime = kind, time
            member.linkname = "0.jpg" if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
            member.size = size if member.isfile() else 0
            tar.addfile(member, io.BytesIO(b"x" * size))
    return file


def pack_images(number=3):
    return pack([(f"{index}.jpg", tarfile.REGTYPE, 300 * index, 0) for index in range(number)])


@settings(deadline=None)
@given(rows=st.lists(members, max_size=6), form=st.sampled_from(FORMATS))
def test_the_same_files_as_tarfile_finds(rows, form):
    file = pack(rows, form)
    file.seek(0)
    with tarfile.open(fileobj=file, mode="r:") as tar:
        files = [member for member in tar if member.isfile()]
    found = list(read_members(file))
    assert [(name, offset, size) for name, _, offset, size in found] == [
        (member.name, member.offset_data, member.size) for member in files
    ]
    for member in found:  # from where its headers begin, the file is found again
        assert next(read_members(file, member.start)) == member


def test_places_by_hand():
    assert list(read_members(pack_images())) == [
        Member("0.jpg", 0, 512, 0),
        Member("1.jpg", 512, 1024, 300),
        Member("2.jpg", 1536, 2048, 600),
    ]


@pytest.mark.parametrize("form", FORMATS)
def test_a_tar_that_is_cut_anywhere_is_told(form):
    contents = pack([(name, tarfile.REGTYPE, 700, 0.5) for name in NAMES], form).getvalue()
    end = len(contents.rstrip(b"\0"))
    for cut in [*range(0, end, 97), *range(0, end, 512)]:
        with pytest.raises(ValueError, match=r"cut short|damaged"):
            list(read_members(io.BytesIO(contents[:cut])))


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_damage_is_told_or_harmless(data):
    contents = bytearray(pack([(name, tarfile.REGTYPE, 700, 0.5) for name in NAMES]).getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        contents[data.draw(st.integers(0, 8191))] = data.draw(st.integers(0, 255))
    try:
        assert all(member.size >= 0 for member in read_members(io.BytesIO(contents)))
    except ValueError as error:
        assert str(error)  # noqa: PT017 (there need not be one)


@pytest.mark.parametrize(("mode", "name"), [("w:gz", "gzip"), ("w:bz2", "bzip2"), ("w:xz", "xz")])
def test_a_compressed_tar_is_told(mode, name):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as tar:
        member = tarfile.TarInfo("0.jpg")
        member.size = 2000
        tar.addfile(member, io.BytesIO(np.random.default_rng(0).bytes(2000)))
    with pytest.raises(ValueError, match=rf"compressed by {name}.*Unpack it to a plain \.tar"):
        list(read_members(file))


def test_something_else_is_told():
    with pytest.raises(ValueError, match="it is no tar"):
        list(read_members(io.BytesIO(b"some text that is no tar" * 100)))
