"""Last month's roaming, played at speed against a living portal: what `make demo` shows and checks."""
