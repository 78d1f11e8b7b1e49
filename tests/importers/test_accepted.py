"""No import writes a fleet file that `check` refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from llamafleet.cli import main

MODEL = "models:\n  a:\n    cmd: llama-server --port ${PORT} -m /m/a.gguf\n"


@pytest.mark.parametrize(
    "text",
    [
        "captureBuffer: -1\n" + MODEL,
        "captureBuffer: 0\n" + MODEL,
        "logToStdout: none\n" + MODEL,
        "metricsMaxInMemory: -1\n" + MODEL,
        MODEL.replace("a.gguf", "a.gguf --api-prefix /llm/"),
        MODEL.replace("a.gguf", "a.gguf --api-prefix /llm/") + "    checkEndpoint: /llm//health\n",
    ],
)
def test_an_odd_value_becomes_one_that_check_takes(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, fleet = tmp_path / "config.yaml", tmp_path / "fleet.fleet"
    source.write_text(text)
    assert main(["import", str(source), "-o", str(fleet), "--verify"]) == 0
    assert "verified" in capsys.readouterr().err
    assert main(["check", str(fleet)]) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (MODEL.replace("  a:", '  "a,b":'), '"a,b" as the name of a model'),
        (MODEL.replace("  a:", '  " a":'), '" a" as the name of a model'),
        (
            MODEL + 'selectors:\n  "s,t": {strategy: warm, targets: [a]}\n',
            '"s,t" as the name of a selector',
        ),
        (
            MODEL + '    filters: {setParamsByID: {"x,y": {temperature: 0}}}\n',
            '"x,y" as the name of a variant',
        ),
        # llama-swap's own config.example.yaml has such targets, and is refused by it as well.
        (
            MODEL + "selectors:\n  s: {strategy: warm, targets: [nobody]}\n",
            'target "nobody" of selector "s" is not a model',
        ),
        ("globalTTL: 99999999999\n" + MODEL, "global-ttl takes a duration"),
    ],
)
def test_what_check_would_refuse_is_not_written(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, fleet = tmp_path / "config.yaml", tmp_path / "fleet.fleet"
    source.write_text(text)
    assert main(["import", str(source), "-o", str(fleet)]) == 1
    assert said in capsys.readouterr().err
    assert not fleet.exists()
    assert main(["import", str(source)]) == 1
    assert capsys.readouterr().out == ""
