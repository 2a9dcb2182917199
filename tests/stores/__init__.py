"""Tests of the stores: one contract, run by each of them."""
