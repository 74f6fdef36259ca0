"""Writes the manifest of an ONNX file beside it. src/embed/manifest.ts explains the fields.

`after` is the file that this one continues. `sha256` is then that of both files, one after the other."""
import hashlib
import json
import pathlib
from importlib.metadata import version


def write_manifest(file: pathlib.Path, *, side: int, multiple: int, fixed: bool, mean: list[float],
                   deviation: list[float], levels: list[dict], licence: str, source: str, difference: float,
                   made_by: str, packages: list[str], after: str | None = None, sha256: str | None = None) -> None:
    manifest = {
        "format": "anomaly-cluster-model/1",
        "name": file.stem,
        "input": {"side": side, "multiple": multiple, "fixed": fixed, "pixels": "RGB, 0 to 255", "mean": mean,
                  "deviation": deviation},
        "levels": levels,
        "licence": licence,
        "source": source,
        **({"after": after} if after else {}),
        "sha256": sha256 or hashlib.sha256(file.read_bytes()).hexdigest(),
        "made": {"by": made_by, **{package: version(package) for package in packages},
                 "difference": float(f"{difference:.1e}")},
    }
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    file.with_suffix(".json").write_text(f"{text}\n", encoding="utf-8")
