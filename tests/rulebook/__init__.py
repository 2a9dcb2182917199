"""Tests of the published policy."""
