#!/usr/bin/env python3
"""Runs share/ci as its services would, by shell: run-ci.py github|gitlab PROJECT CORES

Of an action of GitHub, the steps of `runs` whose `if` holds, with inputs in the places of their expressions; what `uses`
another action is told. Of a job of GitLab, before_script and script in one shell that ends at the first failure, then
after_script in another. The job itself is `exit 1`: what is tried is what comes after a failure. PROJECT is the folder that
it runs in, CORES where cores are.
"""

import os
import pathlib
import re
import subprocess
import sys

import yaml

share = pathlib.Path(__file__).resolve().parents[2] / "share" / "ci"


def expanded(text, inputs):
    return re.sub(r"\$\{\{ *inputs\.(\w+) *\}\}", lambda found: inputs[found[1]], str(text))


def github(project, cores):
    action = yaml.safe_load((share / "github" / "action.yml").read_text())
    assert action["runs"]["using"] == "composite"
    for phase in ["prepare", "collect"]:
        inputs = {name: value.get("default", "") for name, value in action["inputs"].items()}
        assert all(value.get("description") for value in action["inputs"].values())
        inputs |= {"phase": phase, "cores": cores, "output": f"{project}/attached"}
        for step in action["runs"]["steps"]:
            condition = re.fullmatch(r"inputs\.phase == '(\w+)'", step["if"])
            if condition[1] != phase:
                continue
            if "uses" in step:
                print("uses", step["uses"], *(f"{k}={expanded(v, inputs)}" for k, v in step["with"].items()))
                continue
            environment = os.environ | {
                "GITHUB_ACTION_PATH": str(share / "github"),
                "GITHUB_STEP_SUMMARY": f"{project}/summary.md",
            }
            environment |= {name: expanded(value, inputs) for name, value in step["env"].items()}
            # A service puts no expression into a script: what it holds would be run.
            assert "${{" not in step["run"]
            subprocess.run([step["shell"], "-e", "-c", step["run"]], env=environment, cwd=project, check=True)


def gitlab(project, cores):
    job = yaml.safe_load((share / "gitlab.yml").read_text())[".coresalvage"]
    environment = os.environ | {"CI_PROJECT_DIR": project}
    environment |= {name: value.replace("$CI_PROJECT_DIR", project) for name, value in job["variables"].items()}
    environment |= {"COLLECT": str(share / "collect.sh"), "CORES": cores}
    script = "\n".join(["set -eo pipefail", *job["before_script"], "ulimit -c >limit", "exit 1"])
    ended = subprocess.run(["bash", "-c", script], env=environment, cwd=project)
    assert ended.returncode == 1
    environment["CI_JOB_STATUS"] = "failed"
    subprocess.run(["sh", "-ec", "\n".join(job["after_script"])], env=environment, cwd=project, check=True)
    assert job["artifacts"]["when"] == "on_failure"
    print("attached:", *job["artifacts"]["paths"])


{"github": github, "gitlab": gitlab}[sys.argv[1]](sys.argv[2], sys.argv[3])
