# The learning service, without GPU libraries.  docker build -f k8s/images/mlservice.Dockerfile -t proprunn-mlservice:0.1.0 .
FROM python:3.11-slim-bookworm AS packages
RUN apt-get update \
    && apt-get install -y --no-install-recommends g++ \
    && rm -rf /var/lib/apt/lists/*
COPY requirements/uv.txt requirements/train-cpu.txt requirements/cuda_standins.py /requirements/
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r /requirements/uv.txt \
    && /opt/venv/bin/uv pip sync --no-cache --python /opt/venv/bin/python --require-hashes --compile-bytecode /requirements/train-cpu.txt \
    && /opt/venv/bin/python /requirements/cuda_standins.py

FROM python:3.11-slim-bookworm
# CatBoost and torch use OpenMP.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/proprunn/home --shell /usr/sbin/nologin proprunn \
    && install -d -o proprunn -g proprunn /var/lib/proprunn /var/lib/proprunn/home /var/lib/proprunn/cache
COPY --from=packages /opt/venv /opt/venv
WORKDIR /opt/proprunn
COPY pyproject.toml ./
COPY contracts ./contracts
COPY servicekit ./servicekit
COPY mlservice ./mlservice
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/var/lib/proprunn/home \
    PROPRUNN_CACHE=/var/lib/proprunn/cache \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
RUN python -m compileall -q contracts servicekit mlservice
USER 10001:10001
EXPOSE 8102
ENTRYPOINT ["tini", "--"]
CMD ["python", "-m", "mlservice", "serve", "--host", "0.0.0.0", "--port", "8102", "--workers", "2"]
