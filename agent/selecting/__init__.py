"""Choosing with a model's help: the methods that ask, each within a cap on completions."""
