"""Mail: the sandbox outbox that keeps letters instead of sending them."""
