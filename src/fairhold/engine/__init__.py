"""The thin shell around the pure core: ports, lanes with group commit, timers, followers, vault."""
