"""Tests of the record: tree, tiles, notes and checkpoints, against published vectors."""
