"""The knowledge base: model, loading and prose."""
