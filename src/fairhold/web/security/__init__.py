"""Who is there and what may come in: sessions, passwords, API keys, forms, limits, headers."""
