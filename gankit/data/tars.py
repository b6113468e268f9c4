"""The places of files inside a tar, as its headers give them."""

import os
import struct
import tarfile
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

BLOCK = tarfile.BLOCKSIZE
END = bytes(BLOCK)  # comes after the last file

HEADER = struct.Struct("100s 24x 12s 20x c 100x 5s 83x 155s 12x")  # name, size, kind, magic, prefix
PLAIN, EXTENDED = (b"0", b"\0"), b"x"  # kinds of header

# What an extended header can say that changes where a file is, or its name. Most say nothing but
# the fraction of a second at which it was written.
RECORDS = (b" path=", b" size=", b" GNU.sparse", b" hdrcharset=")

COMPRESSIONS = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}


class Member(NamedTuple):
    """A file inside a tar: its name, where headers and contents begin, and its size in bytes."""

    name: str
    start: int
    offset: int
    size: int


def read_members(file: BinaryIO, start: int = 0) -> Iterator[Member]:
    """Yields the files inside a tar, in its order, without folders and links.

    Args:
        file: the tar. It may be read from in between.
        start: where the headers of the first of them begin.

    Raises:
        ValueError: the tar is compressed, cut short, damaged, or none at all.
    """
    length = file.seek(0, os.SEEK_END)
    while (header := read_at(file, start, BLOCK)) != END:
        if len(header) < BLOCK:
            raise ValueError("it is cut short: the blocks of zeros that end a tar are missing")
        member, following = read_member(file, start, header)
        if following <= start:  # of a size below 0
            raise ValueError(explain(file, start))
        if following > length:
            raise ValueError(f"it is cut short: its last {following - length} bytes are missing")
        if member is not None:
            yield member
        start = following


def read_member(file: BinaryIO, start: int, header: bytes) -> tuple[Member | None, int]:
    """Returns a file, None for what is none, and where the next header begins."""
    name, digits, kind, magic, prefix = HEADER.unpack(header)
    digits = digits.strip(b"\0 ")
    if magic == b"ustar" and digits.isdigit():  # tarfile would take several times as long
        offset, size = start + BLOCK, int(digits, 8)
        following = offset + -(-size // BLOCK) * BLOCK
        if kind in PLAIN:
            parts = [part.partition(b"\0")[0] for part in (prefix, name)]
            name = b"/".join(filter(None, parts)).decode("utf-8", "surrogateescape")
            return Member(name, start, offset, size), following
        if kind == EXTENDED:
            contents = read_at(file, offset, size)
            if not any(record in contents for record in RECORDS):
                return None, following
    return read_by_tarfile(file, start)


def read_by_tarfile(file: BinaryIO, start: int) -> tuple[Member | None, int]:
    """Does what ``read_member`` does, for headers of every kind."""
    file.seek(start)
    try:
        tar = tarfile.TarFile(fileobj=file)
        member = tar.next()
    except tarfile.TarError as error:
        raise ValueError(explain(file, start)) from error
    if member is None:
        raise ValueError(explain(file, start))
    found = Member(member.name, start, member.offset_data, member.size)
    return found if member.isfile() else None, tar.offset


def explain(file: BinaryIO, start: int) -> str:
    """Returns what is wrong with a tar that has no header where one has to be."""
    head = read_at(file, 0, BLOCK)
    for magic, name in COMPRESSIONS.items():
        if start == 0 and head.startswith(magic):
            return (
                f"it is compressed by {name}, so that no image in it can be read without all "
                "before it. Unpack it to a plain .tar, which is hardly larger: images are "
                "compressed already"
            )
    return f"it is damaged at byte {start}" if start else "it is no tar"


def read_at(file: BinaryIO, offset: int, size: int) -> bytes:
    """Returns so many bytes of a file, fewer where it ends."""
    file.seek(offset)
    return file.read(size)
