"""The two doors: JSON for programs, pages for people, and the security that both stand behind."""
