"""The parts of an API that all services share: authorisation, problems, uploads, jobs with their events, health."""
