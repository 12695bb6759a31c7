"""Decodes the files of `pnpm qpack-sizes --write DIRECTORY` with ls-qpack, and compares them with their lists.

    pip install pylsqpack
    python3 tools/qpack/judge.py DIRECTORY CORPUS

A file is a row of records: stream ID (8 bytes), length (4), bytes; stream 0 is the encoder stream. The name tells the
limits: LIST.out.TABLE.BLOCKED.ACKNOWLEDGED. The program ends with 1 when one file is not what its list says.
"""

import pathlib
import struct
import sys

import pylsqpack


def read_lists(path):
    sections, section = [], []
    for line in path.read_bytes().split(b"\n"):
        if line.startswith(b"#"):
            continue
        if line == b"":
            if section:
                sections.append(section)
            section = []
            continue
        name, _, value = line.partition(b"\t")
        section.append((name, value))
    return sections + ([section] if section else [])


def decode(path):
    _, _, table, blocked, _ = path.name.split(".")
    decoder = pylsqpack.Decoder(int(table), int(blocked))
    bytes_, at, sections = path.read_bytes(), 0, {}
    while at < len(bytes_):
        stream, length = struct.unpack_from(">QI", bytes_, at)
        block = bytes_[at + 12 : at + 12 + length]
        at += 12 + length
        if stream == 0:
            for ready in decoder.feed_encoder(block):
                _, sections[ready] = decoder.resume_header(ready)
            continue
        try:
            _, sections[stream] = decoder.feed_header(stream, block)
        except pylsqpack.StreamBlocked:
            pass
    return [sections[stream] for stream in sorted(sections)]


def main():
    directory, corpus = (pathlib.Path(argument) for argument in sys.argv[1:3])
    files = sorted(directory.glob("*.out.*"))
    failed = 0
    for path in files:
        wanted = read_lists(corpus / "qifs" / (path.name.split(".")[0] + ".qif"))
        if decode(path) != wanted:
            failed += 1
            print(f"{path.name}: not what the list says")
    print(f"{len(files) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not files else 0)


main()
