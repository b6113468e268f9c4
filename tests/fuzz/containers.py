"""Files with checksums: taken apart, so that parts can be damaged, and put together rightly."""

import gzip
import io
import struct
import zipfile
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def split(content):
    """Returns the parts of a file with their names, and what puts such parts together again.

    Without parts, and with nothing to put them together, of a file that has no checksums.
    """
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return [(name, archive.read(name)) for name in archive.namelist()], join_archive
    if content.startswith(b"\x1f\x8b"):
        return [("", gzip.decompress(content))], join_gzip
    if content.startswith(SIGNATURE):
        return list(split_png(content)), join_png
    return [], None


def join_archive(parts, compression=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in parts:
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return stream.getvalue()


def join_gzip(parts):
    return gzip.compress(parts[0][1], mtime=0)


def split_png(content):
    place = len(SIGNATURE)
    while place < len(content):
        (length,) = struct.unpack_from(">I", content, place)
        yield content[place + 4 : place + 8].decode(), content[place + 8 : place + 8 + length]
        place += 12 + length


def join_png(parts):
    chunks = [
        struct.pack(">I", len(content))
        + name.encode()
        + content
        + struct.pack(">I", zlib.crc32(name.encode() + content))
        for name, content in parts
    ]
    return SIGNATURE + b"".join(chunks)
