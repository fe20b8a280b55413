"""The command `proprunn`: the client's verbs."""
