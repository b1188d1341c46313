"""The program takes the configuration that overlays give it, and the pods that it then makes are those that they let in."""

import json
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import kubernetes_validate
import yaml

import manifests
from policies import Policy

PROGRAM = manifests.SOURCES / "target" / "debug" / "regatta"
SECRETS = {
    "secret-key": os.urandom(32).hex(),
    "mail-url": "smtps://regatta:secret@mail.example.org",
    "database-url": "postgres://regatta:secret@db.example.org/regatta",
}


def environment(deployment, objects):
    """What Kubernetes makes of the variables of the portal's container."""
    values = {}
    for variable in deployment["spec"]["template"]["spec"]["containers"][0]["env"]:
        if "valueFrom" in variable:
            reference = variable["valueFrom"]["configMapKeyRef"]
            config = manifests.named(objects, "ConfigMap", reference["name"], "regatta")
            values[variable["name"]] = config["data"][reference["key"]]
        else:
            values[variable["name"]] = re.sub(r"\$\((\w+)\)", lambda match: values[match[1]], variable["value"])
    return values


def pinned(overlay):
    """The objects of an overlay with digests in place of placeholders."""
    return json.loads(json.dumps(manifests.rendered(overlay)).replace(64 * "0", 64 * "a"))


@unittest.skipUnless(PROGRAM.exists(), f"{PROGRAM} is not built")
class Portal(unittest.TestCase):
    def tell(self, overlay, *command, change=lambda text: text):
        """What a command of the program says where an overlay configures it."""
        objects = pinned(overlay)
        text = manifests.named(objects, "ConfigMap", "regatta-config", "regatta")["data"]["regatta.toml"]
        deployment = manifests.named(objects, "Deployment", "regatta", "regatta")
        with tempfile.TemporaryDirectory() as folder:
            for name, secret in SECRETS.items():
                (Path(folder) / name).write_text(secret)
            file = Path(folder) / "regatta.toml"
            text = text.replace("/etc/regatta-secrets", folder).replace("/srv/regatta/content", str(manifests.SOURCES / "content"))
            file.write_text(change(text))
            given = {"PATH": os.environ["PATH"], **environment(deployment, objects)}
            return subprocess.run(
                [PROGRAM, *command, "--config", file], env=given, cwd=folder, capture_output=True, text=True, check=False
            )

    def test_every_overlays_configuration_is_taken(self):
        for overlay in manifests.OVERLAYS:
            said = self.tell(overlay, "check")
            self.assertEqual(said.returncode, 0, f"{overlay}: {said.stdout}{said.stderr}")

    def test_a_mistake_in_it_would_be_noticed(self):
        said = self.tell("single", "check", change=lambda text: text.replace('"kubernetes"', '"kubernets"'))
        self.assertEqual(said.returncode, 1)
        self.assertIn("playground.executor", said.stdout + said.stderr)

    def test_its_pods_are_let_in(self):
        demo = manifests.SOURCES / "content" / "pipelines" / "first-steps.yaml"
        policy = Policy(manifests.named(manifests.every_object(), "ValidatingAdmissionPolicy", "regatta-playground"))
        for overlay in manifests.OVERLAYS:
            objects = pinned(overlay)
            said = self.tell(overlay, "playground", "pod", str(demo), "--job", "build")
            self.assertEqual(said.returncode, 0, f"{overlay}: {said.stderr}")
            pod = yaml.safe_load(said.stdout)
            kubernetes_validate.validate(pod, kubernetes_validate.latest_version(), strict=True)
            params = manifests.named(objects, "ConfigMap", "regatta-playground", "regatta")
            self.assertEqual(policy.refusals(pod, params), [], overlay)
            account = pod["spec"]["serviceAccountName"]
            manifests.named(objects, "ServiceAccount", account, pod["metadata"]["namespace"])
            manifests.named(objects, "PriorityClass", pod["spec"]["priorityClassName"])

    def test_its_ports_are_those_of_its_container(self):
        for overlay in manifests.OVERLAYS:
            objects = manifests.rendered(overlay)
            text = manifests.named(objects, "ConfigMap", "regatta-config", "regatta")["data"]["regatta.toml"]
            listening = {int(port) for port in re.findall(r'listen = ".*:(\d+)"', text)}
            container = manifests.named(objects, "Deployment", "regatta", "regatta")["spec"]["template"]["spec"]["containers"][0]
            self.assertEqual({port["containerPort"] for port in container["ports"]}, listening, overlay)
