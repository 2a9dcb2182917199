"""The door for programs under test."""
