"""The tests, in folders as those of the source; `scripts/tidy.py` holds the house rules."""
