"""Tests of a whole Fairhold in one process: deals run through its House, with its sandboxes."""
