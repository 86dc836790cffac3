"""Results of test runs: ingest, store and queries."""
