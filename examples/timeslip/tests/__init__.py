"""Run them with `python -m unittest` in the folder above."""
