"""Jobs: each attempt is a subprocess with limits, run by an exchangeable executor and kept on a board in memory."""
