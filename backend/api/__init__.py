"""The public API: whatever the browser can do, programs can."""
