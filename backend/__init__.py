"""The backend: accounts, workspace, durable jobs and the public API; the only part the world reaches."""
