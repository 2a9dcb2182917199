"""Experiments with the whole product: the exhaustive check of a deal, and pages about it.

``prove`` walks every state that a deal can reach and checks the invariants; its parts are
``prove_model`` (what is walked, what is reported), ``prove_wishes`` (who tries what),
``prove_walk`` (the walk), ``prove_checks`` (the invariants) and ``prove_time`` (how long it can
take) · ``docs`` writes the pages that are generated from the tables.
"""
