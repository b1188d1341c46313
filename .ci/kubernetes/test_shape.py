"""What must stay so whatever else changes: rights, closed doors, pinned images."""

import re
import subprocess
import tempfile
import unittest
from collections import Counter
from fractions import Fraction
from pathlib import Path
from shutil import copytree

import yaml

import manifests

PLACEHOLDER = "sha256:" + 64 * "0"
# Images of three versions.
PORTALS, TOOLS = ([f"registry.example:5000/{name}@sha256:{64 * digit}" for digit in "abc"] for name in ("a/b", "c"))
PLAYGROUND = "regatta-playground"

# All that the portal may do: (namespace, API group, resource) and the verbs. Nothing else, ever.
RIGHTS = {
    (PLAYGROUND, "", "pods"): {"create", "get", "list", "watch", "delete"},
    (PLAYGROUND, "", "pods/log"): {"get"},
    (PLAYGROUND, "", "events"): {"get", "list", "watch"},
    (PLAYGROUND, "", "resourcequotas"): {"get"},
    (PLAYGROUND, "", "serviceaccounts"): {"get"},
    (None, "node.k8s.io", "runtimeclasses"): {"get", "list"},
    (None, "", "nodes"): {"get"},
}


def rights(objects):
    """What the roles allow, in the form of RIGHTS."""
    allowed = {}
    for role in manifests.of_kind(objects, "Role", "ClusterRole"):
        for rule in role["rules"]:
            assert set(rule) == {"apiGroups", "resources", "verbs"}, rule
            for group in rule["apiGroups"]:
                for resource in rule["resources"]:
                    key = (role["metadata"].get("namespace"), group, resource)
                    allowed.setdefault(key, set()).update(rule["verbs"])
    return allowed


def quantity(text):
    """A quantity of Kubernetes as a number."""
    number, unit = re.fullmatch(r"(\d+)(m|Mi|Gi)?", text).groups()
    return int(number) * {None: 1, "m": Fraction(1, 1000), "Mi": 2**20, "Gi": 2**30}[unit]


def pin(folder, *images):
    """Has a copy of the manifests use these images."""
    subprocess.run([folder / "pin", *images], check=True, capture_output=True)


def listed(folder):
    """What images a copy of the manifests allows, by alias."""
    run = subprocess.run(["kubectl", "kustomize", folder / "single"], check=True, capture_output=True, text=True)
    config = manifests.named(list(yaml.safe_load_all(run.stdout)), "ConfigMap", "regatta-playground", "regatta")
    return {key.removeprefix("image."): image for key, image in config["data"].items() if key.startswith("image.")}


class Shape(unittest.TestCase):
    def test_every_file_belongs_to_a_kustomization(self):
        used = {path for folder in manifests.kustomizations() for path in manifests.resources(folder)}
        self.assertEqual(used, set(manifests.manifest_files()))

    def test_overlays_are_their_files(self):
        for overlay in manifests.OVERLAYS:
            files = [it for path in manifests.resources(manifests.FOLDER / overlay) for it in manifests.documents(path)]
            name = lambda it: (it["kind"], it["metadata"].get("namespace"), it["metadata"]["name"])
            self.assertEqual(Counter(map(name, files)), Counter(map(name, manifests.rendered(overlay))), overlay)
            self.assertEqual(max(Counter(map(name, files)).values()), 1, overlay)

    def test_the_portals_rights_are_exactly_these(self):
        for overlay in manifests.OVERLAYS:
            objects = manifests.rendered(overlay)
            self.assertEqual(rights(objects), RIGHTS, overlay)
            for binding in manifests.of_kind(objects, "RoleBinding", "ClusterRoleBinding"):
                portal = [{"kind": "ServiceAccount", "name": "regatta", "namespace": "regatta"}]
                self.assertEqual(binding["subjects"], portal)
                self.assertEqual(binding["roleRef"]["name"], "regatta")

    def test_namespaces_are_restricted(self):
        namespaces = manifests.of_kind(manifests.every_object(), "Namespace")
        self.assertEqual({it["metadata"]["name"] for it in namespaces}, {"regatta", PLAYGROUND, "regatta-pre-pull"})
        for namespace in namespaces:
            labels = namespace["metadata"]["labels"]
            for mode in ("enforce", "audit", "warn"):
                self.assertEqual(labels[f"pod-security.kubernetes.io/{mode}"], "restricted")
                self.assertIn(f"pod-security.kubernetes.io/{mode}-version", labels)

    def test_only_the_portal_is_given_a_token(self):
        objects = manifests.every_object()
        for account in manifests.of_kind(objects, "ServiceAccount"):
            self.assertIs(account["automountServiceAccountToken"], False)
        for spec in manifests.pod_specs(objects):
            self.assertIs(spec["automountServiceAccountToken"], spec.get("serviceAccountName") == "regatta")

    def test_containers_are_hardened(self):
        for spec in manifests.pod_specs(manifests.every_object()):
            self.assertTrue(spec["securityContext"]["runAsNonRoot"])
            self.assertEqual(spec["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
            self.assertFalse({"hostNetwork", "hostPID", "hostIPC"} & set(spec))
            self.assertFalse([volume for volume in spec["volumes"] if "hostPath" in volume])
            for container in manifests.containers(spec):
                context = container["securityContext"]
                self.assertIs(context["allowPrivilegeEscalation"], False)
                self.assertIs(context["readOnlyRootFilesystem"], True)
                self.assertEqual(context["capabilities"], {"drop": ["ALL"]})
                self.assertIn("memory", container["resources"]["limits"])

    def test_the_playground_is_closed_both_ways(self):
        objects = manifests.rendered("single")
        policies = [it for it in manifests.of_kind(objects, "NetworkPolicy") if it["metadata"]["namespace"] == PLAYGROUND]
        self.assertEqual([it["spec"] for it in policies], [{"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}])

    def test_the_portal_finds_the_quota_by_its_name(self):
        manifests.named(manifests.rendered("single"), "ResourceQuota", "playground", PLAYGROUND)

    def test_the_quota_has_room_for_as_many_jobs_as_it_says(self):
        """Pods are counted with what their runtime class takes beside them."""
        hard = manifests.named(manifests.rendered("single"), "ResourceQuota", "playground", PLAYGROUND)["spec"]["hard"]
        (runtime_class,) = manifests.documents(manifests.FOLDER / "runtime-class" / "runtime-class.yaml")
        overhead = runtime_class["overhead"]["podFixed"]
        pod = manifests.portals_pod("a_pod_for_kata_containers")["spec"]
        (resources,) = {yaml.safe_dump(it["resources"]) for it in manifests.containers(pod)}
        for kind, wanted in yaml.safe_load(resources).items():
            for resource, amount in wanted.items():
                each = quantity(amount) + quantity(overhead.get(resource, "0"))
                self.assertEqual(int(hard["pods"]) * each, quantity(hard[f"{kind}.{resource}"]), f"{kind}.{resource}")

    def test_jobs_keep_within_what_one_container_may_ask_for(self):
        limits = manifests.named(manifests.rendered("single"), "LimitRange", "playground", PLAYGROUND)["spec"]["limits"]
        for container in manifests.containers(manifests.portals_pod("a_pod_for_kata_containers")["spec"]):
            for resource, amount in container["resources"]["limits"].items():
                self.assertLessEqual(quantity(amount), quantity(limits[0]["max"][resource]))

    def test_no_image_is_without_a_digest(self):
        for path in sorted(manifests.FOLDER.glob("*/*.yaml")):
            for image in re.findall(r"^\s*(?:- )?image(?:\.[\w-]+)?: (.+)$", path.read_text(), re.MULTILINE):
                self.assertRegex(image, r"^regatta\.internal/regatta(-tools)?(-before)?@sha256:0{64}$", path)

    @unittest.skipUnless(manifests.kubectl(), "kubectl is not installed, or older than 1.27")
    def test_pinning_leaves_no_placeholder(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(copytree(manifests.FOLDER, Path(folder) / "kubernetes"))
            pin(copy, PORTALS[0], TOOLS[0])
            for overlay in (*manifests.OVERLAYS, "backup"):
                run = subprocess.run(["kubectl", "kustomize", copy / overlay], check=True, capture_output=True, text=True)
                self.assertNotIn(PLACEHOLDER, run.stdout)
                self.assertNotIn("regatta.internal", run.stdout)
            self.assertEqual(listed(copy), {"runner": PORTALS[0], "host-tools": TOOLS[0],
                                            "runner-before": PORTALS[0], "host-tools-before": TOOLS[0]})

    @unittest.skipUnless(manifests.kubectl(), "kubectl is not installed, or older than 1.27")
    def test_what_was_pinned_before_stays_allowed_until_the_next_time(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(copytree(manifests.FOLDER, Path(folder) / "kubernetes"))
            for portal, tools in ((PORTALS[0], TOOLS[0]), (PORTALS[1], TOOLS[0]), (PORTALS[1], TOOLS[0]), (PORTALS[2], TOOLS[1])):
                pin(copy, portal, tools)
            self.assertEqual(listed(copy), {"runner": PORTALS[2], "host-tools": TOOLS[1],
                                            "runner-before": PORTALS[1], "host-tools-before": TOOLS[0]})

    def test_only_pinned_images_can_be_pinned(self):
        pinned = f"a/b@sha256:{64 * 'a'}"
        for wrong in ([], [pinned], [pinned, "a/b:1"], [pinned, "a/b@sha256:12"], [pinned, f"{pinned}\nx"], [pinned] * 3):
            run = subprocess.run([manifests.FOLDER / "pin", *wrong], check=False, capture_output=True)
            self.assertEqual(run.returncode, 2, wrong)
