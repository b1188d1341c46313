"""The files of deploy/kubernetes, one by one and as kustomize puts them together."""

import functools
import json
import re
import shutil
import subprocess
from pathlib import Path

import yaml

SOURCES = Path(__file__).resolve().parents[2]
FOLDER = SOURCES / "deploy" / "kubernetes"
OVERLAYS = ("single", "replicas", "laptop")
# The first whose kubectl knows components as they are used here.
OLDEST_KUBECTL = (1, 27)
# What is no manifest but tells kustomize where images are.
CONFIGURATIONS = {FOLDER / "images" / "also-in.yaml"}


def documents(path):
    """The objects of one file."""
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def kustomizations():
    """Each folder's kustomization by the folder."""
    return {path.parent: documents(path)[0] for path in sorted(FOLDER.glob("*/kustomization.yaml"))}


def manifest_files():
    """Every file with objects for a cluster."""
    others = CONFIGURATIONS | {folder / "kustomization.yaml" for folder in kustomizations()}
    return [path for path in sorted(FOLDER.glob("*/*.yaml")) if path not in others]


@functools.cache
def resources(folder):
    """The files that a folder's kustomization puts together, through all folders that it names."""
    files = []
    for name in documents(folder / "kustomization.yaml")[0].get("resources", []):
        path = (folder / name).resolve()
        files += resources(path) if path.is_dir() else [path]
    return files


@functools.cache
def kubectl():
    """Whether there is a kubectl that is new enough."""
    if not shutil.which("kubectl"):
        return False
    told = subprocess.run(["kubectl", "version", "--client", "-o", "json"], capture_output=True, text=True, check=False)
    version = json.loads(told.stdout or "{}").get("clientVersion", {})
    numbers = re.findall(r"\d+", f"{version.get('major', 0)} {version.get('minor', 0)}")
    return tuple(map(int, numbers)) >= OLDEST_KUBECTL


@functools.cache
def rendered(overlay):
    """The objects of an overlay: as kubectl puts them together, or where there is none, as they stand in its files."""
    if not kubectl():
        return [document for path in resources(FOLDER / overlay) for document in documents(path)]
    told = subprocess.run(["kubectl", "kustomize", str(FOLDER / overlay)], capture_output=True, text=True, check=True)
    return [document for document in yaml.safe_load_all(told.stdout) if document]


def portals_pod(snapshot):
    """A pod as the portal makes it: one of the snapshots that its own tests keep, by the end of its name."""
    (path,) = (SOURCES / "server" / "playground" / "src" / "kubernetes" / "pod" / "snapshots").glob(f"*_{snapshot}.snap")
    _, _, pod = path.read_text().split("---\n", 2)
    return yaml.safe_load(pod)


def every_object():
    """Each object of each file, once."""
    return [document for path in manifest_files() for document in documents(path)]


def of_kind(objects, *kinds):
    """Those of the objects that are of one of the kinds."""
    return [document for document in objects if document["kind"] in kinds]


def named(objects, kind, name, namespace=None):
    """The one object of this kind and name."""
    fits = lambda it: it["metadata"]["name"] == name and it["metadata"].get("namespace") == namespace
    (found,) = filter(fits, of_kind(objects, kind))
    return found


def pod_specs(objects):
    """What pods are among the objects, and will be made from them."""
    templates = [document["spec"]["template"] for document in of_kind(objects, "Deployment", "DaemonSet")]
    return [pod["spec"] for pod in templates + of_kind(objects, "Pod")]


def containers(spec):
    """All containers of a pod."""
    return spec.get("initContainers", []) + spec["containers"]
