import os

import pytest

from snndeep.plan.addressing import CodeBase, FileDigests, address, canonical_json


def test_canonical_json_ignores_order_of_keys():
    assert canonical_json({"b": [1, 2.5], "a": None}) == canonical_json({"a": None, "b": [1, 2.5]})


def test_canonical_json_refuses_what_has_no_single_form():
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(float("nan"))
    with pytest.raises(TypeError):
        canonical_json({1, 2})


def test_an_address_depends_on_every_part():
    base = address("spikes", {"steps": 8}, "code", {"numpy": "2.4.6"}, ["a", "b"])
    assert base == address("spikes", {"steps": 8}, "code", {"numpy": "2.4.6"}, ["a", "b"])
    assert len(base) == 12
    others = [
        address("train", {"steps": 8}, "code", {"numpy": "2.4.6"}, ["a", "b"]),
        address("spikes", {"steps": 9}, "code", {"numpy": "2.4.6"}, ["a", "b"]),
        address("spikes", {"steps": 8}, "edoc", {"numpy": "2.4.6"}, ["a", "b"]),
        address("spikes", {"steps": 8}, "code", {"numpy": "2.4.7"}, ["a", "b"]),
        address("spikes", {"steps": 8}, "code", {}, ["a", "b"]),
        address("spikes", {"steps": 8}, "code", {"numpy": "2.4.6"}, ["b", "a"]),
        address("spikes", {"steps": 8}, "code", {"numpy": "2.4.6"}, ["a"]),
    ]
    assert len({base, *others}) == 8


@pytest.fixture
def scripts(tmp_path):
    package = tmp_path / "snndeep"
    package.mkdir()
    (package / "__init__.py").write_text('"""Doc."""\n')
    (package / "a.py").write_text('"""Doc."""\n\nfrom snndeep import b\n\n\ndef f():\n    """Doc."""\n    return b.X\n')
    (package / "b.py").write_text("X = 1\n")
    (package / "other.py").write_text("Y = 1\n")
    (tmp_path / "job.py").write_text("from snndeep.a import f\n\nprint(f())\n")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "text", "changes"),
    [
        ("snndeep/b.py", "X = 2\n", True),
        ("snndeep/b.py", "# A comment.\nX   =   1\n", False),
        ("snndeep/b.py", '"""New docstring."""\nX = 1\n', False),
        ("snndeep/a.py", 'from snndeep import b\ndef f():\n    """Other."""\n    return b.X\n', False),
        ("snndeep/a.py", "from snndeep import b\ndef f():\n    return -b.X\n", True),
        ("snndeep/other.py", "Y = 2\n", False),
        ("snndeep/__init__.py", "Z = 1\n", True),
        ("job.py", "from snndeep.a import f\n\nprint(f(), f())\n", True),
    ],
)
def test_fingerprint_follows_imports_and_overlooks_comments(scripts, file, text, changes):
    before = CodeBase(scripts).fingerprint("job.py")
    (scripts / file).write_text(text)
    assert (CodeBase(scripts).fingerprint("job.py") != before) is changes


def test_what_is_not_python_counts_by_its_bytes(scripts):
    template = scripts / "page.jinja"
    template.write_text("one")
    before = CodeBase(scripts).fingerprint("job.py", "page.jinja")
    assert before == CodeBase(scripts).fingerprint("job.py", "page.jinja")
    assert before != CodeBase(scripts).fingerprint("job.py")
    template.write_text("two")
    assert CodeBase(scripts).fingerprint("job.py", "page.jinja") != before


def test_file_digests_are_remembered_and_follow_the_bytes(tmp_path):
    file, store = tmp_path / "scan", tmp_path / "digests.json"
    file.write_bytes(b"one")
    digests = FileDigests(store)
    first = digests.of(file)
    digests.save()
    os.utime(file, (5, 5))
    assert FileDigests(store).of(file) == first
    file.write_bytes(b"two, of another size")
    assert FileDigests(store).of(file) != first


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"x": 3}'])
def test_a_damaged_digest_store_only_costs_time(tmp_path, content):
    file, store = tmp_path / "scan", tmp_path / "digests.json"
    file.write_bytes(b"one")
    store.write_text(content)
    digests = FileDigests(store)
    assert len(digests.of(file)) == 64
    digests.save()
    assert FileDigests(store).of(file) == digests.of(file)
