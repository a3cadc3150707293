"""Train a LoRA adapter in a child process, through TRL or Unsloth, and say how it went and what to change."""

from langkah.training.diagnosis import Diagnosis, Remedy, diagnose_failure
from langkah.training.general import Forgetting
from langkah.training.launch import train_adapter, work_lock
from langkah.training.nodes import Nodes
from langkah.training.progress import Progress
from langkah.training.recipe import Recipe, choose_backend, resolve_recipe
from langkah.training.work_files import clear

__all__ = [
    "Diagnosis",
    "Forgetting",
    "Nodes",
    "Progress",
    "Recipe",
    "Remedy",
    "choose_backend",
    "clear",
    "diagnose_failure",
    "resolve_recipe",
    "train_adapter",
    "work_lock",
]
