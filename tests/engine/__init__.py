"""Tests of the engine: lanes, timers, followers, the integrator and fsck."""
