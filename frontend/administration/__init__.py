"""For operators: users, quotas, workers, health."""
