# CPU image with the versions of constraints.txt:
#   docker build -t mlcluster .
#   docker run --rm -v "$PWD":/data mlcluster predict /data/crystal.cif
FROM python:3.11-slim AS build
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY mlcluster mlcluster
COPY datasets datasets
COPY configs configs
RUN python -m venv /opt/mlcluster \
    && /opt/mlcluster/bin/pip install --no-cache-dir --extra-index-url https://download.pytorch.org/whl/cpu \
        -c constraints.txt . \
    && /opt/mlcluster/bin/pip check

FROM python:3.11-slim
# The compiled loops of numba and the threads of torch need the OpenMP runtime. A pinned version would go away with the next
# point release of the distribution.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 mlcluster
COPY --from=build /opt/mlcluster /opt/mlcluster
ENV PATH=/opt/mlcluster/bin:$PATH \
    MLFLOW_DISABLE_TELEMETRY=true
USER 1000
WORKDIR /data
ENTRYPOINT ["mlcluster"]
CMD ["--help"]
