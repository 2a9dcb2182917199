"""Events and states as stored bytes, and back: names, versions, upcasts."""
