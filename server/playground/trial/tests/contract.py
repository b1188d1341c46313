"""What is documented of a Kubernetes API server, asked of the trial cluster by a client that knows nothing of it.

Arguments: a kubeconfig of the portal, one of an administrator, the portal's image, the image of tools, and where faults
are injected. Prints each check that held; the first that does not ends it.
"""

import json
import sys
import time
import urllib.request

from kubernetes import client, config, watch
from kubernetes.client.rest import ApiException

PORTAL, ADMIN, PORTAL_IMAGE, TOOLS_IMAGE, CONTROL = sys.argv[1:6]
NAMESPACE = "regatta-playground"


def connect(path):
    return client.CoreV1Api(config.new_client_from_config(path))


core = connect(PORTAL)
admin = connect(ADMIN)


def held(words):
    print("held:", words, flush=True)


def refused(status, call, *arguments, **named):
    """The Status object of a call that has to be refused."""
    try:
        call(*arguments, **named)
    except ApiException as refusal:
        assert refusal.status == status, f"{refusal.status} instead of {status}: {refusal.body}"
        answer = json.loads(refusal.body)
        assert answer["kind"] == "Status" and answer["status"] == "Failure" and answer["code"] == status, answer
        return answer
    raise AssertionError(f"{call.__name__} was not refused")


def inject(**fault):
    request = urllib.request.Request(
        CONTROL + "/faults", json.dumps(fault).encode(), {"content-type": "application/json"}, method="POST"
    )
    urllib.request.urlopen(request).close()


def pod(name, script, **more):
    tight = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    resources = {"limits": {"cpu": "1", "memory": "512Mi"}}
    spec = {
        "runtimeClassName": "kata",
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 1,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 1879048300,
            "runAsGroup": 1879048300,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "initContainers": [
            {
                "name": "first",
                "image": PORTAL_IMAGE,
                "command": ["/regatta-runner", "install", "/bin-folder"],
                "securityContext": tight,
                "resources": resources,
                "volumeMounts": [{"name": "bin", "mountPath": "/bin-folder"}],
            }
        ],
        "containers": [
            {
                "name": "job",
                "image": TOOLS_IMAGE,
                "command": ["/bin/sh", "-c", script],
                "env": [{"name": "GREETING", "value": "hello"}],
                "securityContext": tight,
                "resources": resources,
                "volumeMounts": [{"name": "bin", "mountPath": "/bin-folder", "readOnly": True}],
            }
        ],
        "volumes": [{"name": "bin", "emptyDir": {"sizeLimit": "16Mi"}}],
    }
    spec.update(more)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}}, "spec": spec}


def create(body, **named):
    return core.create_namespaced_pod(NAMESPACE, body, **named)


def until(name, phase):
    """The pod, once it is in that phase: by a watch that begins where a list ended."""
    selector = f"metadata.name={name}"
    found = core.list_namespaced_pod(NAMESPACE, field_selector=selector)
    for one in found.items:
        if one.status.phase == phase:
            return one
    stream = watch.Watch().stream(
        core.list_namespaced_pod,
        NAMESPACE,
        field_selector=selector,
        resource_version=found.metadata.resource_version,
        timeout_seconds=20,
    )
    for event in stream:
        if event["object"].status.phase == phase:
            return event["object"]
    raise AssertionError(f"{name} never came to be {phase}")


def gone(name):
    limit = time.monotonic() + 20
    while core.list_namespaced_pod(NAMESPACE, field_selector=f"metadata.name={name}").items:
        assert time.monotonic() < limit, f"{name} is still there"


def remove(name):
    core.delete_namespaced_pod(name, NAMESPACE, grace_period_seconds=0)
    gone(name)


def a_pod_runs_to_its_end():
    made = create(pod("runs", "echo $GREETING; echo $KUBERNETES_SERVICE_HOST; ls /bin-folder; exit 3"))
    assert made.metadata.uid and made.metadata.resource_version and made.metadata.creation_timestamp
    assert made.spec.overhead == {"cpu": "250m", "memory": "320Mi"}, "overhead is written in at admission"
    assert made.spec.termination_grace_period_seconds == 1 and made.spec.service_account_name == "default"
    assert made.spec.containers[0].resources.requests == {"cpu": "1", "memory": "512Mi"}
    ended = until("runs", "Failed")
    state = ended.status.container_statuses[0].state.terminated
    assert (state.exit_code, state.reason) == (3, "Error"), state
    assert state.started_at.microsecond == 0 and state.finished_at >= state.started_at
    assert ended.status.init_container_statuses[0].state.terminated.exit_code == 0
    conditions = {one.type: one.status for one in ended.status.conditions}
    for name, value in {"PodScheduled": "True", "Initialized": "True", "Ready": "False"}.items():
        assert conditions[name] == value, conditions
    assert "PodReadyToStartContainers" in conditions
    log = core.read_namespaced_pod_log("runs", NAMESPACE, container="job").splitlines()
    assert log[0] == "hello" and log[1] == "127.0.0.1" and "regatta-runner" in log, log
    reasons = [one.reason for one in admin.list_namespaced_event(NAMESPACE, field_selector=f"involvedObject.uid={made.metadata.uid}").items]
    for reason in ["Scheduled", "Pulled", "Created", "Started"]:
        assert reason in reasons, reasons
    remove("runs")
    refused(404, core.read_namespaced_pod, "runs", NAMESPACE)
    held("a pod runs to its end, and its objects tell how")


def names_are_taken_once():
    create(pod("twice", "sleep 30"))
    answer = refused(409, create, pod("twice", "true"))
    assert answer["reason"] == "AlreadyExists" and answer["message"] == 'pods "twice" already exists', answer
    assert answer["details"] == {"name": "twice", "kind": "pods"}, answer
    first = create({**pod("x", "true"), "metadata": {"generateName": "made-"}})
    assert first.metadata.name.startswith("made-") and len(first.metadata.name) == 10
    remove("twice")
    remove(first.metadata.name)
    held("names are taken once, and made up on demand")


def a_delete_means_one_object():
    made = create(pod("meant", "trap 'exit 0' TERM; while :; do sleep 0.1; done"))
    until("meant", "Running")
    other = client.V1DeleteOptions(preconditions=client.V1Preconditions(uid="00000000-0000-0000-0000-000000000000"))
    assert refused(409, core.delete_namespaced_pod, "meant", NAMESPACE, body=other)["reason"] == "Conflict"
    right = client.V1DeleteOptions(preconditions=client.V1Preconditions(uid=made.metadata.uid))
    core.delete_namespaced_pod("meant", NAMESPACE, body=right)
    gone("meant")
    assert refused(404, core.delete_namespaced_pod, "meant", NAMESPACE)["message"] == 'pods "meant" not found'
    create(pod("graceful", "sleep 30", terminationGracePeriodSeconds=2))
    until("graceful", "Running")
    core.delete_namespaced_pod("graceful", NAMESPACE)
    marked = core.read_namespaced_pod("graceful", NAMESPACE)
    assert marked.metadata.deletion_timestamp and marked.metadata.deletion_grace_period_seconds == 2
    gone("graceful")
    held("a delete means one object, and gives its containers time")


def a_dry_run_leaves_nothing():
    made = create(pod("dry", "true"), dry_run="All")
    assert made.spec.overhead and made.metadata.uid
    refused(404, core.read_namespaced_pod, "dry", NAMESPACE)
    refused(403, create, pod("dry", "true", runtimeClassName="nope"), dry_run="All")
    held("a dry run is judged and leaves nothing")


def a_log_is_followed():
    create(pod("follows", "for n in 1 2 3 4; do echo line $n; sleep 0.4; done; printf unfinished"))
    until("follows", "Running")
    began = time.monotonic()
    answer = core.read_namespaced_pod_log("follows", NAMESPACE, container="job", follow=True, timestamps=True, _preload_content=False)
    first = answer.readline() if hasattr(answer, "readline") else next(answer.stream())
    assert b"line 1" in first and time.monotonic() - began < 1.5, "what is printed is told at once"
    rest = first + answer.read()
    lines = rest.decode().splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == ["line 1", "line 2", "line 3", "line 4", "unfinished"], lines
    for line in lines:
        stamp = line.split(" ", 1)[0]
        assert len(stamp) == 30 and stamp.endswith("Z") and stamp[19] == ".", stamp
    until("follows", "Succeeded")
    read = lambda **named: core.read_namespaced_pod_log("follows", NAMESPACE, container="job", **named)
    assert read(tail_lines=2).splitlines() == ["line 4", "unfinished"], read(tail_lines=2)
    assert read(limit_bytes=9) == "line 1\nli"
    assert read(since_seconds=3600).splitlines()[0] == "line 1"
    answer = refused(400, core.read_namespaced_pod_log, "follows", NAMESPACE, container="other")
    assert answer["message"] == "container other is not valid for pod follows", answer
    remove("follows")
    held("a log is followed line by line, and read in parts")


def a_log_waits_for_its_container():
    broken = pod("unpulled", "true")
    broken["spec"]["containers"][0]["image"] = "registry.trial/none@sha256:" + "0" * 64
    create(broken)
    stream = watch.Watch().stream(core.list_namespaced_pod, NAMESPACE, field_selector="metadata.name=unpulled", timeout_seconds=20)
    reasons = set()
    for event in stream:
        for one in event["object"].status.container_statuses or []:
            if one.state.waiting:
                reasons.add(one.state.waiting.reason)
        if "ImagePullBackOff" in reasons:
            break
    assert {"ErrImagePull", "ImagePullBackOff"} <= reasons, reasons
    assert core.read_namespaced_pod("unpulled", NAMESPACE).status.phase == "Pending", "for ever"
    answer = refused(400, core.read_namespaced_pod_log, "unpulled", NAMESPACE, container="job")
    assert answer["message"] == 'container "job" in pod "unpulled" is waiting to start: trying and failing to pull image'
    remove("unpulled")
    held("an image that cannot be had keeps its pod pending")


def admission_refuses_in_its_words():
    answer = refused(403, create, pod("a", "true", runtimeClassName="nope"))
    assert answer["message"] == 'pods "a" is forbidden: pod rejected: RuntimeClass "nope" not found', answer
    careless = {"metadata": {"name": "b"}, "spec": {"containers": [{"name": "c", "image": TOOLS_IMAGE}]}}
    answer = refused(403, create, careless)
    for part in ['violates PodSecurity "restricted:latest"', 'container "c" must set securityContext.allowPrivilegeEscalation=false', "seccompProfile"]:
        assert part in answer["message"], answer
    answer = refused(403, create, pod("c", "true", serviceAccountName="nobody"))
    assert 'serviceaccount "nobody" not found' in answer["message"], answer
    answer = refused(422, create, pod("Wrong_Name", "true"))
    assert answer["reason"] == "Invalid" and 'Pod "Wrong_Name" is invalid: metadata.name' in answer["message"], answer
    answer = refused(422, create, pod("d", "true", volumes=[]))
    assert 'volumeMounts[0].name: Not found: "bin"' in answer["message"], answer
    held("admission refuses, and says why as it does in earnest")


def a_quota_holds():
    quota = core.read_namespaced_resource_quota("playground", NAMESPACE)
    assert quota.status.hard["pods"] == "12" and quota.status.used["pods"] == "0", quota.status
    resources = {"limits": {"cpu": "1", "memory": "20Gi"}}
    large = pod("large", "sleep 30")
    large["spec"]["containers"][0]["resources"] = resources
    create(large)
    used = core.read_namespaced_resource_quota("playground", NAMESPACE).status.used
    assert used["limits.memory"] == "20800Mi" and used["pods"] == "1", f"with overhead: {used}"
    large["metadata"]["name"] = "larger"
    answer = refused(403, create, large)
    assert answer["message"] == (
        'pods "larger" is forbidden: exceeded quota: playground, requested: limits.memory=20800Mi, '
        "used: limits.memory=20800Mi, limited: limits.memory=24Gi"
    ), answer
    silent = pod("silent", "true")
    del silent["spec"]["containers"][0]["resources"]
    assert "must specify limits.cpu for: job; limits.memory for: job" in refused(403, create, silent)["message"]
    remove("large")
    assert core.read_namespaced_resource_quota("playground", NAMESPACE).status.used["pods"] == "0"
    held("a quota counts what pods use, overhead included, and holds")


def rights_are_those_of_the_role():
    account = "system:serviceaccount:regatta:regatta"
    answer = refused(403, core.list_pod_for_all_namespaces)
    assert answer["message"] == (
        f'pods is forbidden: User "{account}" cannot list resource "pods" in API group "" at the cluster scope'
    ), answer
    for call, arguments in [
        (core.list_node, []),
        (core.read_namespace, [NAMESPACE]),
        (core.list_namespaced_resource_quota, [NAMESPACE]),
        (core.delete_collection_namespaced_pod, [NAMESPACE]),
        (core.list_namespaced_service_account, [NAMESPACE]),
    ]:
        refused(403, call, *arguments)
    classes = client.NodeV1Api(core.api_client).list_runtime_class()
    assert "kata" in [one.metadata.name for one in classes.items]
    node = core.read_node("trial-node")
    assert node.status.node_info.kernel_version
    stranger = client.Configuration.get_default_copy()
    config.load_kube_config(PORTAL, client_configuration=stranger)
    assert stranger.api_key, "the token is kept there"
    stranger.api_key = {name: "Bearer wrong" for name in stranger.api_key}
    stranger.refresh_api_key_hook = None
    refused(401, client.CoreV1Api(client.ApiClient(stranger)).list_namespaced_pod, NAMESPACE)
    held("who calls may do what the role says, and nothing else")


def a_watch_tells_every_change_once():
    start = core.list_namespaced_pod(NAMESPACE).metadata.resource_version
    created = create(pod("watched", "true"))
    until("watched", "Succeeded")
    remove("watched")
    events = watch.Watch().stream(core.list_namespaced_pod, NAMESPACE, label_selector="app=watched", resource_version=start, timeout_seconds=3, allow_watch_bookmarks=True)
    kinds, versions, bookmarks = [], [], 0
    for event in events:
        if event["type"] == "BOOKMARK":
            bookmarks += 1
            continue
        kinds.append(event["type"])
        versions.append(int(event["raw_object"]["metadata"]["resourceVersion"]))
    assert kinds[0] == "ADDED" and kinds[-1] == "DELETED" and set(kinds[1:-1]) == {"MODIFIED"}, kinds
    assert versions == sorted(set(versions)) and versions[0] == int(created.metadata.resource_version), versions
    assert bookmarks == 1, "one at its end"
    held("a watch tells every change once, in order")


def an_old_version_is_gone():
    old = core.list_namespaced_pod(NAMESPACE).metadata.resource_version
    create(pod("later", "true"))
    until("later", "Succeeded")
    inject(fault="watch_gone", times=1)
    try:
        for _ in watch.Watch().stream(core.list_namespaced_pod, NAMESPACE, resource_version=old, timeout_seconds=3):
            pass
        raise AssertionError("it is not gone")
    except ApiException as refusal:
        assert refusal.status == 410, refusal
    remove("later")
    held("versions of long ago are gone")


def lists_come_in_parts():
    for name in ["part-a", "part-b", "part-c"]:
        create(pod(name, "sleep 30"))
    first = core.list_namespaced_pod(NAMESPACE, limit=2)
    assert len(first.items) == 2 and first.metadata._continue and first.metadata.remaining_item_count == 1
    second = core.list_namespaced_pod(NAMESPACE, limit=2, _continue=first.metadata._continue)
    names = [one.metadata.name for one in first.items + second.items]
    assert names == ["part-a", "part-b", "part-c"] and not second.metadata._continue, names
    for name in names:
        remove(name)
    held("lists come in parts")


def a_deadline_ends_a_pod():
    create(pod("overdue", "sleep 30", activeDeadlineSeconds=1))
    ended = until("overdue", "Failed")
    assert ended.status.reason == "DeadlineExceeded", ended.status
    remove("overdue")
    held("a deadline ends a pod")


def the_server_says_what_it_is():
    assert client.VersionApi(core.api_client).get_code().major == "1"
    names = [one.name for one in core.get_api_resources().resources]
    assert "pods" in names and "pods/log" in names
    assert [one.name for one in client.ApisApi(core.api_client).get_api_versions().groups] == ["node.k8s.io"]
    held("the server says what it is")


for check in [
    the_server_says_what_it_is,
    a_pod_runs_to_its_end,
    names_are_taken_once,
    a_delete_means_one_object,
    a_dry_run_leaves_nothing,
    a_log_is_followed,
    a_log_waits_for_its_container,
    admission_refuses_in_its_words,
    a_quota_holds,
    rights_are_those_of_the_role,
    a_watch_tells_every_change_once,
    an_old_version_is_gone,
    lists_come_in_parts,
    a_deadline_ends_a_pod,
]:
    check()
print("all held", flush=True)
