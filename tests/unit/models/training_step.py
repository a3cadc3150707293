"""Run two training steps and print the peak of what they took, bytes: `python training_step.py MODEL BATCH TOKENS`.

Counted is the growth of resident memory over what Python and the imported packages take.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model

from langkah.models import resolve_model
from langkah.models.loading import load_model
from langkah.training.recipe import TARGET_MODULES
from langkah.training.trainer import answer_loss


def main(name: str, batch: int, tokens: int) -> None:
    torch.set_num_threads(1)
    reference = resolve_model(name)
    Path("/proc/self/clear_refs").write_text("5")  # the peak so far is that of the imports: begin anew
    before = status("VmRSS")
    model = load_model(reference)
    model.config.use_cache = False
    adapter = LoraConfig(r=16, lora_alpha=32, target_modules=list(TARGET_MODULES), task_type="CAUSAL_LM")
    model = get_peft_model(model, adapter)
    model.train()
    optimizer = torch.optim.AdamW([weight for weight in model.parameters() if weight.requires_grad])
    ids = torch.randint(0, 1000, (batch, tokens))
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": ids}
    for _ in range(2):
        answer_loss(model, inputs).backward()
        optimizer.step()
        optimizer.zero_grad()
    sys.stdout.write(f"{status('VmHWM') - before}\n")


def status(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(f"{field}:")).split()[1])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
