"""Whether the backend works."""

from typing import Any

from django.db import connection
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.schemas import documented


class HealthView(serializers.Serializer[Any]):
    """It works."""

    status = serializers.CharField()


class Health(APIView):
    """For supervisors; needs no account."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()

    @extend_schema(responses=documented(HealthView), operation_id="health", auth=[])
    def get(self, request: Request) -> Response:
        """The process answers and reaches its database."""
        del request
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return Response({"status": "ok"})
