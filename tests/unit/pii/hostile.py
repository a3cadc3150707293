"""Identifiers as hostile or careless texts hold them: another generator than `planted.py`, sharing no code with it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from corpora import Sentence, Span

_FULL_WIDTH = {ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)}
_INVISIBLE = (
    "\u200b",
    "\u200c",
    "\u200d",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\u200e",
    "\u200f",
    "\u202a",
    "\u202e",
    "\u2066",
    "\u061c",
)
_DASHES = ("-", "\u2010", "\u2011", "\u2012", "\u2013", "\u2212")
_BLANKS = (" ", "\t", "\u00a0", "\u2009", "\u202f", "\u3000")


def _digits(draw: random.Random, count: int, first: str = "123456789") -> str:
    return draw.choice(first) + "".join(draw.choice("0123456789") for _ in range(count - 1))


def _grouped(draw: random.Random, number: str, *sizes: int) -> str:
    mark = draw.choice(_DASHES + _BLANKS)
    pieces, at = [], 0
    for size in sizes:
        pieces.append(number[at : at + size])
        at += size
    return mark.join(piece for piece in [*pieces, number[at:]] if piece)


def _email(draw: random.Random) -> str:
    local = draw.choice(["rina.h", "o'neil", "b_t", "x+faktur", "info-2", "r", "José", "jo.ann.lee"])
    host = draw.choice(
        ["toko.co.id", "mail.example", "pos.go.id", "bücher.de", "xn--bcher-kva.de", "a-b.io", "sub.domain.museum"]
    )
    address = f"{local}@{host}"
    ways: list[Callable[[], str]] = [
        lambda: address,
        lambda: address.upper(),
        lambda: address.replace("@", draw.choice(_INVISIBLE) + "@" + draw.choice(_INVISIBLE)),
        lambda: "".join(character + draw.choice(["", "", *_INVISIBLE[:2]]) for character in address),
        lambda: "\u202b" + address + "\u202c",
        lambda: address.replace("@", draw.choice([" @ ", "[at]", "(at)", " [at] ", "\uff20"])),
        lambda: address.replace("@", " [at] ").replace(".", " [dot] "),
        lambda: address.replace("@", draw.choice(["&#64;", "&#x40;", "&commat;", "&amp;#64;", "%40", "[@]", "@\n"])),
        lambda: address.replace("@", draw.choice(["<b>@</b>", "<span class='at'>@</span>", "</em>@"])),
        lambda: address.replace("_", "\\_").replace(".", "\\."),
        lambda: f"{address.partition('@')[0]} @ {draw.choice(['gmail . com', 'toko . co . id'])}",
        lambda: f"budi.s(a){draw.choice(['gmail.com', 'toko.co.id'])}",
        lambda: f"budi.s at {draw.choice(['gmail.com', 'yahoo.co.id'])}",
        lambda: f"{address.partition('@')[0]}@gmail,com",
    ]
    return draw.choice(ways)()


def _phone(draw: random.Random) -> str:
    mobile = "8" + draw.choice(["12", "57", "95", "00", "99"]) + _digits(draw, 8)
    ways: list[Callable[[], str]] = [
        lambda: "0" + mobile,
        lambda: "+62" + mobile,
        lambda: "0" + _grouped(draw, mobile, 3, 4),
        lambda: "+62 " + _grouped(draw, mobile, 3, 4),
        lambda: ("0" + mobile).translate(_FULL_WIDTH),
        lambda: "(021) " + _grouped(draw, _digits(draw, 8), 4),
        lambda: "+44 (0)" + _grouped(draw, _digits(draw, 10), 2, 4),
        lambda: "+1 (" + _digits(draw, 3, "2345") + ") " + _grouped(draw, _digits(draw, 7), 3),
        lambda: "".join(digit + draw.choice(["", "", "\u200b"]) for digit in "0" + mobile),
        lambda: f"0{mobile[:3]}_{mobile[3:7]}_{mobile[7:]}",
        lambda: f"0{mobile[:3]}<b>{mobile[3:7]}</b>{mobile[7:]}",
        lambda: f"0{mobile[:3]}</td><td>{mobile[3:7]}</td><td>{mobile[7:]}",
        lambda: f"&#48;{mobile}",
    ]
    return draw.choice(ways)()


def _number(length: int, *sizes: int) -> Callable[[random.Random], str]:
    """A number of any digits, so that its check digit is wrong as a rule, in the ways people write it."""

    def make(draw: random.Random) -> str:
        number = _digits(draw, length)
        return draw.choice(
            [number, number.translate(_FULL_WIDTH), _grouped(draw, number, *sizes), number[:4] + "\u200b" + number[4:]]
        )

    return make


def _npwp(draw: random.Random) -> str:
    number = _digits(draw, 15)
    written = f"{number[:2]}.{number[2:5]}.{number[5:8]}.{number[8]}-{number[9:12]}.{number[12:]}"
    return draw.choice(
        [written, written.replace(".", " "), number, written.replace("-", "\u2011"), written.translate(_FULL_WIDTH)]
    )


def _order(draw: random.Random) -> str:
    ways = ("ORD-{6}", "INV/2026/{5}", "TRX{9}", "{7}", "JP{10}", "#{6}", "so-{5}", "{3}-{7}")
    return re.sub(r"\{(\d+)\}", lambda match: _digits(draw, int(match.group(1))), draw.choice(ways))


_VALUES: dict[str, Callable[[random.Random], str]] = {
    "EMAIL": _email,
    "PHONE": _phone,
    "CARD": _number(16, 4, 4, 4),
    "NIK": _number(16, 6, 6),
    "NPWP": _npwp,
    "ACCOUNT": _number(10, 3, 3),
    "ORDER_ID": _order,
}
_FRAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "EMAIL": {
        "en": (
            "Please reply to {x} today",
            "My address ({x}) has changed",
            "Contact:\n{x}\nThanks",
            "cc {x}; bcc nobody",
            "<{x}>",
            "Link: mailto:{x}",
            '<a href="mailto:{x}">Mail us</a>',
        ),
        "id": (
            "Balas ke {x} hari ini",
            "Alamat saya ({x}) berubah",
            "Kontak:\n{x}\nTerima kasih",
            "tembusan {x}; tidak ada lagi",
            "<{x}>",
            "Tautan: mailto:{x}",
        ),
    },
    "PHONE": {
        "en": ("You can reach me on {x}, any time.", "[{x}] is my number", "1. Call {x}.\n2. Wait.", "Mobile: {x}"),
        "id": ("Saya bisa dihubungi di {x}, kapan saja.", "[{x}] nomor saya", "1. Telepon {x}.\n2. Tunggu.", "HP: {x}"),
    },
    "CARD": {
        "en": ("The card {x} was charged twice", "credit card no. {x}, please", "Card number:\n{x}"),
        "id": ("Kartu {x} tertagih dua kali", "kartu kredit no. {x} ya", "Nomor kartu:\n{x}"),
    },
    "NIK": {
        "en": ("My NIK ({x}) is refused", "national ID {x} not found", "KTP: {x}"),
        "id": ("NIK saya ({x}) ditolak", "nomor KTP {x} tidak ditemukan", "No. KTP:\n{x}"),
    },
    "NPWP": {
        "en": ("Tax ID: {x}", "my NPWP is {x}, is that right?"),
        "id": ("NPWP: {x}", "NPWP perusahaan kami {x}, benar?"),
    },
    "ACCOUNT": {
        "en": ("account number {x} is closed", "My bank account ({x}) was debited", "Customer ID: {x}"),
        "id": ("nomor rekening {x} ditutup", "Rekening BNI saya ({x}) terdebet", "ID pelanggan: {x}"),
    },
    "ORDER_ID": {
        "en": ("order {x} never came", "My order number is {x}.", "tracking no. {x} shows nothing"),
        "id": ("pesanan {x} tidak sampai", "Nomor pesanan saya {x}.", "no. resi {x} tidak muncul"),
    },
}


def hostile(count: int, seed: int = 8) -> list[Sentence]:
    """`count` sentences, types and languages in turn."""
    draw = random.Random(seed)
    kinds = list(_VALUES)
    made: list[Sentence] = []
    for index in range(count):
        kind, language = kinds[index % len(kinds)], ("en", "id")[index // len(kinds) % 2]
        value = _VALUES[kind](draw)
        frame = draw.choice(_FRAMES[kind][language])
        start = frame.index("{x}")
        made.append(Sentence(frame.replace("{x}", value), language, (Span(kind, start, start + len(value)),)))
    return made
