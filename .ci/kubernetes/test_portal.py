"""The program takes the configuration that overlays give it."""

import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import manifests

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


@unittest.skipUnless(PROGRAM.exists(), f"{PROGRAM} is not built")
class Portal(unittest.TestCase):
    def check(self, overlay, change=lambda text: text):
        """What `regatta check` says of an overlay's configuration."""
        objects = manifests.rendered(overlay)
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
                [PROGRAM, "check", "--config", file], env=given, cwd=folder, capture_output=True, text=True, check=False
            )

    def test_every_overlays_configuration_is_taken(self):
        for overlay in manifests.OVERLAYS:
            said = self.check(overlay)
            self.assertEqual(said.returncode, 0, f"{overlay}: {said.stdout}{said.stderr}")

    def test_a_mistake_in_it_would_be_noticed(self):
        said = self.check("single", lambda text: text.replace('"kubernetes"', '"kubernets"'))
        self.assertEqual(said.returncode, 1)
        self.assertIn("playground.executor", said.stdout + said.stderr)

    def test_its_ports_are_those_of_its_container(self):
        for overlay in manifests.OVERLAYS:
            objects = manifests.rendered(overlay)
            text = manifests.named(objects, "ConfigMap", "regatta-config", "regatta")["data"]["regatta.toml"]
            listening = {int(port) for port in re.findall(r'listen = ".*:(\d+)"', text)}
            container = manifests.named(objects, "Deployment", "regatta", "regatta")["spec"]["template"]["spec"]["containers"][0]
            self.assertEqual({port["containerPort"] for port in container["ports"]}, listening, overlay)
