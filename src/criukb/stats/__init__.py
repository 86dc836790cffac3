"""Figures with numerator, denominator, window and interval."""
