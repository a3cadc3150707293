# Trains with Unsloth on an NVIDIA GPU: docker build -f docker/gpu.Dockerfile -t langkah:gpu . && docker run --rm --gpus all --shm-size 8g ...
FROM nvidia/cuda:12.8.1-cudnn-devel-ubuntu24.04

RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3.12 python3.12-venv python3.12-dev gcc git make \
    && rm -rf /var/lib/apt/lists/* \
    && userdel --remove ubuntu \
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
# torch 2.11.0, transformers 5.17.0, trl 1.14.2, unsloth 2026.10.7 and bitsandbytes 0.50.2 resolve together for Python 3.12.
RUN python3.12 -m venv .venv \
    && .venv/bin/pip install --no-cache-dir "torch==2.11.0" "transformers==5.17.0" "trl==1.14.2" "bitsandbytes==0.50.2" "unsloth==2026.10.7" \
    && .venv/bin/pip install --no-cache-dir --editable ".[postgres]" \
    && .venv/bin/python -m langkah.evaluation.wordnet \
    && chown -R langkah .venv && rm -rf /var/lib/apt/lists/*

USER langkah
ENV LANGKAH_HOME=/workspace HF_HOME=/workspace/models MPLCONFIGDIR=/tmp PATH=/app/.venv/bin:$PATH
VOLUME /workspace
ENTRYPOINT ["langkah"]
CMD ["run", "--config", "deployments/runs/gpu_24gb_qwen3_8b.yaml", "--data", "/workspace/faq.jsonl"]
