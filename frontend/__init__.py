"""The pages of the workspace, on top of the backend."""
