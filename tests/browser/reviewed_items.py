"""Twenty things to decide, as a shop's FAQ would give them."""

from __future__ import annotations

from langkah.review import Kind, ReviewItem

RETURN = (
    "1. Open My Orders and choose the order.\n2. Press Return an item and tick what you send back.\n"
    "3. Choose a reason and a pick-up day.\n4. Print the label and stick it on the parcel.\n\n"
    "Note: items on sale cannot be returned."
)
RETURN_BEFORE = (
    "Open My Orders, choose the order and press the button Return an item; tick what you send back. Then please choose a "
    "reason and a pick-up day. Finally print the label and stick it on. Note: items on sale cannot be returned."
)
PAY = (
    "1. Buka menu Tagihan.\n2. Pilih tagihan yang belum dibayar.\n3. Tekan Bayar, lalu pilih bank.\n4. Simpan bukti pembayaran."
)
PAY_BEFORE = "Buka menu Tagihan, kemudian pilih tagihan yang belum lunas. Tekan tombol Bayar lalu pilih bank. Simpan buktinya."
PASSWORD = "1. Open Settings.\n2. Choose Security.\n3. Press Change password and type the new one twice."
UNTOLD = "Our warehouse is open from Monday to Friday. Orders of the weekend leave on Monday. We never ship on holidays."


def _item(number: int, kind: Kind, prompt: str, output: str, language: str = "en", **more: object) -> ReviewItem:
    values = {
        "kind": kind, "intent": f"faq:{number}", "language": language, "source": "help centre" if number % 2 else "chat",
        "prompt": prompt, "output": output, "file": "faq.csv", "row": number, **more,
    }  # fmt: skip
    return ReviewItem.model_validate(values)


def twenty() -> list[ReviewItem]:
    """Eight records and drafts, six flagged, six variants of two originals."""
    asked = "How do I return an item?"
    bill = "Bagaimana cara membayar tagihan?"
    records = [
        _item(1, Kind.record, asked, RETURN, before=RETURN_BEFORE),
        _item(2, Kind.record, bill, PAY, "id", before=PAY_BEFORE),
        _item(3, Kind.record, "How do I change my password?", PASSWORD),
        _item(4, Kind.draft, "My parcel is late, what now?", "1. Open the tracking page.\n2. Press Where is my parcel.",
              before="hi so i had the same thing and i opened the tracking page and pressed Where is my parcel, worked"),
        _item(5, Kind.record, 'How do I type <script>alert("x")</script>?', "1. Type <b>bold</b>.\n2. Press & hold.",
              before="Type <b>bold</b> & press <img src=x onerror=alert(1)>"),
        *(_item(n, Kind.record, f"How do I track order {n}?", PASSWORD.replace("Security", "Orders")) for n in (6, 7, 8)),
    ]  # fmt: skip
    flagged = [
        _item(11, Kind.flagged, "When do you ship?", UNTOLD, reasons=("the answer has no explicit steps",)),
        _item(12, Kind.flagged, "Cara batal pesanan?", "2. Tekan Batal.\n1. Buka Pesanan.", "id",
              reasons=("the numbers of the steps are out of order",)),
        _item(13, Kind.flagged, "How do I log in?", "1. Open the app.\n2. Press Log in.",
              reasons=("same prompt, other answer: faq.csv:14",)),
        *(_item(n, Kind.flagged, f"Help with {n}", PASSWORD, reasons=("the question does not say what the user wants to do",))
          for n in (14, 15, 16)),
    ]  # fmt: skip
    ways = ("What are the steps to return an item?", "I want to send something back", "I can't find how to return an item")
    cara = ("Gimana caranya bayar tagihan?", "Saya mau bayar tagihan", "Langkah membayar tagihan apa saja?")
    variants = [_item(1, Kind.variant, way, "", variant_of=asked) for way in ways]
    variants += [_item(2, Kind.variant, way, "", "id", variant_of=bill) for way in cara]
    return [*records, *flagged, *variants]


def rivals() -> tuple[ReviewItem, ReviewItem, ReviewItem]:
    """A record, one that answers its question otherwise, and a variant of the first."""
    asked = "I am [NAME], how do I pay a bill?"
    other = "1. Ask the service desk to pay it for you, and give them the number of the bill, its date and the sum.\n2. Wait."
    return (
        _item(31, Kind.record, asked, PASSWORD.replace("Security", "Bills")),
        _item(32, Kind.flagged, "I am [NAME]: how do I pay a bill", other, reasons=("same prompt, other answer: faq.csv:31",)),
        _item(31, Kind.variant, "I am [NAME] and want to pay a bill", PASSWORD, variant_of=asked),
    )
