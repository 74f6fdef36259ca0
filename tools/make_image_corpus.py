"""Makes small files of every supported kind of image, and a list of their pixels: tests/data/images/.

Pillow says what the pixels are, upright and over white. What Pillow cannot write (or, with 16 bits a channel in colour,
cannot read) is written here byte by byte from known pixels.

Run: pip install pillow==13.0.0 numpy tifffile==2026.3.3 imagecodecs==2026.3.6 && python tools/make_image_corpus.py
"""
import base64, io, json, pathlib, struct, zlib
import imagecodecs, tifffile
import numpy as np
from PIL import Image, ImageOps

OUT = pathlib.Path(__file__).parent.parent / "tests/data/images"
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
NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (70, 60), np.uint8))  # Needs the longest codes.
palette = rgb.quantize(16, dither=Image.Dither.NONE)


def scaled(values, white, black=0):
    """Grey numbers as 8-bit colours."""
    levels = np.floor(np.clip((values.astype(np.float64) - black) / (float(white) - float(black)), 0, 1) * 255 + 0.5).astype(np.uint8)
    return np.dstack([levels] * 3) if levels.ndim == 2 else levels


INVISIBLE = "it is wholly transparent and therefore white: save it without transparency"
ONE_COLOUR = "it is all of one colour"
OWN_RANGE = "its values are fractions, have signs or more than 16 bits, and are scaled by this image's own range: save all images with 16 bits if their brightness matters"
DARK = "its 16-bit values use 12 bits at most and come out dark: scale them to the whole range"


def over_white(pixels, alpha):
    return np.floor((pixels.astype(np.float64) * alpha[..., None] + 255.0 * (255 - alpha[..., None])) / 255 + 0.5).astype(np.uint8)


def eight(values):
    return np.floor(values / 257 + 0.5).astype(np.uint8)


def as_rgb(image):
    """Returns what a viewer shows: upright, 8 bits, over white."""
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
    pixels = base64.b64encode(pixels.tobytes()).decode()
    same = next((other for other, entry in expected.items() if entry.get("pixels") == pixels), None)  # Stored once.
    entry = {"width": width, "height": height, "tolerance": tolerance, **({"same": same} if same else {"pixels": pixels})}
    expected[name] = {**entry, **({"note": note} if note else {})}


def refuse(name, content):
    """Keeps a file that is whole, but of a kind that is not supported."""
    (OUT / f"refused-{name}").write_bytes(content)


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
    keep("film-behind.jpg", plain + b"\xff\xda\0\2" * 500 + b"\xff\xd8\xff\xda\0\2" + plain[2:40], **lossy)
    keep("no-end.jpg", plain[:-2], as_rgb(Image.open(io.BytesIO(plain))), **lossy)
    for orientation in range(1, 9):
        keep(f"orientation-{orientation}.jpg", saved(rgb, "JPEG", quality=90, exif=exif(orientation)), **lossy)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(rows, colour, depth, interlaced=False, extra=b""):
    """`rows` are the rows of bytes, one pass after another."""
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
    plain = saved(rgb, "PNG")
    keep("film-behind.png", plain + b"IDAT" * 20 + struct.pack(">I", 8) + b"acTL\0\0\0\7\0\0\0\0")
    keep("no-end.png", plain[:-12])
    text = chunk(b"tEXt", b"Comment\0damaged")
    keep("damaged-remark.png", plain[:33] + text[:-1] + b"x" + plain[33:], RGB)
    keep("invisible.png", saved(Image.fromarray(np.dstack([RGB, ALPHA8 * 0])), "PNG"), note=INVISIBLE)
    keep("one-colour.png", saved(Image.new("RGB", (WIDTH, HEIGHT), (9, 99, 199)), "PNG"), note=ONE_COLOUR)
    twelve = chunk(b"sBIT", b"\x0c")
    keep("grey-12-at-the-bottom.png", png(wide(GREY16 >> 4), 0, 16, extra=twelve), scaled(GREY16 >> 4, 4095))
    keep("grey-12-at-the-top.png", png(wide(GREY16 & 0xfff0), 0, 16, extra=twelve), scaled(GREY16 & 0xfff0, 65535))
    keep("grey-10-in-16.png", saved(Image.fromarray(GREY16 >> 6), "PNG"), note=DARK)
    adam7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    passes = [row.tobytes() for x0, y0, dx, dy in adam7 for row in np.ascontiguousarray(RGB[y0::dy, x0::dx])]
    keep("interlaced.png", png(passes, 2, 8, True))


def tiff(strips, bits, photometric, order="<", compression=1, tile=None, planar=1, extra=(), rows=HEIGHT, without=(), sizes=None):
    """One directory, followed by the pixel data. Tags are ascending. `sizes` is what it states as the strips' bytes."""
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
    tags = [(tag, kind, sizes if tag in (279, 325) and sizes else values) for tag, kind, values in sorted(tags) if tag not in without]
    values_at = 8 + 2 + 12 * len(tags) + 4
    data_at = values_at + sum(struct.calcsize(kind) * len(values) + 3 & ~3 for _, kind, values in tags)
    entries, values_block = b"", b""
    for tag, kind, values in tags:
        if tag in (273, 324):
            values = [data_at + sum(counts[:index]) for index in range(len(counts))]
        raw = pack(kind * len(values), *values)
        entries += pack("HHI", tag, {"B": 1, "H": 3, "I": 4}[kind], len(values))
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
    refuse("group4.tif", saved(rgb.convert("1"), "TIFF", compression="group4"))
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
    odd_tiffs(tiles)
    number_tiffs()
    many_tiffs()


def packed_bits(values, bits):
    """Packs each row of numbers into bytes, `bits` bits a number."""
    rows = values.reshape(len(values), -1)
    planes = (rows[..., None] >> np.arange(bits - 1, -1, -1) & 1).astype(np.uint8)
    return np.packbits(planes.reshape(len(rows), -1), axis=1).tobytes()


def reversed_bits(data):
    return bytes(int(f"{byte:08b}"[::-1], 2) for byte in data)


def gif_codes(values):
    """Returns the compressed data of a GIF image whose pixels are these bytes."""
    data = saved(Image.fromarray(values), "GIF", interlace=0, optimize=False)
    at = data.index(b"\x2c\0\0\0\0") + 10
    assert data[at] == 8
    blocks, at = b"", at + 1
    while data[at]:
        blocks, at = blocks + data[at + 1:at + 1 + data[at]], at + 1 + data[at]
    return blocks


def odd_tiffs(tiles):
    """Files that other readers accept too. The name of each says what is wrong with it."""
    grey_levels = np.asarray(grey)
    raw, whole = grey_levels.tobytes(), np.dstack([grey_levels] * 3)
    keep("no-byte-counts.tif", tiff([raw], [8], 1, without=[279]), whole)
    keep("zero-byte-counts.tif", tiff([raw], [8], 1, sizes=[0]), whole)
    keep("large-byte-counts.tif", tiff([raw], [8], 1, sizes=[10**6]), whole)
    keep("small-byte-counts.tif", tiff([raw], [8], 1, sizes=[100]), whole)
    strips = [RGB[y:y + 5].tobytes() for y in (0, 5, 10, 15)]
    keep("strips-no-byte-counts.tif", tiff(strips, [8] * 3, 2, rows=5, without=[279]), RGB)
    keep("tiles-zero-byte-counts.tif", tiff(tiles, [8] * 3, 2, tile=16, sizes=[0] * 4), RGB)
    deflated = zlib.compress(RGB.tobytes())
    for kind, size in {"no": None, "large": 10**6, "small": 50}.items():
        options = {"sizes": [size]} if size else {"without": [279]}
        keep(f"deflate-{kind}-byte-counts.tif", tiff([deflated], [8] * 3, 2, compression=8, **options), RGB)
    parts = [zlib.compress(strip) for strip in strips]
    keep("deflate-strips-small-byte-counts.tif", tiff(parts, [8] * 3, 2, compression=8, rows=5, sizes=[20] * 4), RGB)
    keep("lzw-tiles-zero-byte-counts.tif", tiff([imagecodecs.lzw_encode(tile) for tile in tiles], [8] * 3, 2, compression=5, tile=16, sizes=[0] * 4), RGB)
    planes = [RGB[y:y + 5, :, c].tobytes() for c in range(3) for y in (0, 5, 10, 15)]
    keep("planes-no-rows.tif", tiff(planes, [8] * 3, 2, planar=2, rows=2**31), RGB)
    refuse("no-rows.tif", tiff(parts, [8] * 3, 2, compression=8, without=[278]))
    bits = np.asarray(rgb.convert("1"))
    keep("reversed-bits.tif", tiff([reversed_bits(RGB.tobytes())], [8] * 3, 2, extra=[(266, "H", [2])]), RGB)
    turned = reversed_bits(np.packbits(bits, axis=1).tobytes())
    keep("bilevel-reversed-bits.tif", tiff([turned], [1], 1, extra=[(266, "H", [2])]), np.dstack([bits * np.uint8(255)] * 3))
    keep("reversed-deflate.tif", tiff([reversed_bits(deflated)], [8] * 3, 2, compression=8, extra=[(266, "H", [2])]), RGB)
    keep("predictor-without-compression.tif", tiff([RGB.tobytes()], [8] * 3, 2, extra=[(317, "H", [2])]), RGB)
    keep("no-photometric.tif", tiff([RGB.tobytes()], [8] * 3, 2, without=[262]), RGB)
    indices = np.asarray(palette)
    colours = np.zeros((3, 256), int)
    colours[:, :16] = np.asarray(palette.getpalette()[:48]).reshape(16, 3).T
    keep("palette-8-bit-values.tif", tiff([indices.tobytes()], [8], 3, extra=[(320, "H", colours.ravel().tolist())]), as_rgb(palette))
    four = colours[:, :16].ravel() * 257
    keep("palette-4-bits.tif", tiff([packed_bits(indices, 4)], [4], 3, extra=[(320, "H", four.tolist())]), as_rgb(palette))
    keep("lzw-old.tif", tiff([gif_codes(RGB.reshape(HEIGHT, -1))], [8] * 3, 2, compression=5), RGB)
    codes = gif_codes(np.asarray(NOISE).reshape(-1, WIDTH * 5)[:HEIGHT])
    keep("lzw-old-noise.tif", tiff([codes], [8] * 5, 1, compression=5), np.asarray(NOISE).reshape(-1, WIDTH, 5)[:HEIGHT, :, :3].copy(), note="5 channels, the first 3 are used as RGB")
    jpeg = saved(rgb, "JPEG", quality=90)
    start = tiff([jpeg], [8] * 3, 6, compression=6, extra=[(513, "I", [0]), (514, "I", [len(jpeg)])]).index(jpeg)
    keep("jpeg-old.tif", tiff([jpeg], [8] * 3, 6, compression=6, extra=[(513, "I", [start]), (514, "I", [len(jpeg)])]), as_rgb(Image.open(io.BytesIO(jpeg))), tolerance=2)
    webp = imagecodecs.webp_encode(RGB, lossless=True)
    keep("webp.tif", tiff([webp], [8] * 3, 2, compression=50001), RGB)
    ycc = rgb.convert("YCbCr")
    keep("ycc-jpeg.tif", saved(ycc, "TIFF", compression="jpeg", quality=90), tolerance=3)
    keep("cmyk-jpeg.tif", saved(rgb.convert("CMYK"), "TIFF", compression="jpeg", quality=90), tolerance=2)
    keep("grey-jpeg.tif", saved(grey, "TIFF", compression="jpeg", quality=90), tolerance=2)
    y, cb, cr = np.moveaxis(np.asarray(ycc), -1, 0)
    keep("ycc.tif", tiff([np.asarray(ycc).tobytes()], [8] * 3, 6, extra=[(530, "H", [1, 1])]), as_rgb(ycc), tolerance=1)
    y, cb, cr = (np.pad(channel, ((0, 1), (0, 1)), "edge") for channel in (y, cb, cr))
    cb, cr = cb[::2, ::2], cr[::2, ::2]
    blocks = np.stack([y[::2, ::2], y[::2, 1::2], y[1::2, ::2], y[1::2, 1::2], cb, cr], -1)
    shown = np.dstack([y, cb.repeat(2, 0).repeat(2, 1), cr.repeat(2, 0).repeat(2, 1)])[:HEIGHT, :WIDTH]
    shown = np.asarray(Image.fromarray(shown, "YCbCr").convert("RGB"))
    keep("ycc-shared.tif", tiff([blocks.tobytes()], [8] * 3, 6, extra=[(530, "H", [2, 2])]), shown, tolerance=2)
    straight, never = [(338, "H", [2])], np.dstack([RGB, ALPHA8 * 0])
    keep("invisible.tif", tiff([never.tobytes()], [8] * 4, 2, extra=straight), RGB * 0 + 255, note=INVISIBLE)
    keep("alpha-never-filled.tif", tiff([never.tobytes()], [8] * 4, 2), RGB)
    keep("alpha-untold.tif", tiff([np.dstack([RGB, ALPHA8]).tobytes()], [8] * 4, 2), over_white(RGB, ALPHA8))
    keep("spare-channel.tif", tiff([never.tobytes()], [8] * 4, 2, extra=[(338, "H", [0])]), RGB)
    for name, compression, data in [("zstd", 50000, imagecodecs.zstd_encode(raw)), ("lzma", 34925, raw), ("fax", 3, raw)]:
        refuse(f"{name}.tif", tiff([data], [8], 1, compression=compression))
    refuse("lab.tif", saved(Image.fromarray(RGB, "LAB"), "TIFF"))


def number_tiffs():
    """Samples of every number format."""
    for bits in (2, 4, 10, 12, 14):
        values = GREY16 >> 16 - bits
        keep(f"grey-{bits}-bits.tif", tiff([packed_bits(values, bits)], [bits], 1), scaled(values, 2**bits - 1))
    keep("rgb-12-bits.tif", tiff([packed_bits(RGB16 >> 4, 12)], [12] * 3, 2), scaled(RGB16 >> 4, 4095))
    keep("undefined-format.tif", tiff([RGB.tobytes()], [8] * 3, 2, extra=[(339, "H", [4] * 3)]), RGB)
    fractions = (UNIT[..., 2] * 3 - 1).astype(np.float32)
    ranged = scaled(fractions, fractions.max(), fractions.min())
    own = {"tolerance": 1, "note": OWN_RANGE}
    fraction = lambda bits: {"bits": [bits], "photometric": 1, "extra": [(339, "H", [3])]}
    keep("fractions.tif", saved(Image.fromarray(fractions), "TIFF"), ranged, **own)
    keep("fractions-big-endian.tif", tiff([fractions.astype(">f4").tobytes()], **fraction(32), order=">"), ranged, **own)
    keep("fractions-16.tif", tiff([fractions.astype(np.float16).tobytes()], **fraction(16)), ranged, **own)
    keep("fractions-64.tif", tiff([fractions.astype(np.float64).tobytes()], **fraction(64)), ranged, **own)
    holes = fractions.copy()
    holes[3, 4], holes[5, 6], holes[7, 8] = np.nan, np.inf, -np.inf
    known = ranged.copy()
    known[3, 4], known[5, 6], known[7, 8] = 0, 255, 0
    keep("fractions-not-a-number.tif", tiff([holes.tobytes()], **fraction(32)), known, **own)
    words = fractions.view(np.uint32)
    differences = np.hstack([words[:, :1], words[:, 1:] - words[:, :-1]])
    told = [(317, "H", [2]), (339, "H", [3])]
    keep("fractions-differences.tif", tiff([zlib.compress(differences.tobytes())], [32], 1, compression=8, extra=told), ranged, **own)
    stream = io.BytesIO()
    tifffile.imwrite(stream, fractions, compression="zlib", predictor=3, metadata=None)
    keep("fractions-predictor.tif", stream.getvalue(), ranged, **own)
    signed = lambda bits: {"bits": [bits], "photometric": 1, "extra": [(339, "H", [2])]}
    note = "its values of 8 bits are said to have signs, which is taken for a mistake"
    keep("signed-8.tif", tiff([RGB[..., 2].tobytes()], **signed(8)), np.dstack([RGB[..., 2]] * 3), note=note)
    values = (UNIT[..., 2] * 4e6 - 1e6).astype(np.int32)
    keep("signed-32.tif", tiff([values.tobytes()], **signed(32)), scaled(values, values.max(), values.min()), **own)
    values = (UNIT[..., 2] * 4000 - 1000).astype(np.int16)
    keep("signed-16.tif", tiff([values.tobytes()], **signed(16)), scaled(values, values.max(), values.min()), **own)
    values = (UNIT[..., 2] * 1e6).astype(np.uint32)
    keep("unsigned-32.tif", tiff([values.tobytes()], [32], 1), scaled(values, values.max(), values.min()), **own)
    values = np.round(UNIT * (2**32 - 1)).astype(np.uint32)
    keep("rgb-32.tif", tiff([values.tobytes()], [32] * 3, 2), RGB, tolerance=1)
    stream = io.BytesIO()
    tifffile.imwrite(stream, RGB16, compression="lzw", predictor=2, photometric="rgb", metadata=None)
    keep("rgb-16-lzw-predictor.tif", stream.getvalue(), eight(RGB16))
    keep("planes-16.tif", tiff([RGB16[..., c].tobytes() for c in range(3)], [16] * 3, 2, planar=2), eight(RGB16))


def many_tiffs():
    """Several directories or channels, and BigTIFF."""
    keep("big.tif", saved(rgb, "TIFF", big_tiff=True), RGB)
    stream = io.BytesIO()
    tifffile.imwrite(stream, np.stack([RGB, 255 - RGB]), bigtiff=True, byteorder=">", photometric="rgb", compression="zlib")
    keep("big-pages.tif", stream.getvalue(), RGB, note="2 pages, the first is used")
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        writer.write(RGB[::4, ::4], subfiletype=1, photometric="rgb", metadata=None)
        writer.write(RGB, photometric="rgb", metadata=None)
    keep("thumbnail-first.tif", stream.getvalue(), RGB)
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        writer.write(RGB[::4, ::4], subfiletype=1, subifds=1, photometric="rgb", metadata=None)
        writer.write(RGB, photometric="rgb", metadata=None)
    keep("full-size-below.tif", stream.getvalue(), RGB)
    five = np.dstack([RGB, RGB[..., :2]])
    for planar in ("contig", "separate"):
        stream = io.BytesIO()
        pixels = five if planar == "contig" else np.moveaxis(five, -1, 0)
        tifffile.imwrite(stream, pixels, photometric="minisblack", planarconfig=planar, metadata=None)
        keep(f"five-channels-{planar}.tif", stream.getvalue(), RGB, note="5 channels, the first 3 are used as RGB")
    stream = io.BytesIO()
    tifffile.imwrite(stream, np.moveaxis(RGB, -1, 0), imagej=True, metadata={"axes": "CYX"})
    first = np.dstack([RGB[..., 0]] * 3)
    keep("imagej-stack.tif", stream.getvalue(), first, note="3 pages, the first is used")
    two = np.dstack([RGB[..., 0], RGB[..., 1]])
    keep("two-channels.tif", tiff([two.tobytes()], [8] * 2, 1), first, note="2 channels, the first is used")


def webps():
    keep("lossy.webp", saved(rgb, "WEBP", quality=85), tolerance=2)
    keep("lossy-alpha.webp", saved(rgba, "WEBP", quality=85), tolerance=2)
    keep("lossless.webp", saved(rgb, "WEBP", lossless=True))
    keep("lossless-alpha.webp", saved(rgba, "WEBP", lossless=True, exact=True))
    keep("film-behind.webp", saved(rgb, "WEBP", lossless=True) + b"EXIF\x10\0\0\0MM\0*" + b"ANMF" * 20)
    keep("invisible.webp", saved(Image.fromarray(np.dstack([RGB, ALPHA8 * 0])), "WEBP", lossless=True), RGB * 0 + 255, note=INVISIBLE)
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
    plain = saved(palette, "GIF", interlace=0)
    keep("film-behind.gif", plain + b"\x2c" + b"\0" * 40)
    keep("no-end.gif", plain[:-2])
    keep("stray-bytes.gif", plain[:13 + 48] + b"abc" + plain[13 + 48:])
    keep("canvas-too-small.gif", plain[:6] + struct.pack("<HH", 5, 4) + plain[10:], as_rgb(palette))
    keep("no-canvas.gif", plain[:6] + struct.pack("<HH", 0, 0) + plain[10:], as_rgb(palette))
    indices = np.asarray(palette)
    note = "it has no colour table, its values are taken for grey levels"
    keep("no-colours.gif", plain[:10] + b"\0" + plain[11:13] + plain[13 + 48:], np.dstack([indices] * 3), note=note)
    invisible = Image.new("P", (WIDTH, HEIGHT))
    invisible.putpalette([9, 9, 9, 99, 99, 99])
    keep("invisible.gif", saved(invisible, "GIF", transparency=0), note=INVISIBLE)
    # A frame smaller than the canvas. The rest of the canvas is transparent.
    small = palette.crop((0, 0, 9, 7))
    content = bytearray(saved(small, "GIF", interlace=0))
    content[6:10] = struct.pack("<HH", WIDTH, HEIGHT)
    at = content.index(b"\x2c\0\0\0\0" + struct.pack("<HH", 9, 7))
    content[at + 1:at + 5] = struct.pack("<HH", 5, 4)
    pixels = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    pixels[4:11, 5:14] = np.asarray(small.convert("RGB"))
    keep("part-of-canvas.gif", bytes(content), pixels)


def bmp(rows, bits, colours=b"", compression=0, header=40, masks=b"", height=HEIGHT, told=None, count=0):
    """
    `rows` come from the bottom up (with a negative height from the top down) and are padded to four bytes here.
    `masks` follows the first 40 bytes of the headers. `told` is a wrong offset of the pixels, if there should be one.
    """
    data = b"".join(rows) if compression in (1, 2) else b"".join(row + b"\0" * (-len(row) % 4) for row in rows)
    if header == 12:
        info = struct.pack("<IHHHH", 12, WIDTH, height, 1, bits)
    elif header == 16:
        info = struct.pack("<IiiHH", 16, WIDTH, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, WIDTH, height, 1, bits, compression, len(data), 0, 0, count, 0)
        masks = masks.ljust(header - 40, b"\0")
    start = 14 + len(info) + len(masks) + len(colours)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start if told is None else told) + info + masks + colours + data


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
    shown = as_rgb(palette)
    full = table.ljust(1024, b"\0")
    plain = [row.tobytes() for row in indices]
    for name, told in {"zero": 0, "large": 10**6, "small": 40}.items():
        keep(f"{name}-offset.bmp", bmp(plain, 8, full, told=told), shown)
    keep("offset-of-the-colours.bmp", bmp(plain, 8, table, told=54, count=16), shown)
    keep("few-colours.bmp", bmp(plain, 8, table, count=16), shown)
    keep("few-colours-untold.bmp", bmp(plain, 8, table), shown)
    keep("many-colours.bmp", bmp(plain, 8, full, count=5000), shown)
    keep("few-colours-zero-offset.bmp", bmp(plain, 8, table, count=16, told=0), shown)
    keep("short-last-row.bmp", bmp(plain, 8, full)[:-3], shown)
    keep("film-behind.bmp", bmp(plain, 8, full) + b"BM" * 40, shown)
    keep("os2.bmp", bmp(plain, 8, full, header=64), shown)
    keep("os2-short.bmp", bmp(plain, 8, full, header=16), shown)
    two = np.asarray(rgb.quantize(4, dither=Image.Dither.NONE))
    colours = np.asarray(rgb.quantize(4, dither=Image.Dither.NONE).getpalette()[:12], np.uint8).reshape(4, 3)
    keep("2-bits.bmp", bmp([packed_bits(row[None], 2) for row in two[::-1]], 2, b"".join(bytes([*c[::-1], 0]) for c in colours)), colours[two])
    runs = [b"".join(bytes([1, value]) for value in row) + b"\0\0" for row in indices]
    keep("8-bits-runs.bmp", bmp(runs[:-1] + [runs[-1][:-1] + b"\1"], 8, full, compression=1), shown)
    # Literal runs of 13 and 8 pixels in each row, the odd one padded. In the third row a part is skipped.
    rows = [b"\0\x0d" + row[:13].tobytes() + b"\0" + b"\0\x08" + row[13:].tobytes() + b"\0\0" for row in indices]
    rows[2] = b"\0\2\x05\0" + b"\0\x10" + indices[2, 5:].tobytes() + b"\0\0"
    jumped = indices.copy()
    jumped[2, :5] = 0
    keep("8-bits-jumps.bmp", bmp(rows + [b"\0\1"], 8, full, compression=1), colours_of(table)[jumped[::-1]])
    halves = [np.append(row, 0).reshape(-1, 2) for row in indices]
    rows = [b"\0\x15" + (row[:, 0] << 4 | row[:, 1]).astype(np.uint8).tobytes() + b"\0" + b"\0\0" for row in halves]
    rows[4] = b"\x15\x37" + b"\0\0"  # Two alternating colours.
    rows[8:11] = [b"\0\2\0\3"]  # Three skipped rows.
    runs4 = indices.copy()
    runs4[4], runs4[8:11] = [3, 7] * 10 + [3], 0
    keep("4-bits-runs.bmp", bmp(rows + [b"\0\1"], 4, table, compression=2), colours_of(table)[runs4[::-1]])
    keep("8-bits-runs-end-early.bmp", bmp(runs_until(indices, 10), 8, full, compression=1), colours_of(table)[blank_above(indices, 10)[::-1]])
    refuse("huffman.bmp", bmp(plain, 1, table[:8], compression=3, header=64))
    abgr = [0xFF0000, 0xFF00, 0xFF, 0xFF000000]
    masks4 = struct.pack("<IIII", *abgr)
    bgra = lambda alpha: [row.tobytes() for row in np.dstack([bottom_up, alpha[::-1]])]
    for header in (56, 108, 124):
        keep(f"alpha-never-filled-{header}.bmp", bmp(bgra(ALPHA8 * 0), 32, compression=3, header=header, masks=masks4), RGB)
    keep("alpha-never-filled-40.bmp", bmp(bgra(ALPHA8 * 0), 32, compression=6, masks=masks4), RGB)
    keep("alpha.bmp", bmp(bgra(ALPHA8), 32, compression=3, header=108, masks=masks4), over_white(RGB, ALPHA8))
    keep("spare-byte.bmp", bmp(bgra(ALPHA8), 32, header=124, masks=masks4), RGB)
    ten = RGB16.astype(np.uint32)[::-1] >> 6
    fields = [row.tobytes() for row in ten[..., 0] << 22 | ten[..., 1] << 12 | ten[..., 2] << 2]
    keep("10-bits-fields.bmp", bmp(fields, 32, compression=3, masks=struct.pack("<III", 0x3FF << 22, 0x3FF << 12, 0x3FF << 2)), scaled(RGB16 >> 6, 1023))
    b, g, r = (bottom_up[..., c].astype(np.uint16) for c in range(3))
    keep("16-bits-555.bmp", bmp([row.tobytes() for row in (r >> 3) << 10 | (g >> 3) << 5 | b >> 3], 16), tolerance=1)
    masks5 = struct.pack("<IIII", 0x7C00, 0x3E0, 0x1F, 0x8000)
    keep("16-bits-1555-never-filled.bmp", bmp([row.tobytes() for row in (r >> 3) << 10 | (g >> 3) << 5 | b >> 3], 16, compression=3, header=108, masks=masks5), scaled(RGB >> 3, 31))
    opaque = (ALPHA8[::-1] > 99).astype(np.uint16)
    some = [row.tobytes() for row in opaque << 15 | (r >> 3) << 10 | (g >> 3) << 5 | b >> 3]
    keep("16-bits-1555.bmp", bmp(some, 16, compression=3, header=108, masks=masks5), np.where(opaque[::-1, :, None], scaled(RGB >> 3, 31), np.uint8(255)))
    masks = struct.pack("<III", 0xF800, 0x07E0, 0x001F)
    fields = [row.tobytes() for row in (r >> 3) << 11 | (g >> 2) << 5 | b >> 3]
    keep("16-bits-565.bmp", bmp(fields, 16, compression=3, masks=masks), tolerance=1)


def colours_of(table):
    """Red, green and blue of each index."""
    return np.frombuffer(table, np.uint8).reshape(-1, 4)[:, 2::-1]


def runs_until(indices, rows):
    runs = [b"".join(bytes([1, value]) for value in row) + b"\0\0" for row in indices[:rows]]
    return runs + [b"\0\1"]


def blank_above(indices, rows):
    blank = indices.copy()
    blank[rows:] = 0
    return blank


def pnms():
    def text(kind, values, most=None):
        numbers = "\n".join(" ".join(str(value) for value in row.ravel()) for row in values)
        return f"{kind}\n# made for tests\n{WIDTH} {HEIGHT}\n{f'{most} # white' if most else ''}\n{numbers}\n".encode()
    def raw(kind, data, most=None):
        return f"{kind}\n# made for tests\n{WIDTH} {HEIGHT}\n{f'{most}' + chr(10) if most else ''}".encode() + data
    dark = ~np.asarray(rgb.convert("1"))
    shown = np.dstack([np.where(dark, 0, 255).astype(np.uint8)] * 3)
    levels = np.asarray(grey)
    keep("text.pbm", text("P1", dark.astype(int)), shown)
    keep("text-joined.pbm", raw("P1", b"".join(b"".join(b"1" if bit else b"0" for bit in row) + b"\n" for row in dark)), shown)
    keep("text.pgm", text("P2", levels, 255), np.dstack([levels] * 3))
    keep("text.ppm", text("P3", RGB, 255), RGB)
    keep("raw.pbm", raw("P4", np.packbits(dark, axis=1).tobytes()), shown)
    keep("raw.pgm", raw("P5", levels.tobytes(), 255), np.dstack([levels] * 3))
    keep("raw.ppm", raw("P6", RGB.tobytes(), 255), RGB)
    keep("16-bits.pgm", raw("P5", GREY16.astype(">u2").tobytes(), 65535), scaled(GREY16, 65535))
    keep("12-bits.pgm", raw("P5", (GREY16 >> 4).astype(">u2").tobytes(), 4095), scaled(GREY16 >> 4, 4095))
    keep("12-bits-in-16.pgm", raw("P5", (GREY16 >> 4).astype(">u2").tobytes(), 65535), scaled(GREY16 >> 4, 65535), note=DARK)
    keep("16-bits.ppm", raw("P6", RGB16.astype(">u2").tobytes(), 65535), eight(RGB16))
    keep("8-levels.pgm", raw("P5", (levels >> 5).tobytes(), 7), scaled(levels >> 5, 7))


def avifs():
    # Decoders differ in how they interpolate colours that pixels share. Without shared colours the result is exact.
    exact = lambda image, **options: saved(image, "AVIF", quality=90, subsampling="4:4:4", **options)
    keep("lossy.avif", exact(rgb), tolerance=3)
    keep("lossy-shared.avif", saved(rgb, "AVIF", quality=90), tolerance=25)
    keep("lossy-alpha.avif", exact(rgba), tolerance=3)
    keep("grey.avif", exact(grey), tolerance=3)
    for orientation in range(2, 9):
        keep(f"orientation-{orientation}.avif", exact(rgb, exif=exif(orientation)), tolerance=3)
    ten = imagecodecs.avif_encode(RGB16 >> 6, level=95, bitspersample=10, pixelformat="444")
    keep("10-bits.avif", ten, scaled(imagecodecs.avif_decode(ten), 1023), tolerance=3)
    frames = bytearray(exact(rgb, save_all=True, append_images=[ImageOps.invert(rgb)]))
    for box in (b"mvhd", b"tkhd", b"mdhd"):  # Zeroes the times, so that the file is the same on every run.
        for at in [at for at in range(len(frames)) if frames[at:at + 4] == box]:
            times = 16 if frames[at + 4] == 1 else 8
            frames[at + 8:at + 8 + times] = bytes(times)
    keep("animated.avif", bytes(frames), tolerance=3, note="an animation, its first frame is used")


def jxls():
    encode = imagecodecs.jpegxl_encode
    keep("lossless.jxl", encode(RGB, lossless=True), RGB)
    keep("lossless-alpha.jxl", encode(np.dstack([RGB, ALPHA8]), lossless=True), over_white(RGB, ALPHA8))
    keep("lossy.jxl", encode(RGB, level=95), imagecodecs.jpegxl_decode(encode(RGB, level=95)), tolerance=5)
    keep("boxed.jxl", encode(RGB, lossless=True, usecontainer=True), RGB)
    keep("grey.jxl", encode(np.asarray(grey), lossless=True), np.dstack([np.asarray(grey)] * 3))
    # The encoder stores 16 bits as linear light, so the expected pixels follow sRGB's curve.
    light = RGB16 / 65535
    shown = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    keep("16-bits-linear.jxl", encode(RGB16, lossless=True), scaled(shown, 1), tolerance=1)


for write in [jpegs, pngs, tiffs, webps, gifs, bmps, pnms, avifs, jxls]:
    write()
(OUT / "expected.json").write_text("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in expected.items()) + "\n}\n")
