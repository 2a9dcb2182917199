"""Clients of the world outside, one folder a port, each with a sandbox that misbehaves.

HTTP clients live here and nowhere else; nothing here decides about a deal.
"""
