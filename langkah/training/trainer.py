"""SFTTrainer with batches of like length and its own way to watch; on a CPU, with a loss that costs what the answers need."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from langkah.chat import EncodedExample
from langkah.chat.template import IGNORED
from langkah.training.recipe import Recipe
from langkah.training.validation import watched_losses


def trainer_class(recipe: Recipe) -> Any:
    """Return the trainer's class; made late, since Unsloth replaces SFTTrainer when it is imported."""
    from trl.trainer.sft_trainer import SFTTrainer

    class LengthBatchTrainer(SFTTrainer):
        """Takes its examples in the order of `order`, and watches `watched`."""

        order: Any = None
        watched: Mapping[str, list[EncodedExample]] = MappingProxyType({})

        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            return self.order

        def evaluate(self, *_arguments: Any, metric_key_prefix: str = "eval", **_named: Any) -> dict[str, float]:
            losses = watched_losses(self, self.watched)
            metrics = {f"{metric_key_prefix}_{name}": loss for name, loss in losses.items()}
            self.log(metrics)
            self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
            return metrics

    class CpuTrainer(LengthBatchTrainer):
        """Projects only the answers to the vocabulary, once. In one process: it goes past the wrapper that joins several.

        TRL's chunked loss saves GPU memory: it pads to chunks of 256 tokens, projects each chunk again in the backward
        pass, and measures entropy on the way. On a CPU that was a fifth of the time of a step.
        """

        def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None) -> Any:
            loss = answer_loss(model, inputs, num_items_in_batch)
            return (loss, {}) if return_outputs else loss

    return CpuTrainer if recipe.device == "cpu" and recipe.devices == 1 else LengthBatchTrainer


def answer_loss(model: Any, inputs: Any, answer_tokens: Any = None) -> Any:
    """Return the mean cross-entropy of the answers' tokens, in nats: a scalar tensor.

    Args:
        model: a causal LM with a PEFT adapter whose head is not adapted.
        inputs: `input_ids`, `attention_mask` and `labels`, each (batch, tokens).
        answer_tokens: what to divide the sum by where the batch is a part of a larger one; its own tokens if None.
    """
    from torch.nn.functional import cross_entropy

    base = model.get_base_model()
    hidden = base.get_decoder()(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).last_hidden_state
    targets = inputs["labels"][:, 1:]
    learned = targets != IGNORED
    logits = base.get_output_embeddings()(hidden[:, :-1][learned]).float()  # (answer tokens, vocabulary)
    config = base.config.get_text_config()
    if scale := getattr(config, "logit_scale", None):
        logits = logits * scale
    if cap := getattr(config, "final_logit_softcapping", None):
        logits = cap * (logits / cap).tanh()
    total = cross_entropy(logits, targets[learned], reduction="sum")
    return total / (learned.sum() if answer_tokens is None else answer_tokens)
