# Two stages: the first has the tools to build wheels, the second only what runs.
#   docker build -t earshot .
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#     -v earshot-data:/data -v ./secrets:/run/secrets:ro --env-file earshot.env earshot
FROM python:3.12-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends build-essential
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /opt/earshot \
    && /opt/earshot/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN /opt/earshot/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12-slim
RUN useradd --uid 10001 --create-home --home-dir /home/earshot earshot \
    && install -d -o earshot -g earshot -m 0700 /data
COPY --from=build /opt/earshot /opt/earshot
ENV PATH=/opt/earshot/bin:$PATH DATA_DIR=/data PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /data
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:9464/healthz', timeout=4)"]
ENTRYPOINT ["earshot"]
CMD ["run"]
