"""A real browser against a real server; skipped, and said so, where there is no Chromium."""
