"""Whether a run may pass: known failures that a policy allows, and nothing missing."""
