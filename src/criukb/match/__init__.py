"""From log lines to a cause: printf patterns and diagnosis."""
