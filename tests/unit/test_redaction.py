import json

import pytest

from snndeep.console import stage
from snndeep.errors import DatasetError
from snndeep.redaction import masked, masked_url
from snndeep.store.files import provenance_path, record_provenance, write_json


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.org/Task03_Liver.tar", "https://example.org/Task03_Liver.tar"),
        ("https://user:secret@example.org:8443/a.tar", "https://***@example.org:8443/a.tar"),
        ("https://secret@example.org/a", "https://***@example.org/a"),
        ("postgresql+psycopg2://user:secret@db/studies", "postgresql+psycopg2://***@db/studies"),
        ("postgresql://user:se/cr@et@db/studies", "postgresql://***@db/studies"),
        ("postgresql://user:se?cr#et@db/studies", "postgresql://***@db/studies"),
        ("https://s3/a.tar?X-Amz-Signature=secret&sig=secret#top", "https://s3/a.tar?X-Amz-Signature=***&sig=***#top"),
        ("https://u:secret@s3/a?token=secret", "https://***@s3/a?token=***"),
        ("https://example.org/a@v1", "https://example.org/a@v1"),
        ("sqlite:////data/studies.db", "sqlite:////data/studies.db"),
        ("cannot reach https://u:secret@h/x, nor ftp://h/y", "cannot reach https://***@h/x, nor ftp://h/y"),
        ("a person@example.org asks: is a=b?c=d", "a person@example.org asks: is a=b?c=d"),
        ("", ""),
    ],
)
def test_urls_are_shown_without_secrets(url, shown):
    assert masked_url(url) == shown
    assert masked_url(shown) == shown


def test_masking_goes_through_a_whole_configuration():
    config = {"dataset": {"msd": {"url": "https://u:secret@h/a"}}, "list": ["ftp://secret@h", 3, None], "seed": 7}
    assert masked(config) == {
        "dataset": {"msd": {"url": "https://***@h/a"}},
        "list": ["ftp://***@h", 3, None],
        "seed": 7,
    }


def test_provenance_holds_no_credentials(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, 1)
    record_provenance(path, {"stage": "x", "config": {"url": "https://u:secret@h/a"}})
    assert "secret" not in provenance_path(path).read_text(encoding="utf-8")
    assert json.loads(provenance_path(path).read_text(encoding="utf-8"))["config"]["url"] == "https://***@h/a"


def test_a_stages_log_and_errors_hold_no_credentials(tmp_path, capsys):
    with pytest.raises(SystemExit), stage(tmp_path / "x.log") as log:
        log.info("fetching https://u:secret@h/a")
        raise DatasetError("No such host.", where="https://u:secret@h/a")
    shown = (tmp_path / "x.log").read_text(encoding="utf-8") + capsys.readouterr().err
    assert "secret" not in shown
    assert shown.count("https://***@h/a") == 4
