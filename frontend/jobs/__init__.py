"""Jobs and the queue."""
