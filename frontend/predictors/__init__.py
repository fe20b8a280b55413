"""Predictors: a project's, one from all sides, asked about its networks, fitted to a campaign."""
