"""The door for programs: JSON under ``/v1``. A table of operations, and how each is served."""
