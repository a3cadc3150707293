"""Chat format, loss mask and lengths of examples, four wordings of each answer, against the tokenizer's template, in one run.

The plain way renders and tokenizes the conversation twice, with and without the answer, and masks what both begin with.

    OMP_NUM_THREADS=1 python benchmarks/lengths.py [EXAMPLES]
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


WORDINGS = (
    "How do I do number {}?",
    "Show me how to do number {}.",
    "I want to do number {}.",
    "What are the steps of number {}?",
)


def main(count: int) -> int:
    """Compare, and return the exit code."""
    from benchmarks.answer_pairs import answer_pairs
    from benchmarks.row import Row, tell
    from langkah.chat import ChatEncoder
    from langkah.models import resolve_model
    from langkah.models.loading import load_tokenizer
    from langkah.records import ChatExample

    _, answers = answer_pairs(count // len(WORDINGS))
    examples = [
        ChatExample(intent=str(at), prompt=wording.format(at), completion=f"{answer}\n9. Close number {at}.")
        for at, answer in enumerate(answers)
        for wording in WORDINGS
    ]
    tokenizer = load_tokenizer(resolve_model("auto"))
    encoder = ChatEncoder(tokenizer)
    encoder.encode(examples[0])

    start = time.process_time()
    ours = [sum(label >= 0 for label in encoder.encode(example).labels) for example in examples]
    seconds = time.process_time() - start

    start = time.process_time()
    plain: list[int] = []
    for example in examples:
        asked = [{"role": "user", "content": example.prompt}]
        head = tokenizer.apply_chat_template(asked, add_generation_prompt=True, return_dict=True)["input_ids"]
        told = [*asked, {"role": "assistant", "content": example.completion}]
        whole = tokenizer.apply_chat_template(told, return_dict=True)["input_ids"]
        plain.append(len(whole) - len(head))
    plain_seconds = time.process_time() - start
    # The template may end a turn with a line feed behind the end token, which nobody has to learn.
    same = all(0 <= theirs - own <= 1 for own, theirs in zip(ours, plain, strict=True))
    return tell(
        Row(f"chat format and lengths, {count:,} examples", "apply_chat_template, twice", plain_seconds, seconds, same=same)
    )


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3_000))
