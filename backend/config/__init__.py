"""How the backend is put together: environment, settings, addresses, the ASGI application."""
