"""Pages for people: each reads a form, asks the desk, and shows what the record says."""
