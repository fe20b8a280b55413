#!/usr/bin/env python
"""Django's commands: `python manage.py migrate`, `python manage.py dispatch`, ..."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
    execute_from_command_line(sys.argv)
