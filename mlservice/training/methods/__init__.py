"""How a network is made to fit a budget while it trains: one file a method."""
