"""Events as they happen, by websocket and as server-sent events: read from the database by cursor, never from a queue."""
