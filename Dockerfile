# Stemma with servers of your own: docker-compose.yml starts PostgreSQL and Redis beside it.
FROM python:3.11-slim-bookworm AS packages
WORKDIR /app
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1
# A build of PyTorch for the CPU is a quarter of the size: say where one is, as in
# --build-arg PIP_EXTRA_INDEX_URL=…
ARG PIP_EXTRA_INDEX_URL=
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt

FROM node:22-bookworm-slim AS browser
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM python:3.11-slim-bookworm
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 STEMMA_HOME=/app/var BIND=0.0.0.0
COPY --from=packages /venv /venv
COPY --from=browser /app/node_modules node_modules
COPY . .
# The key is for this one command; the servers get theirs from the environment.
RUN useradd --system --home-dir /app stemma \
    && SECRET_KEY=build python manage.py collectstatic --no-input --verbosity 0 \
    && chown stemma: var
USER stemma
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:8000/status', headers={'Host': 'localhost', 'X-Forwarded-Proto': 'https'}), timeout=4)"]
CMD ["gunicorn", "--config", "python:config.gunicorn"]
