# CPU:  docker build -t tlbench .
# CUDA: docker build -t tlbench:cuda --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu126 .
# Run:  docker run --rm -v "$PWD/results:/work/results" -v tlbench-cache:/cache tlbench run "demo-movies->demo-books"
FROM python:3.12-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY tlbench tlbench
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.12-slim
# The index that torch comes from decides whether it can use a GPU; CUDA's own libraries come with it.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --extra-index-url "$TORCH_INDEX" "$(ls /wheels/*.whl)[torch,pictures,tune]" && rm -r /wheels \
    && useradd --create-home tlbench && install -d -o tlbench /work /cache
USER tlbench
WORKDIR /work
ENV TLBENCH_CACHE=/cache NUMBA_CACHE_DIR=/cache/numba
ENTRYPOINT ["tlbench"]
CMD ["--help"]
