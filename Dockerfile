# Galen's container image, for pipelines on a cluster and for machines that TFX's wheels do not fit.
#
#   make image              with docker, podman or buildah, whichever is there (scripts/image.sh)
#   make image TARGET=gpu   with CUDA's libraries
#   docker build -t galen . by hand; the labels are then empty
#
# docs/image.md says what is in it and how it is checked. Layers go from what changes seldom to what changes often,
# and the GPU's image is the CPU's with one layer more. No instruction needs BuildKit: old versions of buildah build
# it too.

# TFX's wheels need glibc 2.38: Debian 13, Ubuntu 24.04 or newer. By digest, where you build for others.
ARG BASE=python:3.13-slim-trixie

# --- What all the others start from: Python, compiled, and the user that everything runs as.
FROM ${BASE} AS python
RUN command -v python3 > /dev/null || { \
        apt-get update && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv \
        && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log; }
# Official Python images come without compiled modules, and a container that must not write compiles them at each start.
RUN stdlib=$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))') \
    && python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash \
        -x '/(test|tests|idlelib|site-packages|dist-packages)/' "$stdlib" \
    # The base's own pip, which nothing here needs: what makes environments has one packed within it.
    && rm -rf /usr/local/bin/pip* /usr/local/lib/python3.*/site-packages/pip* \
    && groupadd --system --gid 10001 galen \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin galen \
    && install -d -o 10001 -g 10001 /galen /galen/work /galen/data /galen/configs

# --- The packages, by hash. This stage runs anew only when requirements.lock changes.
FROM python AS packages
# A few come as source, one of them in C++: a compiler, and the headers where Python is Debian's.
RUN apt-get update && apt-get install -y --no-install-recommends g++ \
        $(dpkg-query -W -f '${Package}-dev' python3 2> /dev/null || true) \
    && rm -rf /var/lib/apt/lists/*
# Without pip, which stays behind in this stage and works into it from without.
RUN python3 -m venv /opt/build && python3 -m venv --without-pip /opt/galen
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
WORKDIR /src
COPY requirements.lock ./
# Sources are built with the locked setuptools. Build isolation would fetch another one, and by no hash.
RUN awk '/^[a-z]/ { wanted = /^(setuptools|wheel)==/ } wanted' requirements.lock > build.lock \
    && pip="/opt/build/bin/pip --python /opt/galen/bin/python install --no-compile --require-hashes" \
    && $pip --no-deps -r build.lock \
    && $pip --no-build-isolation -r requirements.lock \
    # Headers for building against TensorFlow: an eighth of the image, and there is no compiler in it.
    && rm -rf /opt/galen/lib/python3.*/site-packages/tensorflow/include
# By hash and never checked again, so that no file's time decides whether a module is compiled anew. Some packages
# ship templates and old syntax under the name of a module; nothing imports those, and compileall's verdict on them is
# no matter.
RUN /opt/galen/bin/python -W ignore -m compileall -qq -j 0 --invalidation-mode unchecked-hash /opt/galen/lib || true

# --- Galen itself, in a tree of its own so that it makes a small layer.
FROM packages AS package
COPY . .
RUN /opt/build/bin/pip --python /opt/galen/bin/python install \
        --no-compile --no-deps --no-build-isolation --no-warn-script-location --root /add . \
    && /opt/galen/bin/python -m compileall -q --invalidation-mode unchecked-hash /add/opt/galen/lib \
    && install -D -m 644 scripts/sbom.py /add/usr/share/galen/sbom.py \
    && install -m 644 requirements.lock LICENSE /add/usr/share/galen/

# --- What both images share.
FROM python AS runtime
COPY --from=packages /opt/galen /opt/galen
# Whatever writes without being asked does so below /tmp, the one place that a read-only container has to be given.
ENV PATH=/opt/galen/bin:$PATH \
    HOME=/tmp TMPDIR=/tmp XDG_CACHE_HOME=/tmp/.cache XDG_CONFIG_HOME=/tmp/.config \
    MPLCONFIGDIR=/tmp/.cache/matplotlib MPLBACKEND=agg KERAS_HOME=/tmp/.keras NUMBA_CACHE_DIR=/tmp/.cache/numba \
    GALEN_HOME=/galen/work GALEN_CONFIGS=/galen/configs:/galen/tasks/pipeline_configs \
    PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONNOUSERSITE=1 TF_CPP_MIN_LOG_LEVEL=2
WORKDIR /galen/work
# For docker and podman, where a container of this image stays up (`galen` itself ends with its work): does Python
# start, and is the command there? Kubernetes goes by the exit code of the pod and does not read this.
HEALTHCHECK --interval=60s --timeout=20s --start-period=5s --retries=3 CMD ["galen", "--version"]
ENTRYPOINT ["galen"]
CMD ["--help"]

# --- CPU.
FROM runtime AS cpu
COPY --from=package /add /
RUN python /usr/share/galen/sbom.py > /usr/share/galen/sbom.json
ARG VERSION=""
ARG REVISION=""
ARG CREATED=""
ARG SOURCE=""
# A model that is pushed from a container names the revision it was made by.
ENV GALEN_REVISION="${REVISION}"
LABEL org.opencontainers.image.title="galen" \
      org.opencontainers.image.description="Pipelines from clinical data to diagnostic models" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}" \
      galen.accelerator="cpu"
USER 10001:10001

# --- CUDA's libraries: wheels without code of their own to build, beside those that are there.
FROM packages AS cuda
COPY requirements-gpu.lock ./
RUN /opt/build/bin/pip --python /opt/galen/bin/python install \
        --no-compile --no-deps --require-hashes --root /add -r requirements-gpu.lock

# --- GPU.
FROM runtime AS gpu
COPY --from=cuda /add /
COPY --from=package /add /
RUN python /usr/share/galen/sbom.py > /usr/share/galen/sbom.json
# What NVIDIA's container runtime passes through of the driver. Which GPUs a container sees is said by the device plugin or
# by `--gpus`: said here, pods that asked for none would see all of them.
ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility
ARG VERSION=""
ARG REVISION=""
ARG CREATED=""
ARG SOURCE=""
# A model that is pushed from a container names the revision it was made by.
ENV GALEN_REVISION="${REVISION}"
LABEL org.opencontainers.image.title="galen" \
      org.opencontainers.image.description="Pipelines from clinical data to diagnostic models, on NVIDIA's GPUs" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}" \
      galen.accelerator="gpu"
USER 10001:10001

# --- Without a target: CPU.
FROM cpu
