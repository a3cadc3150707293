# Trains with Unsloth on an NVIDIA GPU: docker build -f docker/gpu.Dockerfile -t langkah:gpu . && docker run --rm --gpus all --shm-size 8g ...
# torch's packages bring CUDA 13: the host needs a driver from 580 on, and the image no CUDA of its own. gcc is for Triton's kernels.
FROM python:3.12-slim-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends make git gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 langkah \
    && mkdir /app /workspace && chown langkah /app /workspace

WORKDIR /app
COPY --chown=langkah pyproject.toml requirements-gpu.lock README.md Makefile ./
COPY --chown=langkah langkah langkah
COPY --chown=langkah tasks tasks
COPY --chown=langkah flows flows
COPY --chown=langkah deployments deployments
COPY --chown=langkah examples examples
COPY --chown=langkah docker/start.sh docker/start.sh
# As root for the package lists of WordNet's Debian packages; the result belongs to the user that runs.
RUN make setup LOCK=requirements-gpu.lock && chown -R langkah .venv && rm -rf /var/lib/apt/lists/*

USER langkah
ENV LANGKAH_HOME=/workspace HF_HOME=/workspace/models MPLCONFIGDIR=/tmp PATH=/app/.venv/bin:$PATH
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
VOLUME /workspace
ENTRYPOINT ["langkah"]
CMD ["run", "--config", "deployments/runs/gpu_24gb_qwen3_8b.yaml", "--data", "/workspace/faq.jsonl"]
