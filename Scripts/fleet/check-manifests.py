#!/usr/bin/env python3
"""Holds our manifests against the API that Kubernetes publishes, as the models of its Python client have it:
every field is known, of the right type, and all that are required are there.

Needs the packages kubernetes and PyYAML (Scripts/install.sh python). With --commands it prints what each container has
coresalvage do instead, a JSON list of words a line."""

import json
import pathlib
import sys

try:
    import yaml
    from kubernetes import client
except ImportError as missing:
    print(f"check-manifests.py: {missing}; pip install kubernetes", file=sys.stderr)
    sys.exit(77)

SCALARS = {"str": str, "int": int, "bool": bool}
problems = []


def check(value, kind, path):
    """Checks a value against a type as the models name it: list[T], dict(str, T), a model, a scalar."""
    if kind.startswith("list["):
        if not isinstance(value, list):
            return problems.append(f"{path}: no list")
        for index, item in enumerate(value):
            check(item, kind[5:-1], f"{path}[{index}]")
    elif kind.startswith("dict("):
        if not isinstance(value, dict):
            return problems.append(f"{path}: no map")
        for name, item in value.items():
            check(item, kind[5:-1].split(", ", 1)[1], f"{path}.{name}")
    elif kind in SCALARS:
        if type(value) is not SCALARS[kind]:
            problems.append(f"{path}: {value!r} is no {kind}")
    elif hasattr(client.models, kind):
        check_model(value, getattr(client.models, kind), path)


def check_model(value, model, path):
    names = {name: attribute for attribute, name in model.attribute_map.items()}
    if not isinstance(value, dict):
        return problems.append(f"{path}: no {model.__name__}")
    for name, item in value.items():
        if name in names:
            check(item, model.openapi_types[names[name]], f"{path}.{name}")
        else:
            problems.append(f"{path}: {model.__name__} has no field {name}")
    try:
        # The models refuse to be made without what is required.
        model(**{names[name]: item for name, item in value.items() if name in names})
    except ValueError as error:
        problems.append(f"{path}: {error}")


MODELS = {"Job": "V1Job", "DaemonSet": "V1DaemonSet", "Namespace": "V1Namespace"}
VERSIONS = {"Job": "batch/v1", "DaemonSet": "apps/v1", "Namespace": "v1"}

folder = pathlib.Path(__file__).parent
manifests = {}
for name in ["coresalvage-job.yaml", "coresalvage-capture.yaml"]:
    for manifest in yaml.safe_load_all((folder / name).read_text()):
        kind = manifest["kind"]
        manifests[kind] = manifest
        check(manifest, MODELS[kind], f"{name} {kind}")
        if manifest["apiVersion"] != VERSIONS[kind]:
            problems.append(f"{name} {kind}: no {manifest['apiVersion']} has it")
if "--commands" in sys.argv:
    for kind in ["Job", "DaemonSet"]:
        for container in manifests[kind]["spec"]["template"]["spec"]["containers"]:
            words = container["command"] + container["args"]
            # What runs it is the node's.
            if words[0] == "nsenter":
                words = ["coresalvage"] + words[words.index("/opt/coresalvage/coresalvage") + 1 :]
            print(json.dumps(words))
    sys.exit()
job = manifests["Job"]["spec"]
environment = {item["name"]: item["value"] for item in job["template"]["spec"]["containers"][0]["env"]}
if environment.get("JOB_COMPLETION_COUNT") != str(job["completions"]):
    problems.append("JOB_COMPLETION_COUNT is not what completions is")
daemon = manifests["DaemonSet"]["spec"]
if daemon["selector"]["matchLabels"].items() - daemon["template"]["metadata"]["labels"].items():
    problems.append("the selector of the DaemonSet is not its pods'")
pod = daemon["template"]["spec"]
places = {volume["hostPath"]["path"] for volume in pod["volumes"]}
for word in pod["containers"][0]["args"]:
    option, _, path = word.partition("=")
    if option == "--socket" and str(pathlib.Path(path).parent) not in places or option == "--store" and path not in places:
        problems.append(f"nobody makes the folder of {word} on the node")
print("\n".join(problems) or f"{len(manifests)} manifests: every field is known and of its type")
sys.exit(bool(problems))
