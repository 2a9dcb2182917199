"""Tests of the codec: stored bytes stay readable for ever."""
