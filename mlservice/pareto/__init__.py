"""Many pruning runs: which ones, carried out side by side and kept, and what they say together."""
