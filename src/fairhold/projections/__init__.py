"""Read models: pure functions from a stream's state or a fact to documents that can be looked up.

Everything here can be thrown away and made again from the log.
"""
