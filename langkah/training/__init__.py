"""Train a LoRA adapter in a child process, through TRL or Unsloth, and say how it went."""

from langkah.training.launch import train_adapter
from langkah.training.progress import Progress
from langkah.training.recipe import Recipe, resolve_recipe

__all__ = ["Progress", "Recipe", "resolve_recipe", "train_adapter"]
