"""The guard: looks at words as they are posted and says what it sees. Pure."""
