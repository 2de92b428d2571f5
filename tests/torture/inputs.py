"""What people hand in: model files, scans, archives, descriptions of data sets, names and addresses with secrets."""

from __future__ import annotations

import io
import json
import math
import struct
import tarfile
import unicodedata
import zipfile
from pathlib import Path
from random import Random

import nibabel
import numpy as np
from loopback import decathlon, tar_of
from stored import changed
from tally import RIGHT, SILENT, Tally
from test_model_file import rewrite, small_model

from snndeep.backends.registry import load_backend
from snndeep.deployment.model_file import read_model, write_model
from snndeep.download.archive import index
from snndeep.learning.registry import load_rule
from snndeep.redaction import masked_url
from snndeep.scans.dataset import read_directory
from snndeep.scans.table import read_scan_table
from snndeep.spikes.encoders.registry import load_encoder
from snndeep.spikes.trains import SpikeTrains
from snndeep.volume.header import read_header
from snndeep.volume.reader import planes

ODD = (None, True, -1, 0, 1, 2, 10**6, 10**12, 1e308, -1e308, math.inf, -math.inf, "", "x", "../../escaped", "/etc/passwd",
       "=1+1", [], [[]], [1, 2, 3], {}, {"a": {}}, "é", "a" * 5000)  # fmt: skip


def use(path: Path) -> str:
    """Read a model and let it score, as a prediction does."""
    model = read_model(path)
    for member in model.members:
        values = member.preprocessing.unit_interval(np.full((2, len(member.preprocessing.features)), 0.3))
        encoder = load_encoder(model.encoder, model.encoder_settings)
        trains = SpikeTrains.from_dense(encoder.encode(values, ["a", "b"], model.seed))
        backend, rule = load_backend("custom"), load_rule(model.rule)
        network = rule.model(backend, rule.settings(**member.settings), member.parameters)
        scores = network.scores(backend.load(trains, np.dtype(np.float32)), np.arange(2))
        if not np.isfinite(member.patients.margin(scores)).all() or "/" in member.split or ".." in member.split:
            return SILENT
    return RIGHT


def _places(value, path=()):
    """Return the paths to all values of a JSON document."""
    found = [path] if path else []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        found += _places(inner, (*path, key))
    return found


def _put(document, path, value) -> None:
    for key in path[:-1]:
        document = document[key]
    document[path[-1]] = value


def models(tally: Tally, folder: Path, random: Random, length: int) -> None:
    """Change values and arrays of a model file and seal it again, as whoever writes one may."""
    original = folder / "model.npz"
    write_model(original, small_model())
    content = original.read_bytes()
    use(original)  # compiles before the forks
    for _ in range(200 * length):
        original.write_bytes(content)
        said = []

        def change(header, arrays, said=said):
            if random.random() < 0.5:
                path = random.choice(
                    [path for path in _places(header) if path[0] not in ("format", "version", "sha256")]
                )
                value = random.choice(ODD)
                said.append(f"{path} = {str(value)[:40]}")
                _put(header, path, value)
                return
            name = random.choice(sorted(arrays))
            kind = random.randrange(7)
            said.append(f"array {name}, kind {kind}")
            own = arrays[name]
            arrays[name] = [
                np.zeros(random.choice((0, 3, 10_000)), own.dtype), own.reshape(-1)[:1], own.astype("f8"), own.astype("c8"),
                np.full_like(own, np.nan), own.T.copy(), np.repeat(own, 3, axis=0),
            ][kind]  # fmt: skip
            if random.random() < 0.2:
                del arrays[name]

        rewrite(original, change)
        tally.attempt(said[0], lambda: use(original))
    for what, made in bombs().items():
        original.write_bytes(made)
        tally.attempt(what, lambda: use(original))


def bombs() -> dict[str, bytes]:
    """Return archives that ask for far more than they hold."""
    made = {}
    header = {"descr": "<f4", "fortran_order": False, "shape": (1 << 40,)}
    array = io.BytesIO()
    np.lib.format.write_array_header_1_0(array, header)
    small = io.BytesIO()
    with zipfile.ZipFile(small, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.npy", array.getvalue())
    made["an array of terabytes"] = small.getvalue()
    small = io.BytesIO()
    with (
        zipfile.ZipFile(small, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("header.npy", "w", force_zip64=True) as file,
    ):
        for _ in range(600):
            file.write(bytes(1 << 20))
    made["600 MB of zeros"] = small.getvalue()
    lying = bytearray(small.getvalue())
    place = lying.rindex(b"PK\x01\x02")
    lying[place + 24 : place + 28] = struct.pack("<I", 100)
    made["a size that lies"] = bytes(lying)
    small = io.BytesIO()
    with zipfile.ZipFile(small, "w") as archive:
        for number in range(20_000):
            archive.writestr(f"{number}.npy", b"")
    made["20,000 members"] = small.getvalue()
    deep = io.BytesIO()
    np.savez(deep, header=np.frombuffer(b"[" * 200_000, np.uint8))
    made["nested JSON"] = deep.getvalue()
    return made


def model_bytes(tally: Tally, folder: Path, random: Random, length: int) -> None:
    """Change bytes of a model file."""
    path = folder / "model.npz"
    write_model(path, small_model())
    content = path.read_bytes()
    truth = repr(read_model(path))
    for _ in range(200 * length):
        path.write_bytes(changed(content, random))
        tally.attempt("model file", lambda: RIGHT if repr(read_model(path)) == truth else SILENT)


def headers(tally: Tally, folder: Path, random: Random, length: int) -> None:
    """Change the header of a scan; what is read is what nibabel reads, or refused."""
    rng = np.random.default_rng(random.getrandbits(32))
    voxels = rng.integers(-900, 900, (5, 4, 3)).astype(np.int16)
    image = nibabel.Nifti1Image(voxels, np.diag([0.8, 0.8, 2.5, 1.0]))
    content = image.to_bytes() + bytes(64)
    path = folder / "ct.nii"
    numbers = (0, 1, -1, 2, 16, 100, 350, 351, 352, 353, 368, 32767, -32768)
    for _ in range(600 * length):
        data = bytearray(content)
        for _ in range(random.randrange(1, 4)):
            place, form = random.choice(
                [
                    (random.randrange(348), "B"),
                    (random.randrange(0, 346, 2), "<h"),
                    (random.randrange(0, 344, 4), "<f"),
                    (108, "<f"),
                ]
            )
            value = random.choice(numbers)
            struct.pack_into(form, data, place, value % 256 if form == "B" else value)
        path.write_bytes(data)

        def work() -> str:
            header = read_header(path, "x")
            read = (
                np.array([plane.copy() for plane in planes(header, "x")], np.float64).T * header.slope
                + header.intercept
            )
            try:
                theirs = nibabel.load(path)
                expected = np.asarray(theirs.dataobj, np.float64).reshape(header.shape)
            except Exception:
                return SILENT
            same = np.array_equal(read, expected, equal_nan=True) and np.allclose(
                header.affine[:3] / scale(theirs), theirs.affine[:3], atol=1e-3
            )
            return RIGHT if same else SILENT

        tally.attempt(f"header {bytes(data[:348]).hex()[:40]}", work)


def scale(image) -> float:
    """Return the length of a header's unit in mm."""
    return {1: 1000.0, 3: 0.001}.get(int(image.header["xyzt_units"]) & 7, 1.0)


def tars(tally: Tally, folder: Path, random: Random, length: int) -> None:
    """Change headers of a tar; its index is right, or the archive is refused."""
    plain = tar_of(decathlon(range(2), size=2000))
    sparse = [tar_of({}, info) for info in sparse_members()]
    truth = index(io.BytesIO(plain), len(plain), "x.tar")
    heads = [member.header for member in truth.values()]
    for number in range(300 * length):
        data = bytearray(random.choice([plain, plain, plain, *sparse]))
        for _ in range(random.randrange(1, 4)):
            place = random.choice(heads) + random.randrange(512)
            if place < len(data):
                data[place] = random.choice([0, 32, 48, 55, 128, 255, random.randrange(256)])
        if random.random() < 0.5:
            _mend_checksums(data, heads)
        if number < len(sparse):
            data = bytearray(sparse[number])

        def work(data=bytes(data)) -> str:
            found = index(io.BytesIO(data), len(data), "x.tar")
            inside = all(
                0 <= member.start <= member.stop <= len(data) and not member.name.startswith(("/", ".."))
                for member in found.values()
            )
            return RIGHT if inside else SILENT

        tally.attempt("tar", work)


def sparse_members() -> list[tarfile.TarInfo]:
    """Return members of every kind of sparse file, with maps that make no sense."""
    found = []
    for headers in ({"GNU.sparse.map": "a,b"}, {"GNU.sparse.map": "1"}, {"GNU.sparse.size": "x", "GNU.sparse.offset": "y"},
                    {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "abc"},
                    {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}, {"GNU.sparse.name": "../x", "GNU.sparse.map": "9,9,9"},
                    {"size": "nine"}, {"size": "-5"}):  # fmt: skip
        info = tarfile.TarInfo("Task03_Liver/imagesTr/liver_9.nii.gz")
        info.pax_headers = headers
        found.append(info)
    old = tarfile.TarInfo("Task03_Liver/imagesTr/liver_8.nii.gz")
    old.type = tarfile.GNUTYPE_SPARSE
    return [*found, old]


def _mend_checksums(data: bytearray, heads) -> None:
    for head in heads:
        if head + 512 <= len(data):
            data[head + 148 : head + 156] = b" " * 8
            data[head + 148 : head + 156] = b"%06o\0 " % sum(data[head : head + 512])


def descriptions(tally: Tally, folder: Path, random: Random, length: int) -> None:
    """Change a dataset.json and a table of scans: cases or a refusal, and no other error."""
    for part in ("imagesTr", "labelsTr"):
        (folder / part).mkdir()
        for name in ("a", "b", "c"):
            (folder / part / f"{name}.nii.gz").write_bytes(f"{part}{name}".encode())
    entries = [{"image": f"./imagesTr/{name}.nii.gz", "label": f"./labelsTr/{name}.nii.gz"} for name in ("a", "b", "c")]
    table = "image,mask,patient,label\n" + "".join(
        f"imagesTr/{n}.nii.gz,labelsTr/{n}.nii.gz,p{n},1\n" for n in ("a", "b", "c")
    )
    texts = [
        "[" * 100_000,
        '{"training": NaN}',
        '{"training": ' + "[" * 2000 + "]" * 2000 + "}",
        "\0",
        "",
        "[]",
        "3",
        '{"training": [NaN]}',
    ]

    def read(path: Path) -> str:
        reader = (
            read_scan_table
            if path.suffix == ".csv"
            else lambda file: read_directory(file.parent, lambda scan: scan.name)
        )
        cases = reader(path, lambda scan: str(scan)) if path.suffix == ".csv" else reader(path)
        inside = all(case.image.exists() and case.label.exists() for case in cases)
        return RIGHT if inside else SILENT

    for number in range(150 * length):
        document = {"training": [dict(entry) for entry in entries]}
        _put(document, random.choice(_places(document)), random.choice(ODD))
        text = texts[number] if number < len(texts) else json.dumps(document)
        (folder / "dataset.json").write_text(text, encoding="utf-8", errors="surrogatepass")
        tally.attempt(f"dataset.json: {text[:60]}", lambda: read(folder / "dataset.json"))
        (folder / "table.csv").write_bytes(changed(table.encode(), random))
        tally.attempt("table.csv", lambda: read(folder / "table.csv"))


def spellings(tally: Tally, folder: Path, random: Random, length: int) -> None:
    """Write one patient's name in two ways: it must be one patient."""
    for number, name in enumerate(("Müller", "Šimůnek", "Ñandú", "Åse", "Kovács")):
        place = folder / str(number)
        place.mkdir()
        rows = []
        for form in ("NFC", "NFD"):
            for part in ("image", "mask"):
                (place / f"{form}{part}.nii.gz").write_bytes(f"{form}{part}".encode())
            rows.append(f"{form}image.nii.gz,{form}mask.nii.gz,{unicodedata.normalize(form, name)}")
        (place / "table.csv").write_text("image,mask,patient\n" + "\n".join(rows) + "\n", encoding="utf-8")

        def work(place=place) -> str:
            return RIGHT if len({case.patient for case in read_scan_table(place / "table.csv", str)}) == 1 else SILENT

        tally.attempt(name, work)


SECRET = "s3cr3tT0kenValue0123456789"
ADDRESSES = (
    "https://u:{}@h/x", "https://{}@h/x", "https://h/x?token={}", "https://h/x;token={}", "https://h/x;a=1;token={}?b=2",
    "https://h/x#access_token={}", "https://h/x#a=1&access_token={}", "https://h/{}/x.tar", "https://h/d/{}", "https://h/x?a=1&sig={}#t",
    "postgresql://u:{}@h/db", "cannot open https://h/x;key={} today", "https://h/{}?x=1", "https://h:80/a/{}/b#c",
)  # fmt: skip


def secrets(tally: Tally, folder: Path, random: Random, length: int) -> None:
    """Put a secret into every place of an address where there may be one."""
    for form in ADDRESSES:
        tally.attempt(form, lambda form=form: SILENT if SECRET in masked_url(form.format(SECRET)) else RIGHT)
