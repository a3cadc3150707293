"""Check loss masks the way a person would: decode what is learned and compare it with the answer."""

from __future__ import annotations

from collections.abc import Sequence

from langkah.chat.template import IGNORED, ChatEncoder, EncodedExample
from langkah.errors import MaskError
from langkah.records import ChatExample


def check_masks(encoder: ChatEncoder, examples: Sequence[ChatExample], encoded: Sequence[EncodedExample]) -> int:
    """Check that each example learns its whole answer, the end token exactly if it is complete, and nothing else.

    Returns:
        How many examples were checked.

    Raises:
        MaskError: names the intent and what is wrong, never the text.
    """
    tokenizer = encoder.tokenizer
    decoded: tuple[list[int], str] = ([], "")
    for example, tokens in zip(examples, encoded, strict=True):
        place = f"intent {example.intent}"
        if len(tokens.input_ids) != len(tokens.labels):
            raise MaskError(f"{place}: {len(tokens.input_ids)} tokens but {len(tokens.labels)} labels")
        learned = [label for label in tokens.labels if label != IGNORED]
        if not learned:
            raise MaskError(f"{place}: nothing to learn, all tokens are masked")
        first = next(index for index, label in enumerate(tokens.labels) if label != IGNORED)
        if IGNORED in tokens.labels[first:] or learned != tokens.input_ids[first:]:
            raise MaskError(f"{place}: the answer is not learned in one piece")
        ends = learned[-1] == encoder.end_token
        if ends != example.complete:
            raise MaskError(f"{place}: end token {'learned by an incomplete' if ends else 'not learned by a complete'} answer")
        answer = learned[:-1] if ends else learned
        if answer != decoded[0]:  # the wordings of an intent share theirs
            decoded = answer, tokenizer.decode(answer, skip_special_tokens=False)
        if decoded[1].strip() != example.completion.strip():
            raise MaskError(f"{place}: the labels decode to another text than the answer")
    return len(examples)
