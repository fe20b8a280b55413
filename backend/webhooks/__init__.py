"""Webhooks: events of a project, posted to addresses of its members' choice (standard-webhooks signatures)."""
