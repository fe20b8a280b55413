"""Python client and command line of the public API.

Example:
    client = Client("http://127.0.0.1:8100", token)
    network = client.upload_network("resnet8.onnx", project="first", name="resnet8")
    job = client.submit_simulate_job(network, "edge-8x8").wait()
    print(job.url, job.download_report().latency_ms)
"""

from proprunn.campaigns import Campaign
from proprunn.client import Client
from proprunn.errors import (
    AuthenticationError,
    ConflictError,
    InternalError,
    NotFoundError,
    ProPruNNClientError,
    QuotaError,
    RefusedError,
    UnreachableError,
    UserError,
    WaitTimeoutError,
)
from proprunn.jobs import Job
from proprunn.predictors import Prediction, Predictor
from proprunn.resources import Accelerator, DataFile, Network, Project
from proprunn.results import Comparison, Simulation
from proprunn.runs import Run
from proprunn.training import Reachable, Session

__all__ = [
    "Accelerator",
    "AuthenticationError",
    "Campaign",
    "Client",
    "Comparison",
    "ConflictError",
    "DataFile",
    "InternalError",
    "Job",
    "Network",
    "NotFoundError",
    "Prediction",
    "Predictor",
    "ProPruNNClientError",
    "Project",
    "QuotaError",
    "Reachable",
    "RefusedError",
    "Run",
    "Session",
    "Simulation",
    "UnreachableError",
    "UserError",
    "WaitTimeoutError",
]
