"""Every manifest is what the API of Kubernetes takes, in the oldest and the newest version that is known of those supported."""

import unittest
import warnings

import kubernetes_validate

import manifests

# Admission policies are stable from here on.
OLDEST = "1.30"


class Schemas(unittest.TestCase):
    def setUp(self):
        # The validator leaves files open for Python to close.
        warnings.simplefilter("ignore", ResourceWarning)

    def validate(self, objects, where):
        for version in (OLDEST, kubernetes_validate.latest_version()):
            for document in objects:
                what = f"{where}: {document['kind']} {document['metadata']['name']}"
                with self.subTest(what, version=version):
                    kubernetes_validate.validate(document, version, strict=True)

    def test_files(self):
        for path in manifests.manifest_files():
            self.validate(manifests.documents(path), path.relative_to(manifests.FOLDER))

    def test_overlays(self):
        for overlay in manifests.OVERLAYS:
            self.validate(manifests.rendered(overlay), overlay)

    def test_the_portals_pods(self):
        for snapshot in ("kata_containers", "gvisor", "a_laptop"):
            self.validate([manifests.portals_pod(f"a_pod_for_{snapshot}")], snapshot)

    def test_a_mistake_is_noticed(self):
        deployment = manifests.named(manifests.rendered("single"), "Deployment", "regatta", "regatta")
        for mistake in ({"replicas": "one"}, {"replcas": 1}):
            wrong = {**deployment, "spec": {**deployment["spec"], **mistake}}
            with self.assertRaises(kubernetes_validate.ValidationError):
                kubernetes_validate.validate(wrong, OLDEST, strict=True)
