"""The services, as the backend sees them over HTTP and websocket."""
