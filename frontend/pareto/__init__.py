"""Trade-offs: all training sessions of a project by accuracy against latency or energy, fronts and hypervolumes by method."""
