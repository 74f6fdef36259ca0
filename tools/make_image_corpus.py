"""Small files of every kind of image that is read, and the pixels that they hold: tests/images/.

Pillow says what the pixels are, upright and over white. What Pillow cannot write (or, with 16 bits a channel in colour,
cannot read) is written here byte by byte from known pixels.

Run: pip install pillow==13.0.0 numpy && python tools/make_image_corpus.py
"""
import base64, io, json, pathlib, struct, zlib
import numpy as np
from PIL import Image, ImageOps

OUT = pathlib.Path(__file__).parent.parent / "tests/images"
OUT.mkdir(exist_ok=True)
WIDTH, HEIGHT = 21, 17
expected = {}

x, y = np.meshgrid(np.arange(WIDTH) / WIDTH, np.arange(HEIGHT) / HEIGHT)
UNIT = np.stack([x, y, 0.5 + 0.5 * np.sin(9 * x * y + 2 * x)], -1)
UNIT[2:6, 3:9] = [0.9, 0.1, 0.2]
UNIT[9:12, 12:19] = [0.05, 0.5, 0.95]
ALPHA = np.clip(1.3 - 1.2 * x, 0, 1)
RGB = np.round(UNIT * 255).astype(np.uint8)
RGB16 = np.round(UNIT * 65535).astype(np.uint16)
GREY16 = RGB16[..., 2]
ALPHA8 = np.round(ALPHA * 255).astype(np.uint8)
ALPHA16 = np.round(ALPHA * 65535).astype(np.uint16)
rgb = Image.fromarray(RGB)
rgba = Image.fromarray(np.dstack([RGB, ALPHA8]))
grey = rgb.convert("L")
NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (70, 60), np.uint8))  # Takes the longest codes.
palette = rgb.quantize(16, dither=Image.Dither.NONE)


DARK = "its 16-bit values use 12 bits at most and come out dark: scale them to the whole range"


def over_white(pixels, alpha):
    return np.floor((pixels.astype(np.float64) * alpha[..., None] + 255.0 * (255 - alpha[..., None])) / 255 + 0.5).astype(np.uint8)


def eight(values):
    return np.floor(values / 257 + 0.5).astype(np.uint8)


def as_rgb(image):
    """What a viewer shows: upright, 8 bits, over white."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16"):
        return np.dstack([eight(np.asarray(image))] * 3)
    pixels = np.asarray(image.convert("RGBA"))
    return over_white(pixels[..., :3], pixels[..., 3])


def keep(name, content, pixels=None, tolerance=0, note=None):
    (OUT / name).write_bytes(content)
    if pixels is None:
        pixels = as_rgb(Image.open(io.BytesIO(content)))
    height, width = pixels.shape[:2]
    entry = {"width": width, "height": height, "tolerance": tolerance, "pixels": base64.b64encode(pixels.tobytes()).decode()}
    expected[name] = {**entry, **({"note": note} if note else {})}


def refuse(name, content):
    """A file that is whole, but of a kind that is not read."""
    (OUT / name).write_bytes(content)


def saved(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def exif(orientation):
    data = Image.Exif()
    data[0x0112] = orientation
    return data.tobytes()


def jpegs():
    lossy = {"tolerance": 2}
    keep("baseline-420.jpg", saved(rgb, "JPEG", quality=90, subsampling=2), **lossy)
    keep("baseline-444.jpg", saved(rgb, "JPEG", quality=90, subsampling=0), **lossy)
    keep("progressive.jpg", saved(rgb, "JPEG", quality=90, progressive=True), **lossy)
    keep("restart.jpg", saved(rgb, "JPEG", quality=90, restart_marker_blocks=1), **lossy)
    keep("rgb.jpg", saved(rgb, "JPEG", quality=90, keep_rgb=True), **lossy)
    keep("grey.jpg", saved(grey, "JPEG", quality=90), **lossy)
    cmyk = saved(rgb.convert("CMYK"), "JPEG", quality=90)
    adobe = cmyk.index(b"\xff\xee")
    keep("cmyk-adobe.jpg", cmyk, **lossy)
    keep("cmyk-plain.jpg", cmyk[:adobe] + cmyk[adobe + 16:], **lossy)
    keep("ycck.jpg", cmyk[:adobe + 15] + b"\x02" + cmyk[adobe + 16:], **lossy)
    plain = saved(rgb, "JPEG", quality=90)
    tables = plain.index(b"\xff\xdb")
    keep("stray-bytes.jpg", plain[:tables] + b"abc" + plain[tables:-2] + b"abc" + plain[-2:], **lossy)
    keep("trailer.jpg", plain + b"a film may follow: \xff\xda", **lossy)
    for orientation in range(1, 9):
        keep(f"orientation-{orientation}.jpg", saved(rgb, "JPEG", quality=90, exif=exif(orientation)), **lossy)


def png(rows, colour, depth, interlaced=False, extra=b""):
    """`rows`: passes of rows of bytes."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, int(interlaced))
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def pngs():
    for name, image in {"rgb": rgb, "rgba": rgba, "grey": grey, "grey-alpha": rgba.convert("LA"), "palette": palette}.items():
        keep(f"{name}.png", saved(image, "PNG"))
    keep("palette-2-bits.png", saved(rgb.quantize(4, dither=Image.Dither.NONE), "PNG", bits=2))
    keep("palette-alpha.png", saved(palette, "PNG", transparency=bytes(range(0, 256, 16))))
    keep("grey-transparent.png", saved(grey, "PNG", transparency=int(np.asarray(grey)[0, 0])))
    keep("bilevel.png", saved(rgb.convert("1"), "PNG"))
    keep("orientation-6.png", saved(rgb, "PNG", exif=exif(6)))
    frames = saved(rgb, "PNG", save_all=True, append_images=[ImageOps.invert(rgb)], duration=100)
    keep("animated.png", frames, note="2 frames, the first is used")
    keep("grey-16.png", saved(Image.fromarray(GREY16), "PNG"))
    wide = lambda *channels: [row.tobytes() for row in np.dstack(channels).astype(">u2")]
    keep("rgb-16.png", png(wide(RGB16), 2, 16), eight(RGB16))
    keep("rgba-16.png", png(wide(RGB16, ALPHA16), 6, 16), over_white(eight(RGB16), eight(ALPHA16)))
    adam7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    passes = [row.tobytes() for x0, y0, dx, dy in adam7 for row in np.ascontiguousarray(RGB[y0::dy, x0::dx])]
    keep("interlaced.png", png(passes, 2, 8, True))


def tiff(strips, bits, photometric, order="<", compression=1, tile=None, planar=1, extra=(), rows=HEIGHT):
    """One directory, the pixel data after it. Tags in ascending order."""
    samples = len(bits)
    pack = lambda kinds, *values: struct.pack(order + kinds, *values)
    tags = [(256, "I", [WIDTH]), (257, "I", [HEIGHT]), (258, "H", bits), (259, "H", [compression])]
    tags += [(262, "H", [photometric]), (277, "H", [samples]), (284, "H", [planar])]
    counts = [len(strip) for strip in strips]
    if tile:
        tags += [(322, "I", [tile]), (323, "I", [tile]), (324, "I", counts), (325, "I", counts)]
    else:
        tags += [(278, "I", [rows]), (273, "I", counts), (279, "I", counts)]
    tags += list(extra)
    tags.sort()
    values_at = 8 + 2 + 12 * len(tags) + 4
    data_at = values_at + sum(struct.calcsize(kind) * len(values) + 3 & ~3 for _, kind, values in tags)
    entries, values_block = b"", b""
    for tag, kind, values in tags:
        if tag in (273, 324):
            values = [data_at + sum(counts[:index]) for index in range(len(counts))]
        raw = pack(kind * len(values), *values)
        entries += pack("HHI", tag, {"H": 3, "I": 4}[kind], len(values))
        if len(raw) <= 4:
            entries += raw.ljust(4, b"\0")
        else:
            entries += pack("I", values_at + len(values_block))
            values_block += raw + b"\0" * (-len(raw) % 4)
    directory = pack("H", len(tags)) + entries + pack("I", 0) + values_block
    body = (b"II" if order == "<" else b"MM") + pack("HI", 42, 8) + directory
    return body.ljust(data_at, b"\0") + b"".join(strips)


def tiffs():
    for name in ["raw", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits"]:
        keep(f"rgb-{name.replace('tiff_', '').replace('_', '-')}.tif", saved(rgb, "TIFF", compression=name))
    keep("rgb-lzw-predictor.tif", saved(rgb, "TIFF", compression="tiff_lzw", tiffinfo={317: 2}))
    keep("rgb-jpeg.tif", saved(rgb, "TIFF", compression="jpeg", quality=90), tolerance=2)
    for name, image in {"rgba": rgba, "grey": grey, "grey-alpha": rgba.convert("LA"), "palette": palette}.items():
        keep(f"{name}.tif", saved(image, "TIFF"))
    keep("bilevel.tif", saved(rgb.convert("1"), "TIFF"))
    refuse("bilevel-group4.tif", saved(rgb.convert("1"), "TIFF", compression="group4"))
    refuse("fractions.tif", saved(grey.convert("F"), "TIFF"))
    keep("cmyk.tif", saved(rgb.convert("CMYK"), "TIFF"))
    keep("grey-16.tif", saved(Image.fromarray(GREY16), "TIFF"))
    keep("grey-16-lzw.tif", saved(Image.fromarray(GREY16), "TIFF", compression="tiff_lzw"))
    keep("grey-12-in-16.tif", saved(Image.fromarray(GREY16 >> 4), "TIFF"), note=DARK)
    keep("orientation-6.tif", saved(rgb, "TIFF", tiffinfo={274: 6}))
    pages = saved(rgb, "TIFF", save_all=True, append_images=[grey, palette])
    keep("pages.tif", pages, note="3 pages, the first is used")
    keep("grey-16-big-endian.tif", tiff([GREY16.astype(">u2").tobytes()], [16], 1, ">"))
    keep("white-is-zero.tif", tiff([(255 - RGB[..., 2]).tobytes()], [8], 0), np.dstack([RGB[..., 2]] * 3))
    keep("rgb-16.tif", tiff([RGB16.tobytes()], [16] * 3, 2), eight(RGB16))
    keep("rgb-16-deflate-big-endian.tif", tiff([zlib.compress(RGB16.astype(">u2").tobytes())], [16] * 3, 2, ">", 8), eight(RGB16))
    straight = [(338, "H", [2])]
    rgba16 = np.dstack([RGB16, ALPHA16])
    keep("rgba-16.tif", tiff([rgba16.tobytes()], [16] * 4, 2, extra=straight), over_white(eight(RGB16), eight(ALPHA16)))
    multiplied = [np.round(RGB * (ALPHA8[..., None] / 255)).astype(np.uint8), ALPHA8]
    alpha = [(338, "H", [1])]
    keep("rgba-multiplied.tif", tiff([np.dstack(multiplied).tobytes()], [8] * 4, 2, extra=alpha), tolerance=1)
    keep("strips.tif", tiff([RGB[y:y + 5].tobytes() for y in (0, 5, 10, 15)], [8] * 3, 2, rows=5))
    keep("noise-lzw.tif", saved(NOISE, "TIFF", compression="tiff_lzw"))
    keep("planes.tif", tiff([RGB[..., c].tobytes() for c in range(3)], [8] * 3, 2, planar=2))
    padded = np.zeros((32, 32, 3), np.uint8)
    padded[:HEIGHT, :WIDTH] = RGB
    tiles = [padded[top:top + 16, left:left + 16].tobytes() for top in (0, 16) for left in (0, 16)]
    keep("tiles.tif", tiff(tiles, [8] * 3, 2, tile=16))


def webps():
    keep("lossy.webp", saved(rgb, "WEBP", quality=85), tolerance=2)
    keep("lossy-alpha.webp", saved(rgba, "WEBP", quality=85), tolerance=2)
    keep("lossless.webp", saved(rgb, "WEBP", lossless=True))
    keep("lossless-alpha.webp", saved(rgba, "WEBP", lossless=True, exact=True))
    keep("orientation-6.webp", saved(rgb, "WEBP", lossless=True, exif=exif(6)))
    frames = saved(rgb, "WEBP", lossless=True, save_all=True, append_images=[ImageOps.invert(rgb)], duration=100)
    see_through = saved(rgba, "WEBP", quality=85, save_all=True, append_images=[rgba.rotate(180)], duration=100)
    keep("animated-alpha.webp", see_through, tolerance=2, note="2 frames, the first is used")
    keep("animated.webp", frames, note="2 frames, the first is used")


def gifs():
    keep("palette.gif", saved(palette, "GIF", interlace=0))
    keep("interlaced.gif", saved(palette, "GIF", interlace=1))
    keep("transparent.gif", saved(palette, "GIF", transparency=3))
    frames = saved(palette, "GIF", save_all=True, append_images=[palette.transpose(Image.Transpose.ROTATE_180)], duration=100)
    keep("animated.gif", frames, note="2 frames, the first is used")
    keep("noise.gif", saved(NOISE, "GIF", interlace=0))
    # A frame smaller than the canvas: what it leaves bare is transparent.
    small = palette.crop((0, 0, 9, 7))
    content = bytearray(saved(small, "GIF", interlace=0))
    content[6:10] = struct.pack("<HH", WIDTH, HEIGHT)
    at = content.index(b"\x2c\0\0\0\0" + struct.pack("<HH", 9, 7))
    content[at + 1:at + 5] = struct.pack("<HH", 5, 4)
    pixels = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    pixels[4:11, 5:14] = np.asarray(small.convert("RGB"))
    keep("part-of-canvas.gif", bytes(content), pixels)


def bmp(rows, bits, colours=b"", compression=0, header=40, masks=b"", height=HEIGHT):
    """`rows` from the bottom up (from the top down with a negative height), padded here to four bytes."""
    data = b"".join(rows) if compression in (1, 2) else b"".join(row + b"\0" * (-len(row) % 4) for row in rows)
    if header == 12:
        info = struct.pack("<IHHHH", 12, WIDTH, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", 40, WIDTH, height, 1, bits, compression, len(data), 0, 0, 0, 0)
    start = 14 + len(info) + len(masks) + len(colours)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + info + masks + colours + data


def bmps():
    for name, image in {"1-bit": rgb.convert("1"), "8-bits": palette, "8-bits-grey": grey, "24-bits": rgb}.items():
        keep(f"{name}.bmp", saved(image, "BMP"))
    keep("32-bits.bmp", saved(rgb.convert("RGBA"), "BMP"), RGB)
    bottom_up = RGB[::-1, :, ::-1]
    keep("top-down.bmp", bmp([row.tobytes() for row in bottom_up[::-1]], 24, height=-HEIGHT))
    keep("core-header.bmp", bmp([row.tobytes() for row in bottom_up], 24, header=12))
    indices = np.asarray(palette)[::-1]
    colours = np.asarray(palette.getpalette()[:48], np.uint8).reshape(16, 3)
    table = np.dstack([colours[:, ::-1].reshape(16, 1, 3), np.zeros((16, 1, 1), np.uint8)]).tobytes()
    even = np.pad(indices, ((0, 0), (0, 1)))
    keep("4-bits.bmp", bmp([(row[::2] << 4 | row[1::2]).tobytes() for row in even], 4, table))
    runs = [b"".join(bytes([1, value]) for value in row) + b"\0\0" for row in indices]
    refuse("8-bits-rle.bmp", bmp(runs[:-1] + [runs[-1][:-1] + b"\1"], 8, table + b"\0" * (1024 - len(table)), compression=1))
    b, g, r = (bottom_up[..., c].astype(np.uint16) for c in range(3))
    keep("16-bits-555.bmp", bmp([row.tobytes() for row in (r >> 3) << 10 | (g >> 3) << 5 | b >> 3], 16), tolerance=1)
    masks = struct.pack("<III", 0xF800, 0x07E0, 0x001F)
    fields = [row.tobytes() for row in (r >> 3) << 11 | (g >> 2) << 5 | b >> 3]
    keep("16-bits-565.bmp", bmp(fields, 16, compression=3, masks=masks), tolerance=1)


for write in [jpegs, pngs, tiffs, webps, gifs, bmps]:
    write()
(OUT / "expected.json").write_text("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in expected.items()) + "\n}\n")
