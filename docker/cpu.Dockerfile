# Runs the main job on a CPU: docker build -f docker/cpu.Dockerfile -t langkah:cpu . && docker run --rm -v langkah:/workspace langkah:cpu
FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends make git \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 langkah \
    && mkdir /app /workspace && chown langkah /app /workspace

WORKDIR /app
COPY --chown=langkah pyproject.toml requirements.lock README.md Makefile ./
COPY --chown=langkah langkah langkah
COPY --chown=langkah tasks tasks
COPY --chown=langkah flows flows
COPY --chown=langkah deployments deployments
COPY --chown=langkah examples examples
COPY --chown=langkah docker/start.sh docker/start.sh
# As root for the package lists of WordNet's Debian packages; the result belongs to the user that runs.
RUN make setup && chown -R langkah .venv && rm -rf /var/lib/apt/lists/*

USER langkah
ENV LANGKAH_HOME=/workspace HF_HOME=/workspace/models MPLCONFIGDIR=/tmp PATH=/app/.venv/bin:$PATH
VOLUME /workspace
ENTRYPOINT ["langkah"]
CMD ["run", "--config", "deployments/runs/cpu_demo.yaml", "--data", "examples/shop-faq-en.jsonl"]
