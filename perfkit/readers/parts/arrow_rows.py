"""A text of many JSON objects → columns, by Arrow's parser, without an object of Python's for any of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow

FEW_BYTES = 100_000
"""What Arrow saves on so few is less than its import costs."""
LAST = "the last object of this text"
"""Where it is not the last one, the array had ended before the text did."""
NO_NUMBER = re.compile(rb"[:,\[\s-](?:NaN|Inf)")
"""Arrow takes these for numbers; JSON does not know them."""


def are_many(text: bytes) -> bool:
    """Whether the text is long enough for Arrow."""
    return len(text) >= FEW_BYTES


def rows_in(text: bytes, fields: Mapping[str, Any], kind: str) -> pyarrow.StructArray | None:
    """Fields by Arrow's types, of which kind is a text. None where the text is no whole objects, or a field of one is of another type."""
    import pyarrow
    from pyarrow import json

    if (b"NaN" in text or b"Inf" in text) and NO_NUMBER.search(text):
        return None
    document = b'{"rows":[%b,{"%b":"%b"}]}' % (text, kind.encode(), LAST.encode())
    schema = pyarrow.schema({"rows": pyarrow.list_(pyarrow.struct(dict(fields)))})
    try:
        table = json.read_json(
            pyarrow.BufferReader(document),
            read_options=json.ReadOptions(use_threads=False, block_size=len(document)),
            parse_options=json.ParseOptions(explicit_schema=schema, newlines_in_values=True, unexpected_field_behavior="ignore"),
        )
        rows = table.column("rows").chunk(0).flatten()
        whole = table.num_rows == 1 and not rows.null_count and rows.field(kind)[-1].as_py() == LAST
    except (pyarrow.ArrowInvalid, UnicodeDecodeError):
        return None
    return rows[:-1] if whole else None
