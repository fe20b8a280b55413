"""The start page, projects, members, activity."""
