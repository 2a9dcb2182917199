"""The doors: security, API and pages over a whole house in memory."""
