# What can be done here. `make help` lists it.
PYTHON_ENVIRONMENT := .venv/bin
LOCK := $(PYTHON_ENVIRONMENT)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links
# GPU libraries that torch names and a machine without a GPU never calls; see requirements/cuda_standins.py.
GPU_ONLY := cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas nvidia-cuda-cccl nvidia-cuda-nvrtc \
	nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile nvidia-cusolver nvidia-cusparse nvidia-cusparselt-cu13 \
	nvidia-nccl-cu13 nvidia-nvjitlink nvidia-nvshmem-cu13 nvidia-nvtx triton

PORT := 8100
SERVICE_PORT := 8101
LEARNING_PORT := 8102
KEEP := 1
UP = $(PYTHON_ENVIRONMENT)/python -m backend.up --port $(PORT) --service-port $(SERVICE_PORT) --learning-port $(LEARNING_PORT)

.DEFAULT_GOAL := help
.PHONY: help setup setup-tests demo up test lint unit lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1|/p' $(MAKEFILE_LIST) | column -t -s '|' 2>/dev/null || grep '##' $(MAKEFILE_LIST)

setup: ## create .venv with the locked dependencies, and name or install what the machine lacks
	@requirements/install.sh

demo: setup ## train a small network, run it on the RTL, prune it to half its latency, print both, leave the workspace open; KEEP=0 ends it
	@$(UP) --then "$(PYTHON_ENVIRONMENT)/python -m mlservice.demo" $(if $(filter 0,$(KEEP)),--no-keep)

up: setup ## open the workspace: PORT=8100 SERVICE_PORT=8101 LEARNING_PORT=8102
	@$(UP)

test: lint unit ## everything that CI checks

setup-tests:
	@requirements/install.sh tests

lint: setup-tests ## ruff, mypy, import direction
	$(PYTHON_ENVIRONMENT)/ruff check .
	$(PYTHON_ENVIRONMENT)/ruff format --check .
	$(PYTHON_ENVIRONMENT)/mypy .
	$(PYTHON_ENVIRONMENT)/lint-imports

unit: setup-tests ## the tests alone; ARGS="-k word" are handed to pytest
	OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive $(PYTHON_ENVIRONMENT)/python -m pytest $(ARGS)

lock: setup ## resolve the dependencies again and write requirements/*.txt
	$(LOCK) --upgrade --all-extras pyproject.toml --output-file .venv/all.txt
	$(LOCK) --constraint .venv/all.txt pyproject.toml --output-file requirements/core.txt
	$(LOCK) --constraint .venv/all.txt --extra dev pyproject.toml --output-file requirements/dev.txt
	$(LOCK) --constraint .venv/all.txt --extra train pyproject.toml --output-file requirements/train.txt
	$(LOCK) --constraint .venv/all.txt --extra train $(addprefix --no-emit-package ,$(GPU_ONLY)) pyproject.toml \
		--output-file requirements/train-cpu.txt
	echo uv | $(LOCK) --constraint .venv/all.txt - --output-file requirements/uv.txt

clean: ## remove what tests and tools leave behind (not .venv, not the cache)
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache rtl_chisel/build rtl_chisel/target rtl_chisel/project/target \
		rtl_chisel/project/project
