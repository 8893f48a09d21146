# One image for web, worker, beat and every command; compose.yaml says which is which. docs/running.md
# Debian 12 and its postgresql-client-15: pg_dump must be of the server's major version, which is 15 in compose.yaml.
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements.txt /tmp/requirements.txt
# Every version is exact there. Nothing is compiled on this machine: each package brings a wheel.
RUN /opt/venv/bin/pip install --only-binary :all: --no-compile -r /tmp/requirements.txt \
    && /opt/venv/bin/python -m compileall -q -j 0 /opt/venv/lib

FROM ${PYTHON}
# Debian's newest security fix of it is wanted, not one version for ever.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-client-15 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 portal \
    && useradd --uid 10001 --gid portal --no-create-home --home-dir /srv/portal --shell /usr/sbin/nologin portal \
    && install -d -o portal -g portal -m 700 /var/lib/ops-portal /var/lib/ops-portal-backups

COPY --from=build /opt/venv /opt/venv
WORKDIR /srv/portal
COPY manage.py pyproject.toml ./
COPY operations operations
COPY rollout rollout
COPY feedback feedback
COPY monitoring monitoring
COPY releases releases
COPY reports reports
COPY ops_portal ops_portal
COPY templates templates
COPY deploy/compose/probe.py /usr/local/bin/probe

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ENV_FILE= \
    VAR_DIR=/var/lib/ops-portal \
    BACKUP_DIR=/var/lib/ops-portal-backups \
    STATIC_ROOT=/srv/static

# The key is for this one command, and is no secret: nothing that it signs leaves it.
RUN python -m compileall -q -j 0 . \
    && VAR_DIR=/tmp/build SECRET_KEY=nothing-that-this-signs-leaves-the-build \
        python manage.py collectstatic --noinput --verbosity 0 \
    && rm -rf /tmp/build

USER 10001:10001
VOLUME ["/var/lib/ops-portal", "/var/lib/ops-portal-backups"]
EXPOSE 8000
# Whether the process answers, and not whether its database does: flags are answered while that is away.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["python", "/usr/local/bin/probe"]
STOPSIGNAL SIGTERM
CMD ["granian", "--interface", "wsgi", "--no-ws", "--host", "0.0.0.0", "--port", "8000", \
     "--workers", "2", "--blocking-threads", "4", "--respawn-failed-workers", "--workers-kill-timeout", "20", \
     "--log-level", "warning", "--no-access-log", "ops_portal.wsgi:application"]
