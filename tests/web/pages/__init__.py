"""The pages as people get them, without a browser."""
