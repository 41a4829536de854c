"""What pods of the light pipeline import."""

# ruff: noqa: F401

import tfx.orchestration.portable.launcher

import pipelines.check
import pipelines.cluster.begin
import pipelines.cluster.end
import pipelines.cluster.notify
import pipelines.cluster.page
import pipelines.cluster.run_node
import pipelines.cluster.tasks
import pipelines.cluster.worker
import pipelines.config
import pipelines.kubeflow.run_state
import pipelines.node
import pipelines.screen.progress
import tests.pipelines.light_galen
import tests.pipelines.light_pipeline
