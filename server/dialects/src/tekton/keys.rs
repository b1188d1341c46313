//! Every key that Tekton knows, and what becomes of it here.

use super::fields::Fate::{Ignored, Read, Refused};
use super::fields::Table;

const CLUSTER: &str = "it concerns a cluster's pods, and there is none here";
const LABELS: &str = "nothing here reads it";
const RESOURCES: &str =
    "resources of this older kind would have to be fetched, and Tekton has no more of them";
const FETCHED: &str = "it would have to be fetched, and this playground reads one text; write the task out";

/// A document.
pub const DOCUMENT: &Table = &[
    ("apiVersion", Read),
    ("kind", Read),
    ("metadata", Read),
    ("spec", Read),
    ("status", Ignored("it tells of a run that was")),
];

/// `metadata`.
pub const METADATA: &Table = &[
    ("annotations", Ignored(LABELS)),
    ("creationTimestamp", Ignored(LABELS)),
    ("finalizers", Ignored(LABELS)),
    ("generateName", Read),
    ("generation", Ignored(LABELS)),
    ("labels", Ignored(LABELS)),
    ("managedFields", Ignored(LABELS)),
    ("name", Read),
    ("namespace", Ignored("there are no namespaces here")),
    ("ownerReferences", Ignored(LABELS)),
    ("resourceVersion", Ignored(LABELS)),
    ("uid", Ignored(LABELS)),
];

/// The `spec` of a Pipeline.
pub const PIPELINE: &Table = &[
    ("description", Read),
    ("displayName", Read),
    ("finally", Read),
    ("params", Read),
    ("resources", Refused(RESOURCES)),
    ("results", Read),
    ("tasks", Read),
    ("workspaces", Read),
];

/// The `spec` of a `PipelineRun`.
pub const PIPELINE_RUN: &Table = &[
    ("bundle", Refused(FETCHED)),
    ("managedBy", Ignored(CLUSTER)),
    ("params", Read),
    ("pipelineRef", Read),
    ("pipelineSpec", Read),
    ("podTemplate", Ignored(CLUSTER)),
    ("resources", Refused(RESOURCES)),
    ("serviceAccountName", Ignored(CLUSTER)),
    ("serviceAccountNames", Ignored(CLUSTER)),
    ("status", Ignored("runs here start at once and are cancelled on their page")),
    ("taskRunSpecs", Ignored(CLUSTER)),
    ("taskRunTemplate", Ignored(CLUSTER)),
    ("timeout", Ignored("the whole run has the limit of this playground")),
    ("timeouts", Ignored("the whole run has the limit of this playground")),
    ("workspaces", Read),
];

/// A task of a pipeline.
pub const PIPELINE_TASK: &Table = &[
    ("conditions", Refused("Tekton has no more conditions of this older kind; write `when`")),
    ("description", Read),
    ("displayName", Read),
    ("matrix", Read),
    ("name", Read),
    ("onError", Read),
    ("params", Read),
    ("pipelineRef", Refused("a run here is one pipeline; write its tasks here")),
    ("pipelineSpec", Refused("a run here is one pipeline; write its tasks here")),
    ("resources", Refused(RESOURCES)),
    ("retries", Ignored("a task here runs once; run the pipeline again instead")),
    ("runAfter", Read),
    ("taskRef", Read),
    ("taskSpec", Read),
    ("timeout", Read),
    ("when", Read),
    ("workspaces", Read),
];

/// `taskRef`.
pub const TASK_REF: &Table = &[
    ("apiVersion", Read),
    ("bundle", Refused(FETCHED)),
    ("kind", Read),
    ("name", Read),
    ("params", Read),
    ("resolver", Read),
    ("resource", Read),
];

/// The `spec` of a Task.
pub const TASK: &Table = &[
    ("apiVersion", Read),
    ("description", Read),
    ("displayName", Read),
    ("inputs", Refused("it belongs to an older form; write `params` and `workspaces`")),
    ("kind", Read),
    ("metadata", Ignored(LABELS)),
    ("outputs", Refused("it belongs to an older form; write `results` and `workspaces`")),
    ("params", Read),
    ("resources", Refused(RESOURCES)),
    ("results", Read),
    ("sidecars", Refused("a sandbox here runs the steps alone, and nothing beside them")),
    ("spec", Refused("custom tasks need a controller of their own")),
    ("stepTemplate", Read),
    ("steps", Read),
    ("volumes", Read),
    ("workspaces", Read),
];

/// The `spec` of a `TaskRun`.
pub const TASK_RUN: &Table = &[
    ("computeResources", Read),
    ("debug", Ignored("there are no breakpoints here")),
    ("managedBy", Ignored(CLUSTER)),
    ("params", Read),
    ("podTemplate", Ignored(CLUSTER)),
    ("resources", Refused(RESOURCES)),
    ("retries", Ignored("a task here runs once; run it again instead")),
    ("serviceAccountName", Ignored(CLUSTER)),
    ("sidecarOverrides", Ignored(CLUSTER)),
    ("sidecarSpecs", Ignored(CLUSTER)),
    ("status", Ignored("runs here start at once and are cancelled on their page")),
    ("statusMessage", Ignored("runs here start at once and are cancelled on their page")),
    ("stepOverrides", Ignored(CLUSTER)),
    ("stepSpecs", Ignored(CLUSTER)),
    ("taskRef", Read),
    ("taskSpec", Read),
    ("timeout", Read),
    ("workspaces", Read),
];

/// A declared parameter.
pub const PARAM: &Table = &[
    ("default", Read),
    ("description", Read),
    ("enum", Read),
    ("name", Read),
    ("properties", Read),
    ("type", Read),
];

/// A parameter that is given a value.
pub const GIVEN: &Table = &[
    ("name", Read),
    ("value", Read),
    ("valueFrom", Refused("there is no cluster here whose objects could be read")),
];

/// `matrix`.
pub const MATRIX: &Table = &[("include", Read), ("params", Read)];

/// An entry of `include` in a matrix.
pub const INCLUDE: &Table = &[("name", Read), ("params", Read)];

/// A condition of `when`.
pub const WHEN: &Table = &[
    ("cel", Refused("there is no interpreter of CEL here; write `input`, `operator` and `values`")),
    ("input", Read),
    ("operator", Read),
    ("values", Read),
];

/// A declared result.
pub const RESULT: &Table = &[
    ("default", Refused("results have no defaults here; let a step write one")),
    ("description", Read),
    ("name", Read),
    ("properties", Read),
    ("type", Read),
    ("value", Refused("results of steps are not handed on here; let a step write to the task's result")),
];

/// A workspace that a pipeline or a task declares.
pub const WORKSPACE: &Table = &[
    ("description", Read),
    ("mountPath", Read),
    ("name", Read),
    ("optional", Read),
    ("readOnly", Ignored("every task has its own copy of a workspace here")),
];

/// A workspace that a task of a pipeline is given.
pub const TASK_WORKSPACE: &Table = &[("name", Read), ("subPath", Read), ("workspace", Read)];

/// A workspace that a run is given.
pub const BINDING: &Table = &[
    ("configMap", Read),
    ("csi", Read),
    ("emptyDir", Read),
    ("name", Read),
    ("persistentVolumeClaim", Read),
    ("projected", Read),
    ("secret", Read),
    ("subPath", Read),
    ("volumeClaimTemplate", Read),
];

const NO_VOLUMES: &str = "there are no volumes here";
const PROBES: &str = "steps run to their end, and nothing asks how they are";

/// A step.
pub const STEP: &Table = &[
    ("args", Read),
    ("command", Read),
    ("computeResources", Read),
    ("displayName", Read),
    ("env", Read),
    ("envFrom", Refused("there are no secrets and no configuration objects here")),
    ("image", Read),
    ("imagePullPolicy", Ignored("images are not pulled here")),
    ("lifecycle", Ignored(PROBES)),
    ("livenessProbe", Ignored(PROBES)),
    ("name", Read),
    ("onError", Read),
    ("params", Refused("they belong to a StepAction, which would have to be fetched")),
    ("ports", Ignored("there is no network here")),
    ("readinessProbe", Ignored(PROBES)),
    ("ref", Refused("a StepAction would have to be fetched; write its script here")),
    ("resources", Read),
    ("results", Refused("results of steps are not handed on here; declare them as results of the task")),
    ("script", Read),
    ("securityContext", Read),
    ("startupProbe", Ignored(PROBES)),
    ("stderrConfig", Refused("what a step prints goes to the log alone; write to a file in the script")),
    ("stdin", Ignored("steps have no input here")),
    ("stdinOnce", Ignored("steps have no input here")),
    ("stdoutConfig", Refused("what a step prints goes to the log alone; write to a file in the script")),
    ("terminationMessagePath", Ignored(CLUSTER)),
    ("terminationMessagePolicy", Ignored(CLUSTER)),
    ("timeout", Read),
    ("tty", Ignored("steps have no terminal here")),
    ("volumeDevices", Refused(NO_VOLUMES)),
    ("volumeMounts", Read),
    ("when", Read),
    ("workingDir", Read),
    ("workspaces", Ignored("every step of a task sees all of its workspaces here")),
];

/// An environment variable.
pub const VARIABLE: &Table = &[("name", Read), ("value", Read), ("valueFrom", Read)];
