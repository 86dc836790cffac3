"""The grammars: what a log line means."""
