"""Runs side by side: what each found, and how they differ on the prompts that both answered."""
