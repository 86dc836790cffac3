"""How well each entry stands: its logs, changed copies of them, healthy logs, and the logs of the others."""
