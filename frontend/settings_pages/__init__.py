"""The account: profile, tokens, webhooks."""
