"""What each kind of picture looks like in the end: small files made here, pixels known by hand."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from gankit import data
from gankit.data.images import decode, to_array
from gankit.data.opening import FORMATS, UnreadableImageError

RED, WHITE, GREY = (255, 0, 0), (255, 255, 255), (128, 128, 128)


def read(path, color_mode="rgb"):
    return to_array(decode(str(path), color_mode))


def write(folder, image, name="a.png", **options):
    image.save(folder / name, **options)
    return folder / name


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "BMP", "TIFF", "JPEG", "AVIF"])
def test_every_format_shows_the_same_picture(kind, tmp_path):
    if kind not in FORMATS:
        pytest.skip(f"this Pillow reads no {kind}")
    image = Image.new("RGB", (16, 16), "red")
    image.paste("blue", (8, 0, 16, 16))
    options = {"lossless": True} if kind == "WEBP" else {"quality": 100}
    pixels = read(write(tmp_path, image, "a.bin", format=kind, **options)).astype(int)
    assert np.abs(pixels[:, :6] - RED).max() <= 2
    assert np.abs(pixels[:, 10:] - (0, 0, 255)).max() <= 2


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_an_animation_shows_its_first_picture(kind, tmp_path):
    first, second = (Image.new("RGB", (4, 4), color) for color in ("red", "blue"))
    options = {"lossless": True} if kind == "WEBP" else {}
    path = write(
        tmp_path, first, "a.bin", format=kind, save_all=True, append_images=[second], **options
    )
    np.testing.assert_array_equal(read(path), np.full((4, 4, 3), RED))


# Transparency: on white


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_is_transparent_is_on_white(mode, tmp_path):
    image = Image.new("RGBA", (3, 1), (0, 0, 0, 255))
    image.putpixel((1, 0), (0, 0, 0, 0))
    image.putpixel((2, 0), (0, 0, 0, 127))  # half of white shines through
    pixels = read(write(tmp_path, image.convert(mode)))
    np.testing.assert_array_equal(pixels[0], [(0, 0, 0), WHITE, GREY])


def test_rgba_keeps_transparency(tmp_path):
    pixels = np.random.default_rng(0).integers(256, size=(6, 6, 4), dtype="uint8")
    path = write(tmp_path, Image.fromarray(pixels))
    np.testing.assert_array_equal(read(path, "rgba"), pixels)
    grey = write(tmp_path, Image.fromarray(pixels[..., 0]))
    np.testing.assert_array_equal(read(grey, "rgba")[0, 0], [*[pixels[0, 0, 0]] * 3, 255])


def test_what_is_invisible_colours_nothing_that_is_resized(tmp_path):
    pixels = np.zeros((8, 8, 4), "uint8")
    pixels[:, :4] = [255, 0, 0, 255]  # red beside a black that is transparent
    (tmp_path / "photos").mkdir()
    Image.fromarray(pixels).save(tmp_path / "photos" / "a.png")
    options = {"image_size": (5, 5), "batch_size": 1}
    folder = data.from_directory(tmp_path / "photos", color_mode="rgba", **options)
    for dataset in (folder, data.from_arrays(pixels[None], **options)):
        (image,) = (batch[0].numpy() for batch in dataset)
        visible = image[..., 3] > -0.9
        assert image.shape == (5, 5, 4)
        np.testing.assert_allclose(image[visible][:, 0], 1, atol=0.05)


def test_a_palette_with_transparency(tmp_path):
    image = Image.new("P", (2, 1))
    image.putpalette([*RED, 0, 0, 255])
    image.putpixel((1, 0), 1)
    for name in ("a.png", "a.gif"):
        pixels = read(write(tmp_path, image, name, transparency=1))
        np.testing.assert_array_equal(pixels[0], [RED, WHITE])
    grey = read(tmp_path / "a.png", "grayscale")
    np.testing.assert_array_equal(grey[0], [[76], [255]])  # 0.299 * 255


@pytest.mark.parametrize(("mode", "key"), [("RGB", (0, 0, 0)), ("L", 0), ("1", 0)])
def test_a_colour_that_stands_for_transparency(mode, key, tmp_path):
    image = Image.new(mode, (2, 1))
    image.putpixel((1, 0), 255 if mode != "RGB" else RED)
    pixels = read(write(tmp_path, image, transparency=key))
    np.testing.assert_array_equal(pixels[0, 0], WHITE)


# Bits


def test_one_bit_a_pixel(tmp_path):
    image = Image.new("1", (2, 1))
    image.putpixel((1, 0), 1)
    for name in ("a.png", "a.bmp", "a.tif"):
        np.testing.assert_array_equal(read(write(tmp_path, image, name))[0], [(0, 0, 0), WHITE])


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_sixteen_bits_of_grey(name, tmp_path):
    image = Image.fromarray(np.array([[0, 0x80FF, 0xFFFF]], "uint16"))
    path = write(tmp_path, image, name)
    np.testing.assert_array_equal(read(path)[0], [(0, 0, 0), GREY, WHITE])
    np.testing.assert_array_equal(read(path, "grayscale")[0], [[0], [128], [255]])


def test_sixteen_bits_of_grey_with_the_large_byte_first(tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(make_tiff(struct.pack(">3H", 0, 0x80FF, 0xFFFF), channels=1))
    np.testing.assert_array_equal(read(path)[0], [(0, 0, 0), GREY, WHITE])


def test_sixteen_bits_of_colours(tmp_path):
    values = struct.pack(">9H", 0xFFFF, 0, 0, 0x80FF, 0x80FF, 0x80FF, 0xFFFF, 0xFFFF, 0xFFFF)
    png, tiff = tmp_path / "a.png", tmp_path / "a.tif"
    png.write_bytes(make_png(values))
    tiff.write_bytes(make_tiff(values, channels=3))
    for path in (png, tiff):
        np.testing.assert_array_equal(read(path)[0], [RED, GREY, WHITE])


@pytest.mark.parametrize("dtype", ["int32", "float32"])
def test_numbers_of_which_nobody_knows_what_is_white(dtype, tmp_path):
    path = write(tmp_path, Image.fromarray(np.zeros((2, 2), dtype)), "a.tif")
    with pytest.raises(UnreadableImageError, match=r"32-bit numbers.*save it with 8 or 16 bits"):
        read(path)


def make_png(values):
    """Returns a PNG of one row of colours, of 16 bits each."""

    def chunk(name, content):
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    head = struct.pack(">IIBBBBB", len(values) // 6, 1, 16, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" + values)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def make_tiff(values, channels):
    """Returns a TIFF of one row, of 16 bits for each channel, the large byte first."""
    bits_at, values_at = 8, 14
    start = values_at + len(values) + len(values) % 2
    bits = (258, 3, 3, bits_at) if channels == 3 else (258, 3, 1, 16 << 16)
    entries = [
        (256, 4, 1, len(values) // 2 // channels),
        (257, 4, 1, 1),
        bits,
        (259, 3, 1, 1 << 16),
        (262, 3, 1, (2 if channels == 3 else 1) << 16),
        (273, 4, 1, values_at),
        (277, 3, 1, channels << 16),
        (278, 4, 1, 1),
        (279, 4, 1, len(values)),
    ]
    folder = struct.pack(">H", len(entries)) + b"".join(struct.pack(">HHII", *e) for e in entries)
    head = b"MM\0*" + struct.pack(">I", start) + struct.pack(">3H", 16, 16, 16)
    return head + values + b"\0" * (len(values) % 2) + folder + bytes(4)


# Printers' colours, of which Adobe's files hold what is left of white


def save_cmyk(folder, color):
    return write(folder, Image.new("CMYK", (16, 16), color), "a.jpg", quality=100)


@pytest.mark.parametrize(
    ("ink", "color"),
    [((0, 0, 0, 0), WHITE), ((0, 255, 255, 0), RED), ((0, 0, 0, 127), GREY)],
)
def test_cmyk(ink, color, tmp_path):
    for path in (
        save_cmyk(tmp_path, ink),
        write(tmp_path, Image.new("CMYK", (4, 4), ink), "a.tif"),
    ):
        assert np.abs(read(path).astype(int) - color).max() <= 2


@pytest.mark.parametrize(
    ("luma", "blueness", "redness", "black", "color"),
    [
        (0, 128, 128, 255, WHITE),
        (179, 171, 0, 255, RED),  # of no cyan, all magenta and all yellow, in place of R, G and B
        (0, 128, 128, 128, GREY),
    ],
)
def test_ycck(luma, blueness, redness, black, color, tmp_path):
    # A JPEG of CMYK holds the planes inverted; relabelled, they are read as YCCK.
    path = save_cmyk(tmp_path, tuple(255 - value for value in (luma, blueness, redness, black)))
    content = bytearray(path.read_bytes())
    content[content.index(b"Adobe") + 11] = 2  # the transform: 0 is CMYK, 2 is YCCK
    path.write_bytes(content)
    assert np.abs(read(path).astype(int) - color).max() <= 3


# Which side is up


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_rotated_by_exif(name, orientation, tmp_path):
    upright = Image.new("RGB", (16, 32), "white")
    upright.paste("red", (0, 0, 8, 8))
    turns = Image.Transpose
    turned = {  # what a camera stores that was held this way
        1: lambda image: image,
        2: lambda image: image.transpose(turns.FLIP_LEFT_RIGHT),
        3: lambda image: image.transpose(turns.ROTATE_180),
        4: lambda image: image.transpose(turns.FLIP_TOP_BOTTOM),
        5: lambda image: image.transpose(turns.TRANSPOSE),
        6: lambda image: image.transpose(turns.ROTATE_90),
        7: lambda image: image.transpose(turns.TRANSVERSE),
        8: lambda image: image.transpose(turns.ROTATE_270),
    }[orientation](upright)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if name == "a.webp" else {"quality": 100, "subsampling": 0}
    pixels = read(write(tmp_path, turned, name, exif=exif, **options)).astype(int)
    assert pixels.shape == (32, 16, 3)
    assert np.abs(pixels[:6, :6] - RED).max() <= 6
    assert np.abs(pixels[10:] - 255).max() <= 6
