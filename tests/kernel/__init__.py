"""Tests of the words that every other folder speaks."""
