"""Tests of the pure decisions: given these facts, when somebody wishes this, then that."""
