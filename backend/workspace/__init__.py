"""What users work on: projects with members, networks with versions, accelerators, artifacts, and who did what."""
