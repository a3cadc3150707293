"""Two questions with the answers of three systems, and what two people give them."""

from __future__ import annotations

from langkah.review import RatingItem

RETURN = RatingItem(
    language="en", prompt="How do I return an item?", row=0, intent="faq:1", slice="eval", drawn="random",
    answers={
        "base": "You can return items by contacting the shop. Please have your order number ready!",
        "tuned": "1. Open My Orders and choose the order.\n2. Press Return an item.\n3. Print the label.",
        "reference": "1. Open My Orders and choose the order.\n2. Press Return an item and tick what you send back.\n"
        "3. Choose a reason and a pick-up day.\n4. Print the label and stick it on the parcel.",
    },
)  # fmt: skip
PAY = RatingItem(
    language="id", prompt="Bagaimana cara membayar tagihan?", row=1, intent="faq:2", slice="holdout", drawn="random",
    answers={
        "base": "Anda dapat membayar tagihan di <b>bank</b> terdekat.",
        "tuned": "1. Buka menu Tagihan.\n2. Tekan Bayar.",
        "reference": "1. Buka menu Tagihan.\n2. Pilih tagihan yang belum dibayar.\n3. Tekan Bayar, lalu pilih bank.",
    },
)  # fmt: skip
SYSTEMS = ("base", "tuned", "reference")
CLARITY = {"Ana": {RETURN.key: (1, 3, 5), PAY.key: (2, 3, 4)}, "Budi": {RETURN.key: (1, 2, 4), PAY.key: (2, 3, 4)}}
"""Of base, tuned and reference.

By hand: of twelve ratings 2 are a 1, 3 a 2, 3 a 3, 3 a 4, 1 a 5. Two pairs differ: 3 and 2, by (3/2 + 3/2)^2 = 9, and 5 and 4,
by (1/2 + 3/2)^2 = 4: observed are 2 (9 + 4) / 12. Expected, over all pairs of values, are 2 (37.5 + 181.5 + 433.5 + 220.5 +
81 + 324 + 192 + 81 + 75 + 12) / (12 x 11) = 3276 / 132, and alpha is 1 - 286 / 3276.
"""
ALPHA = 1 - 286 / 3276
