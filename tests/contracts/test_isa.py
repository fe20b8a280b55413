"""The instruction set: encoding, and the files generated from it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import generate
from contracts.isa import (
    ENTRY_FIELDS,
    HEADER_FIELDS,
    INSTRUCTION_BYTES,
    INSTRUCTIONS,
    RECORD_FIELDS,
    Field,
    Opcode,
    decode,
    encode,
    pack,
    unpack,
)


@given(st.data())
def test_instructions_survive_encoding(data: st.DataObject) -> None:
    opcode = data.draw(st.sampled_from(list(Opcode)))
    values = {f.name: data.draw(st.integers(*f.range)) for f in INSTRUCTIONS[opcode].all_fields if f.name != "opcode"}
    assert decode(encode(opcode, **values)) == (opcode, {"opcode": int(opcode), **values})


@given(st.data(), st.sampled_from([ENTRY_FIELDS, RECORD_FIELDS, HEADER_FIELDS]))
def test_entries_records_and_headers_survive_packing(data: st.DataObject, fields: tuple[Field, ...]) -> None:
    values = {f.name: data.draw(st.integers(*f.range)) for f in fields}
    assert unpack(fields, pack(fields, values)) == values


@pytest.mark.parametrize("opcode", list(Opcode))
def test_an_instruction_fits_its_word(opcode: Opcode) -> None:
    assert sum(field.bits for field in INSTRUCTIONS[opcode].all_fields) <= 8 * INSTRUCTION_BYTES


@pytest.mark.parametrize(("fields", "bits"), [(ENTRY_FIELDS, 32), (RECORD_FIELDS, 128), (HEADER_FIELDS, 512)])
def test_entries_records_and_headers_fit_their_words(fields: tuple[Field, ...], bits: int) -> None:
    assert sum(field.bits for field in fields) <= bits


def test_a_value_too_large_for_its_field_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="field filters is 256; it must be from 0 to 255"):
        encode(Opcode.COMPUTE, filters=256)


def test_a_field_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="unknown fields \\['colour'\\]"):
        encode(Opcode.COMPUTE, colour=1)


@pytest.mark.parametrize("opcode", [0, 9, 15])
def test_an_illegal_opcode_is_refused(opcode: int) -> None:
    with pytest.raises(ValueError, match=f"{opcode} is not a valid Opcode"):
        decode(opcode.to_bytes(INSTRUCTION_BYTES, "little"))


def test_signed_fields_keep_their_sign() -> None:
    assert unpack(RECORD_FIELDS, pack(RECORD_FIELDS, {"bias": -5}))["bias"] == -5


def test_generated_files_are_current() -> None:
    assert generate.main(["--check"]) == 0


def test_a_stale_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stale = tmp_path / "isa.md"
    stale.write_text("old")
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    monkeypatch.setattr(generate, "DOCS", stale)
    assert generate.main(["--check"]) == 1
    assert "isa.md is stale" in capsys.readouterr().err
    assert stale.read_text() == "old"
