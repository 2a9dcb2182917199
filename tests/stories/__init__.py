"""Tests of the stories: each is played over HTTP against a private server."""
