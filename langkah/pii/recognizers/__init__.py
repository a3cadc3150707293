"""Presidio recognizers for English and Indonesian. Importing a module of this folder loads Presidio."""
