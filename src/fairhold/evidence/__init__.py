"""The provable record: Merkle tree, tiles, signed notes, checkpoints and their verification.

Pure: standard library and cryptography only, so that an outsider can check with the same code.
"""
