"""Networks as the compiler sees them, and the integer arithmetic that gives them their meaning."""
