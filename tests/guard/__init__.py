"""Tests of the guard: labelled words."""
