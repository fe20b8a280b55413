"""The instruction set: encoding, and the files generated from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import generate
from contracts.isa import ENTRY_FIELDS, INSTRUCTIONS, RECORD_FIELDS, Opcode, decode, encode, pack, unpack


@given(st.data())
def test_instructions_survive_encoding(data: st.DataObject) -> None:
    opcode = data.draw(st.sampled_from(list(Opcode)))
    values = {f.name: data.draw(st.integers(*f.range)) for f in INSTRUCTIONS[opcode].all_fields if f.name != "opcode"}
    assert decode(encode(opcode, **values)) == (opcode, {"opcode": int(opcode), **values})


@pytest.mark.parametrize(("fields", "bits"), [(ENTRY_FIELDS, 32), (RECORD_FIELDS, 128)])
def test_entries_and_records_fit_their_words(fields: tuple, bits: int) -> None:  # type: ignore[type-arg]  # any fields
    assert sum(field.bits for field in fields) <= bits


def test_a_value_too_large_for_its_field_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="field filters is 256; it must be from 0 to 255"):
        encode(Opcode.COMPUTE, filters=256)


def test_signed_fields_keep_their_sign() -> None:
    assert unpack(RECORD_FIELDS, pack(RECORD_FIELDS, {"bias": -5}))["bias"] == -5


def test_generated_files_are_current() -> None:
    assert generate.main(["--check"]) == 0
