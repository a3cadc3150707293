"""Flows: what a person starts. `finetune` composes the others, and is read first. Importing this loads nothing heavy."""
