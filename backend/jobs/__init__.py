"""Durable jobs: rows that survive the death of every process; services only carry them out."""
