"""Who calls: users, and the tokens their programs carry."""
