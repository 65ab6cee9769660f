#!/usr/bin/env python3
"""Holds coresalvage-job.yaml against the API that Kubernetes publishes, as the models of its Python client have it:
every field is known, of the right type, and all that are required are there.

Needs the packages kubernetes and PyYAML (pip install kubernetes)."""

import pathlib
import sys

try:
    import yaml
    from kubernetes import client
except ImportError as missing:
    print(f"check-job.py: {missing}; pip install kubernetes", file=sys.stderr)
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


job = yaml.safe_load(pathlib.Path(__file__).with_name("coresalvage-job.yaml").read_text())
check(job, "V1Job", "job")
spec = job["spec"]
environment = {item["name"]: item["value"] for item in spec["template"]["spec"]["containers"][0]["env"]}
if environment.get("JOB_COMPLETION_COUNT") != str(spec["completions"]):
    problems.append("JOB_COMPLETION_COUNT is not what completions is")
print("\n".join(problems) or "coresalvage-job.yaml: every field is known and of its type")
sys.exit(bool(problems))
