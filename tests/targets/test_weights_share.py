"""The site that shares weights; tests/e2e/test_shared_weights.py has the real nginx serve it."""

from __future__ import annotations

from pathlib import Path

from llamafleet.compiler import compile_text
from llamafleet.plan import plan_fleet
from tests.writers.test_nginx_conf import parsed

FLEET = """fleet 1

host one {
    address    = "10.0.0.7"
    share      = lan
    models-dir = "/srv/models;#{}"
}

host two {
    address      = "box.example"
    share        = lan
    share-listen = "[fd00::2]:9000"
    mirror       = "http://10.0.0.2:8090"
}

host three {
    address = "10.0.0.9"
}
"""


def test_the_site_has_the_store_and_nothing_else(tmp_path: Path) -> None:
    compiled = compile_text(FLEET)
    assert compiled.fleet is not None, compiled.diagnostics
    one, two, three = plan_fleet(compiled.fleet)
    assert three.share is None
    assert three.sharing == {}
    assert (
        one.sharing
        == two.sharing
        == {
            "one": "http://10.0.0.7:8970",
            "two": "http://[fd00::2]:9000",
        }
    )
    assert two.mirror == "http://10.0.0.2:8090"
    assert one.share is not None
    (server,) = parsed(one.share.content, tmp_path)
    listen, _, root, stored = server["block"]
    assert listen["args"] == ["10.0.0.7:8970"]
    assert [each["args"] for each in root["block"]] == [["404"]]
    assert stored["args"] == ["~", r"^/[0-9a-f]{64}(\\.pieces)?\\z"]
    assert {"directive": "root", "args": ["/srv/models;#{}/.store"]}.items() <= {
        **stored["block"][0],
        "line": 0,
    }.items()
    assert [each.path for each in one.files] == [one.share.path]
