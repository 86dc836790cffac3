"""The error and warning calls of a CRIU source tree, and what can be said with them."""
