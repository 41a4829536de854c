# Galen on CPU: `docker build -t galen .`, then `docker run --rm -v "$PWD/runs:/work" galen run diabetes_progression`.
# Debian 13, because TFX's wheels need glibc 2.38.
ARG BASE=python:3.13-slim-trixie

FROM ${BASE} AS build
# A few locked packages come as source, one of them in C++.
RUN apt-get update && apt-get install -y --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /opt/galen
WORKDIR /src
COPY requirements.lock .
RUN /opt/galen/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN /opt/galen/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM ${BASE}
RUN useradd --create-home --uid 10001 galen && install -d -o galen -g galen /work
COPY --from=build /opt/galen /opt/galen
ENV PATH=/opt/galen/bin:$PATH PYTHONUNBUFFERED=1
USER galen
WORKDIR /work
ENTRYPOINT ["galen"]
CMD ["--help"]
