"""Payment: the client of a provider, and the sandbox provider as a service of its own."""
