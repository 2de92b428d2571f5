"""Nothing that comes from outside is executed, unpickled, or let out of its folder."""

import ast
import json
import re
from pathlib import Path

import pytest

from snndeep.errors import DatasetError
from snndeep.scans.dataset import read_directory

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path for part in ("scripts", "benchmarks", "workflow") for path in (ROOT / part).rglob("*.py") if path.is_file()
)
RULES = sorted([ROOT / "Snakefile", *(ROOT / "workflow").rglob("*.smk")])
UNPICKLING = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
FORBIDDEN = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "torch.load", "torch.hub.load", "yaml.load",
    "yaml.full_load", "yaml.unsafe_load", "yaml.load_all", "pd.read_pickle", "pandas.read_pickle", "pd.eval",
    "tempfile.mktemp", "subprocess.getoutput", "Markup", "markupsafe.Markup",
}  # fmt: skip


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def dangers(tree: ast.AST) -> list[str]:
    """Return what a module does that could execute or unpickle what it reads."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] in UNPICKLING]
        elif isinstance(node, ast.ImportFrom):
            found += [node.module] if (node.module or "").split(".")[0] in UNPICKLING else []
        elif isinstance(node, ast.Call):
            name = dotted(node.func)
            options = {keyword.arg: getattr(keyword.value, "value", None) for keyword in node.keywords}
            if name in FORBIDDEN:
                found.append(name)
            if name in ("np.load", "numpy.load") and options.get("allow_pickle") is not False:
                found.append(f"{name} without allow_pickle=False")
            if options.get("allow_pickle") or options.get("shell"):
                found.append(f"{name} with allow_pickle or shell")
            if name.endswith("Environment") and "loader" in options and options.get("autoescape") is not True:
                found.append("a template without autoescape")
            if name.endswith(".extractall"):
                found.append(name)
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_module_executes_or_unpickles_what_it_reads(path):
    assert dangers(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "code",
    ["import pickle", "from joblib import load", "np.load(f)", "np.load(f, allow_pickle=True)", "torch.load(f)",
     "yaml.load(f)", "eval(x)", "subprocess.run(c, shell=True)", "Environment(loader=l)", "tar.extractall()",
     "pd.read_pickle(f)"],
)  # fmt: skip
def test_the_scan_sees_what_it_is_for(code):
    assert dangers(ast.parse(code))


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_rule_runs_a_shell_or_loads_yaml_unsafely(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"^\s*(shell|run|notebook|wrapper|cwl):", text, flags=re.MULTILINE)
    assert not re.search(r"yaml\.(load|full_load|unsafe_load)\(|\beval\(|\bexec\(", text)


def test_templates_switch_escaping_nowhere_off():
    templates = sorted((ROOT / "scripts").rglob("*.jinja"))
    assert templates
    for path in templates:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\|\s*safe\b|autoescape\s+false", text), path.name


HOSTILE_NAMES = [
    "a;touch owned", "$(touch owned)", "`touch owned`", "a b", "a'b", 'a"b', "a\nb", "<script>alert(1)</script>", "a&b",
    "{address}", "a*b", "..", ".hidden", "a\\b", "é", "a|b", "%2e%2e", "",
]  # fmt: skip
OUTSIDE = ["../a.nii.gz", "/etc/passwd", "imagesTr/../../a.nii.gz", "//a.nii.gz", "./../a.nii.gz"]


def described(folder: Path, image: str, label: str) -> None:
    (folder / "dataset.json").write_text(json.dumps({"training": [{"image": image, "label": label}]}))


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_case_names_that_a_shell_a_page_or_a_path_could_misread_are_refused(tmp_path, name):
    image, label = (f"imagesTr/{name}.nii.gz", f"labelsTr/{name}.nii.gz")
    for part in (image, label):
        path = tmp_path / part
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    described(tmp_path, image, label)
    with pytest.raises(DatasetError):
        read_directory(tmp_path)


@pytest.mark.parametrize("path", OUTSIDE)
@pytest.mark.parametrize("kind", ["image", "label"])
def test_a_description_cannot_name_files_outside_its_folder(tmp_path, path, kind):
    folder = tmp_path / "set"
    (folder / "imagesTr").mkdir(parents=True)
    for file in (tmp_path / "a.nii.gz", folder / "imagesTr/a.nii.gz"):
        file.write_bytes(b"x")
    inside = "imagesTr/a.nii.gz"
    described(folder, *((path, inside) if kind == "image" else (inside, path)))
    with pytest.raises(DatasetError, match="outside its folder"):
        read_directory(folder)
