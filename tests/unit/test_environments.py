"""The environments under envs/ against the pip lock, the rules and the imports of the scripts."""

import ast
import contextlib
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rattler import MatchSpec

from snndeep.backends.registry import BACKENDS, load_backend
from snndeep.plan.addressing import CodeBase

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "scripts"
ENVIRONMENTS = sorted(path.stem for path in (ROOT / "envs").glob("*.yaml"))
NEEDED = {name: set(load_backend(name).packages) for name in BACKENDS}
RULES = [
    (match["rule"], match["env"], match["script"])
    for path in sorted((ROOT / "workflow/rules").glob("*.smk"))
    for match in re.finditer(
        r'^ *rule (?P<rule>\w+):.*?"\.\./\.\./envs/(?P<env>\S+)\.yaml".*?"\.\./\.\./scripts/(?P<script>\w+\.py)"',
        path.read_text(encoding="utf-8"),
        flags=re.MULTILINE | re.DOTALL,
    )
]


def environments(name: str) -> list[str]:
    """Return the environments that a rule's `conda:` may mean; a placeholder stands for any backend."""
    return [load_backend(backend).environment for backend in BACKENDS] if "{" in name else [name]


def reached(script: str, environment: str) -> list[str]:
    """Return the files that a script and, in the environment of a backend, that backend import, directly or not."""
    own = [
        module.replace(".", "/") + ".py"
        for name, module in BACKENDS.items()
        if load_backend(name).environment == environment
    ]
    return sorted(CodeBase(SCRIPTS).closure(script, *own))


def dependencies(name: str) -> tuple[list[str], list[str]]:
    """Return what an environment asks of conda and of pip."""
    entries = yaml.safe_load((ROOT / f"envs/{name}.yaml").read_text(encoding="utf-8"))["dependencies"]
    (pip,) = (entry["pip"] for entry in entries if isinstance(entry, dict))
    return [entry for entry in entries if isinstance(entry, str)], pip


def lock() -> dict[str, str]:
    """Return the version of every package of the lock."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pins}


def test_every_rule_names_an_environment_that_exists():
    rules = [
        rule
        for path in (ROOT / "workflow/rules").glob("*.smk")
        for rule in re.findall(r"^ *rule (\w+):", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    ]
    assert sorted(rules) == sorted(rule for rule, _, _ in RULES)
    for rule, name, _ in RULES:
        assert set(environments(name)) <= set(ENVIRONMENTS), rule


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_conda_gives_python_and_pip_alone(name):
    specs = [MatchSpec(entry) for entry in dependencies(name)[0]]
    assert [spec.name.normalized for spec in specs] == ["python", "pip"]
    assert str(specs[0].version) in ("3.11.*", "==3.11", "=3.11"), specs[0]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_versions_are_those_of_the_lock(name):
    locked = lock()
    for entry in dependencies(name)[1]:
        wanted = Requirement(entry)
        package = canonicalize_name(wanted.name)
        assert package in locked, f"envs/{name}.yaml: {entry} is not in requirements.txt"
        assert str(wanted.specifier) == f"=={locked[package]}", (
            f"envs/{name}.yaml: {entry}, but requirements.txt has {package}=={locked[package]}"
        )


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_environment_of_a_backend_holds_what_it_needs_and_no_other_framework(backend):
    environment = load_backend(backend).environment
    packages = {Requirement(entry).name for entry in dependencies(environment)[1]}
    assert NEEDED[backend] <= packages, f"envs/{environment}.yaml"
    sharing = set().union(*(NEEDED[name] for name in BACKENDS if load_backend(name).environment == environment))
    assert not packages & (set().union(*NEEDED.values()) - sharing), f"envs/{environment}.yaml"


@pytest.mark.parametrize("name", sorted({*ENVIRONMENTS} - {load_backend(name).environment for name in BACKENDS}))
def test_no_other_environment_holds_torch(name):
    frameworks = set().union(*NEEDED.values()) - {"numba"}
    assert not frameworks & {Requirement(entry).name for entry in dependencies(name)[1]}


@pytest.mark.parametrize(("rule", "name", "script"), RULES)
def test_what_a_script_imports_is_in_its_environment(rule, name, script):
    owners = packages_distributions()
    for environment in environments(name):
        present = with_what_they_bring(Requirement(entry).name for entry in dependencies(environment)[1])
        for file in reached(script, environment):
            for module in imported(SCRIPTS / file):
                packages = {canonicalize_name(owner) for owner in owners.get(module, [module])}
                assert packages & present, f"rule {rule}: {file} imports {module}; envs/{environment}.yaml lacks it"


def imported(path: Path) -> set[str]:
    """Return the outside packages that a file imports as soon as it is imported itself; not those for types alone."""
    if path.suffix != ".py":
        return set()
    waiting, names = [ast.parse(path.read_text(encoding="utf-8"))], set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module.partition(".")[0])
        elif not isinstance(node, ast.FunctionDef | ast.Lambda) and not is_for_types(node):
            waiting += ast.iter_child_nodes(node)
    return names - sys.stdlib_module_names - {"snndeep"}


def is_for_types(node: ast.AST) -> bool:
    """Tell whether a node is `if TYPE_CHECKING:`."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def with_what_they_bring(names: Iterable[str]) -> set[str]:
    """Return packages with all that they require, directly or not, as they are installed here."""
    waiting, seen = [canonicalize_name(name) for name in names], set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            with contextlib.suppress(PackageNotFoundError):
                needed = [Requirement(entry) for entry in requires(name) or []]
                waiting += [
                    canonicalize_name(n.name) for n in needed if not n.marker or n.marker.evaluate({"extra": ""})
                ]
    return seen


def test_the_container_takes_the_lock_and_what_is_there():
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert any(line.startswith("ARG BASE=python:3.11-") for line in lines)
    assert any("pip install" in line and "-r /opt/snndeep/requirements-run.txt" in line for line in lines)
    (user,) = (line for line in lines if line.startswith("USER "))
    assert user != "USER 0:0"
    copied = [word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]]
    for path in copied:
        assert (ROOT / path).exists(), path
    assert {"Snakefile", "requirements-run.txt", "config", "envs", "profiles", "scripts", "workflow"} <= set(copied)
    assert '"/opt/snndeep/workflow/Snakefile"' in lines[-2]


def test_the_lock_of_a_run_and_all_environments_follow_from_the_lock():
    spec = importlib.util.spec_from_file_location("runtime_lock", ROOT / ".ci/runtime_lock.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for path, text in module.written().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: make lock"
    pins = (ROOT / "requirements-run.txt").read_text(encoding="utf-8").splitlines()
    names = {canonicalize_name(line.partition("==")[0]) for line in pins if "==" in line}
    assert {"snakemake", "torch", "numpy", "psycopg-binary", "llvmlite"} <= names
    assert not {"pytest", "mypy", "ruff", "norse", "hypothesis", "selenium"} & names


def test_a_user_without_a_name_can_plan(tmp_path):
    """As in a container that is started with any number as its user."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    (listed,) = re.findall(r"^ENV ((?:.*\\\n)*.*)$", text, flags=re.MULTILINE)
    environment = dict(entry.split("=", 1) for entry in listed.replace("\\\n", " ").split())
    program = "\n".join(
        [
            "import os, sys",
            f"sys.path[:0] = [{str(SCRIPTS)!r}]",
            "import snakemake.api, getpass",
            "from snndeep.store.owner import whoami, owner_of",
            "from torch._inductor.runtime.cache_dir_utils import default_cache_dir",
            "from pathlib import Path",
            "os.setgid(54321), os.setuid(54321)",
            "assert getpass.getuser() and Path.home()",
            "assert whoami()['user'] and owner_of(Path('/nowhere'))",
            "default_cache_dir()",
        ]
    )
    environment = {"PATH": os.environ["PATH"], **environment}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    without = {key: value for key, value in environment.items() if key != "LOGNAME"}
    done = subprocess.run([sys.executable, "-c", program], env=without, capture_output=True, text=True, check=False)
    assert done.returncode != 0, "the variable LOGNAME is not needed"
