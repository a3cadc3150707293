"""SFTTrainer with its own order and its own way to watch; on a CPU, with a loss that costs what the answers need."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from langkah.chat import EncodedExample
from langkah.chat.template import IGNORED
from langkah.training.examples import like_lengths
from langkah.training.recipe import Recipe
from langkah.training.validation import watched_losses

_LEAST_SHARED = 16
"""Tokens that rows must begin with alike for it to be worth while: the explicit mask of the rest costs as much as a few."""


def trainer_class(recipe: Recipe) -> Any:
    """Return the trainer's class; made late, since Unsloth replaces SFTTrainer when it is imported."""
    from trl.trainer.sft_trainer import SFTTrainer

    class OrderedTrainer(SFTTrainer):
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

    class CpuTrainer(OrderedTrainer):
        """Projects only the answers to the vocabulary, once. In one process: it goes past the wrapper that joins several.

        TRL's chunked loss saves GPU memory: it pads to chunks of 256 tokens, projects each chunk again in the backward
        pass, and measures entropy on the way. On a CPU that was a fifth of the time of a step.
        """

        def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None) -> Any:
            loss = loss_in_parts(model, inputs, num_items_in_batch)
            return (loss, {}) if return_outputs else loss

    return CpuTrainer if recipe.device == "cpu" and recipe.devices == 1 else OrderedTrainer


def loss_in_parts(model: Any, inputs: Any, answer_tokens: Any = None) -> Any:
    """Return `answer_loss` of a batch, computed for examples of like length at a time: the same, with hardly any padding.

    Args:
        model: a causal LM with a PEFT adapter whose head is not adapted.
        inputs: `input_ids`, `attention_mask` and `labels`, each (batch, tokens), padded on the right.
        answer_tokens: what to divide the sum by; the batch's own tokens if None.
    """
    lengths = inputs["attention_mask"].sum(dim=1).tolist()
    answers = (inputs["labels"][:, 1:] != IGNORED).sum() if answer_tokens is None else answer_tokens
    losses = [
        answer_loss(model, {name: inputs[name][part, : lengths[part[0]]] for name in ("input_ids", "labels")}, answers)
        for part in like_lengths(lengths)
    ]
    return sum(losses[1:], losses[0])


def answer_loss(model: Any, inputs: Any, answer_tokens: Any = None) -> Any:
    """Return the mean cross-entropy of the answers' tokens, in nats: a scalar tensor.

    The model gets no attention mask: padding comes after the text, where no token of a causal model looks, and without a
    mask attention computes half of the square. What all rows begin with is computed once: a template's system prompt was
    a fifth of the tokens.

    Args:
        model: a causal LM with a PEFT adapter whose head is not adapted.
        inputs: `input_ids` and `labels`, each (batch, tokens), padded on the right.
        answer_tokens: what to divide the sum by where the batch is a part of a larger one; its own tokens if None.
    """
    from torch.nn.functional import cross_entropy

    base = model.get_base_model()
    shared = _shared_tokens(inputs["input_ids"], inputs["labels"])
    hidden, left_out = _hidden_states(base.get_decoder(), inputs["input_ids"], shared)  # (batch, tokens - left_out, width)
    targets = inputs["labels"][:, left_out + 1 :]
    learned = targets != IGNORED
    logits = base.get_output_embeddings()(hidden[:, :-1][learned]).float()  # (answer tokens, vocabulary)
    config = base.config.get_text_config()
    if scale := getattr(config, "logit_scale", None):
        logits = logits * scale
    if cap := getattr(config, "final_logit_softcapping", None):
        logits = cap * (logits / cap).tanh()
    total = cross_entropy(logits, targets[learned], reduction="sum")
    return total / (learned.sum() if answer_tokens is None else answer_tokens)


def _shared_tokens(ids: Any, labels: Any) -> int:
    """Return how many tokens all rows begin with whose hidden states no answer is read from; 0 if too few to matter."""
    alike = ((ids == ids[0]) & (labels == IGNORED)).all(dim=0)
    shared = int(alike.cumprod(dim=0).sum()) - 1  # the last one may predict the first token of an answer
    return shared if len(ids) > 1 and shared >= _LEAST_SHARED else 0


def _hidden_states(decoder: Any, ids: Any, shared: int) -> tuple[Any, int]:
    """Return the last hidden states, and how many tokens at the beginning of each row they leave out."""
    from transformers.cache_utils import DynamicCache, DynamicLayer

    if shared:
        head = decoder(input_ids=ids[:1, :shared], use_cache=True).past_key_values
        # Gradients flow through keys and values alone; a layer with another state overwrites it.
        if type(head) is DynamicCache and all(type(layer) is DynamicLayer for layer in head.layers):
            head.batch_repeat_interleave(len(ids))
            rest = decoder(input_ids=ids[:, shared:], past_key_values=head, use_cache=True)
            return rest.last_hidden_state, shared
    return decoder(input_ids=ids).last_hidden_state, 0
