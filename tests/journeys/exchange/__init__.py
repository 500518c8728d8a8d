"""The exchange engine on services of its own, which the stories stop, kill and empty."""
