"""Train a LoRA adapter in a child process, through TRL or Unsloth, and say how it went."""

from langkah.training.launch import train_adapter, work_lock
from langkah.training.progress import Progress
from langkah.training.recipe import Recipe, choose_backend, resolve_recipe

__all__ = ["Progress", "Recipe", "choose_backend", "resolve_recipe", "train_adapter", "work_lock"]
