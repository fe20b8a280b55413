# The backend: pages, API, dispatcher.  docker build -f k8s/images/backend.Dockerfile -t proprunn-backend:0.1.0 .
FROM python:3.11-slim-bookworm AS packages
COPY requirements/uv.txt requirements/core.txt /requirements/
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r /requirements/uv.txt \
    && /opt/venv/bin/uv pip sync --no-cache --python /opt/venv/bin/python --require-hashes --compile-bytecode /requirements/core.txt

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/proprunn --shell /usr/sbin/nologin proprunn \
    && install -d -o proprunn -g proprunn /var/lib/proprunn /var/lib/artifacts
COPY --from=packages /opt/venv /opt/venv
WORKDIR /opt/proprunn
COPY manage.py pyproject.toml ./
COPY contracts ./contracts
COPY backend ./backend
COPY frontend ./frontend
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/var/lib/proprunn \
    PROPRUNN_CACHE=/var/lib/proprunn/cache \
    PROPRUNN_BACKEND_FOLDER=/var/lib/proprunn/backend \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
RUN python -m compileall -q contracts backend frontend
USER 10001:10001
EXPOSE 8100
ENTRYPOINT ["tini", "--"]
CMD ["python", "-m", "uvicorn", "backend.config.asgi:application", "--host", "0.0.0.0", "--port", "8100", "--ws", "websockets-sansio", "--timeout-graceful-shutdown", "5", "--no-access-log", "--no-proxy-headers"]
