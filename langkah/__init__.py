"""Langkah: from a company's FAQ to a fine-tuned open LLM that answers in correct, ordered steps.

This package is the domain: plain functions and types, no Prefect. `tasks` wraps each step, `flows` composes them.
"""
