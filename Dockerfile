# The gateway with the shop's graph. Build: docker build -t braid .
# It wants the shop's services: docker compose -f deploy/compose.yaml up. For a graph of your own, replace braid.yaml,
# examples/, schema/ and resolvers/.

FROM node:24-slim AS explorer
WORKDIR /src
COPY gateway/server/explorer/ gateway/server/explorer/
RUN cd gateway/server/explorer && npm ci && npm run build

FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE hatch_build.py ./
COPY gateway/ gateway/
COPY --from=explorer /src/gateway/server/explorer/built/ gateway/server/explorer/built/
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir .

# The shop's seven services, for deploy/compose.yaml; not part of the image that is built without --target.
FROM python:3.13-slim AS shop
RUN useradd --system --no-create-home shop && mkdir /data && chown shop /data
COPY --from=build /venv /venv
WORKDIR /shop
COPY mock_services/ mock_services/
USER shop
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
VOLUME /data
CMD ["python", "-m", "mock_services.generate", "--dir", "/data"]

FROM python:3.13-slim
RUN useradd --system --no-create-home braid && mkdir /projections && chown braid /projections
COPY --from=build /venv /venv
WORKDIR /app
COPY braid.yaml ./
COPY examples/ examples/
COPY schema/ schema/
COPY resolvers/ resolvers/
USER braid
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 BRAID_SERVER__HOST=0.0.0.0 \
  BRAID_PROJECTIONS__STORE=/projections BRAID_PROJECTIONS__WORKER__HOST=0.0.0.0
# Shared with a container that runs `braid project`, which writes what the gateway reads.
VOLUME /projections
EXPOSE 4000 9465
HEALTHCHECK --interval=10s --timeout=2s --start-period=10s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:4000/health', timeout=2)"]
CMD ["braid", "serve"]
