"""The policies let in what the portal makes, and nothing that differs from it in what matters."""

import copy
import unittest

import manifests
from policies import Policy


def job():
    """A pod of the portal's."""
    return manifests.portals_pod("a_pod_for_kata_containers")


RUNNER = job()["spec"]["initContainers"][0]["image"]
TOOLS = job()["spec"]["containers"][0]["image"]
PARAMS = {"data": {"runtime-class": "kata", "image.runner": RUNNER, "image.host-tools": TOOLS}}


class Pods(unittest.TestCase):
    def setUp(self):
        objects = manifests.every_object()
        self.policy = Policy(manifests.named(objects, "ValidatingAdmissionPolicy", "regatta-playground"))

    def changed(self, change):
        pod = job()
        change(pod["spec"])
        return self.policy.refusals(pod, PARAMS)

    def test_the_portals_pods_are_let_in(self):
        for snapshot, runtime_class in (("kata_containers", "kata"), ("gvisor", "gvisor"), ("a_laptop", "default")):
            params = {"data": {**PARAMS["data"], "runtime-class": runtime_class}}
            pod = manifests.portals_pod(f"a_pod_for_{snapshot}")
            self.assertEqual(self.policy.refusals(pod, params), [], snapshot)

    def test_every_deviation_is_refused_alone(self):
        first = lambda spec: spec["containers"][0]
        before = lambda spec: spec["initContainers"][0]
        deviations = {
            "runtime class is not kata": lambda spec: spec.pop("runtimeClassName"),
            "is not kata, which": lambda spec: spec.update(runtimeClassName="runc"),
            "not among those": lambda spec: first(spec).update(image="registry.example/tools:1"),
            "an image of the pod": lambda spec: before(spec).update(image=RUNNER.replace("aaaa", "cccc")),
            "looks into": lambda spec: spec.update(ephemeralContainers=[{"name": "debugger"}]),
            "no volume but": lambda spec: spec["volumes"].append({"name": "node", "hostPath": {"path": "/"}}),
            "empty folders": lambda spec: spec["volumes"].append({"name": "keys", "secret": {"secretName": "x"}}),
            "no token": lambda spec: spec.update(automountServiceAccountToken=True),
            "(automountServiceAccountToken": lambda spec: spec.pop("automountServiceAccountToken"),
            "of no services": lambda spec: spec.pop("enableServiceLinks"),
            "nothing with its node": lambda spec: spec.update(hostNetwork=True),
            "with its node": lambda spec: spec.update(hostPID=True),
            "from nowhere": lambda spec: first(spec).update(envFrom=[{"secretRef": {"name": "x"}}]),
            "variables come from": lambda spec: before(spec)["env"].append({"name": "X", "valueFrom": {}}),
            "root is read-only": lambda spec: first(spec)["securityContext"].pop("readOnlyRootFilesystem"),
            "limits of processors": lambda spec: first(spec).pop("resources"),
            "processors and memory": lambda spec: before(spec)["resources"]["limits"].pop("memory"),
            "tried once": lambda spec: spec.update(restartPolicy="Always"),
            "within an hour": lambda spec: spec.pop("activeDeadlineSeconds"),
            "activeDeadlineSeconds)": lambda spec: spec.update(activeDeadlineSeconds=7200),
        }
        for words, change in deviations.items():
            with self.subTest(words):
                (message,) = self.changed(change)
                self.assertIn(words, message)

    def test_the_clusters_own_runtime_has_no_name(self):
        default = {"data": {**PARAMS["data"], "runtime-class": "default"}}
        pod = job()
        self.assertEqual(len(self.policy.refusals(pod, default)), 1)
        del pod["spec"]["runtimeClassName"]
        self.assertEqual(self.policy.refusals(pod, default), [])

    def test_placeholders_are_refused_with_what_to_do(self):
        placeholders = manifests.named(manifests.documents(manifests.FOLDER / "kata" / "pods.yaml"), "ConfigMap", "regatta-playground", "regatta")
        pod = job()
        pod["spec"]["initContainers"][0]["image"] = placeholders["data"]["image.runner"]
        pod["spec"]["containers"][0]["image"] = placeholders["data"]["image.host-tools"]
        (message,) = self.policy.refusals(pod, placeholders)
        self.assertIn("deploy/kubernetes/pin", message)

    def test_pods_that_stand_are_left_alone_until_they_change(self):
        other = {"data": {**PARAMS["data"], "image.host-tools": TOOLS.replace("bbbb", "cccc")}}
        old = job()
        labelled = copy.deepcopy(old)
        labelled["metadata"]["labels"] = {"x": "y"}
        self.assertEqual(self.policy.refusals(labelled, other, old), [])
        labelled["spec"]["containers"][0]["image"] = "registry.example/other:1"
        self.assertEqual(len(self.policy.refusals(labelled, other, old)), 1)


class Forms(unittest.TestCase):
    def test_expressions_and_messages_are_single_lines(self):
        """The API server takes no message of several lines, and no such expression without a message."""
        policies = manifests.of_kind(manifests.every_object(), "ValidatingAdmissionPolicy")
        self.assertEqual(len(policies), 2)
        for policy in policies:
            for part in ("matchConditions", "variables", "validations"):
                for each in policy["spec"].get(part, []):
                    self.assertNotIn("\n", "".join(each.values()))

    def test_every_policy_is_bound_and_denies(self):
        objects = manifests.every_object()
        policies = {it["metadata"]["name"] for it in manifests.of_kind(objects, "ValidatingAdmissionPolicy")}
        bindings = manifests.of_kind(objects, "ValidatingAdmissionPolicyBinding")
        self.assertEqual({it["spec"]["policyName"] for it in bindings}, policies)
        for binding in bindings:
            self.assertEqual(binding["spec"]["validationActions"], ["Deny"])
        for policy in manifests.of_kind(objects, "ValidatingAdmissionPolicy"):
            self.assertEqual(policy["spec"]["failurePolicy"], "Fail")


class Placeholders(unittest.TestCase):
    def setUp(self):
        objects = manifests.every_object()
        self.policy = Policy(manifests.named(objects, "ValidatingAdmissionPolicy", "regatta-placeholders"))

    def test_what_was_not_pinned_is_refused(self):
        objects = manifests.of_kind(manifests.every_object(), "Deployment", "DaemonSet")
        self.assertEqual(len(objects), 4)
        for document in objects:
            (message,) = self.policy.refusals(document)
            self.assertIn("deploy/kubernetes/pin", message)

    def test_what_was_pinned_is_let_in(self):
        for document in manifests.of_kind(manifests.every_object(), "Deployment", "DaemonSet"):
            for each in manifests.containers(document["spec"]["template"]["spec"]):
                each["image"] = TOOLS
            self.assertEqual(self.policy.refusals(document), [])

    def test_every_namespace_of_ours_is_covered(self):
        selector = self.policy.spec["matchConstraints"]["namespaceSelector"]["matchLabels"]
        for namespace in manifests.of_kind(manifests.every_object(), "Namespace"):
            self.assertLessEqual(selector.items(), namespace["metadata"]["labels"].items())
