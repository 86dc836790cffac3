"""Checks that keep the knowledge base true."""
