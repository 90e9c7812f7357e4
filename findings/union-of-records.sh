#!/usr/bin/env bash
# Guess: a field that is a Call or a Transfer, two dataclasses of which the second has one member more, via, is read as a Transfer when the JSON has a via: nothing
#        that was sent is lost, and the order in which the two are written does not matter, as a union has none. A library that cannot tell them apart
#        without a tag says so.
# Seen:  adaptix, dacite, mashumaro, and typedload take the first one that fits, and Call fits, as they drop members that they do not know: the via is gone, without
#        an error, and the transfer is a call. With Transfer first it is right in mashumaro and typedload. In adaptix it is not; in dacite that depends on which of two
#        equal unions, written in either order, the process has read before. pydantic and cattrs read a Transfer each time; msgspec refuses the type, and
#        pyserde the data without a tag.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check adaptix==3.0.0b12 cattrs==26.2.1 dacite==1.9.2 mashumaro==3.23 msgspec==0.23.0 \
  pydantic==2.14.4 pyserde==0.34.0 typedload==2.41
cat >actions.py <<'PY'
import sys
from collections.abc import Callable
from dataclasses import dataclass

import adaptix
import cattrs
import dacite
import msgspec
import pydantic
import serde
import typedload
from mashumaro.codecs.basic import BasicDecoder


@dataclass
class Call:
    to: str


@dataclass
class Transfer:
    to: str
    via: str


@dataclass
class CallFirst:
    action: Call | Transfer


@dataclass
class TransferFirst:
    action: Transfer | Call


readers: dict[str, Callable] = {
    "adaptix": lambda kind, data: adaptix.Retort().load(data, kind),
    "dacite": dacite.from_dict,
    "mashumaro": lambda kind, data: BasicDecoder(kind).decode(data),
    "typedload": lambda kind, data: typedload.load(data, kind),
    "cattrs": lambda kind, data: cattrs.structure(data, kind),
    "pydantic": lambda kind, data: pydantic.TypeAdapter(kind).validate_python(data),
    "msgspec": lambda kind, data: msgspec.convert(data, kind),
    "pyserde": lambda kind, data: serde.from_dict(serde.serde(kind), data),
}
kinds = {"call-first": CallFirst, "transfer-first": TransferFirst}
for name, read in readers.items():
    words = []
    for order in sys.argv[1:]:
        try:
            words.append(f"{order} {read(kinds[order], {'action': {'to': 'ann', 'via': 'desk'}}).action}")
        except (TypeError, serde.SerdeError) as error:
            words.append(f"{order} {type(error).__name__}")
    print(f"  {name}: {'; '.join(words)}")
PY
echo "version: adaptix==3.0.0b12 cattrs==26.2.1 dacite==1.9.2 mashumaro==3.23 msgspec==0.23.0 pydantic==2.14.4 pyserde==0.34.0 typedload==2.41"
echo "guess: Transfer(to='ann', via='desk') each time, or an error."
seen=$(
  echo "one order:"
  venv/bin/python actions.py call-first transfer-first
  echo "the other order:"
  venv/bin/python actions.py transfer-first call-first
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
one order:
  adaptix: call-first Call(to='ann'); transfer-first Call(to='ann')
  dacite: call-first Call(to='ann'); transfer-first Call(to='ann')
  mashumaro: call-first Call(to='ann'); transfer-first Transfer(to='ann', via='desk')
  typedload: call-first Call(to='ann'); transfer-first Transfer(to='ann', via='desk')
  cattrs: call-first Transfer(to='ann', via='desk'); transfer-first Transfer(to='ann', via='desk')
  pydantic: call-first Transfer(to='ann', via='desk'); transfer-first Transfer(to='ann', via='desk')
  msgspec: call-first TypeError; transfer-first TypeError
  pyserde: call-first SerdeError; transfer-first SerdeError
the other order:
  adaptix: transfer-first Call(to='ann'); call-first Call(to='ann')
  dacite: transfer-first Transfer(to='ann', via='desk'); call-first Transfer(to='ann', via='desk')
  mashumaro: transfer-first Transfer(to='ann', via='desk'); call-first Call(to='ann')
  typedload: transfer-first Transfer(to='ann', via='desk'); call-first Call(to='ann')
  cattrs: transfer-first Transfer(to='ann', via='desk'); call-first Transfer(to='ann', via='desk')
  pydantic: transfer-first Transfer(to='ann', via='desk'); call-first Transfer(to='ann', via='desk')
  msgspec: transfer-first TypeError; call-first TypeError
  pyserde: transfer-first SerdeError; call-first SerdeError
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
