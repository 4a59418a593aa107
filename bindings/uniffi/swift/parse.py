"""Parses Swift sources with tree-sitter: a first look where there is no compiler. It knows the grammar, and no types."""

import re
import sys
from pathlib import Path

import tree_sitter_swift
from tree_sitter import Language, Parser

# An attribute alone between `#if` and `#endif` is Swift, and unknown to the grammar.
ATTRIBUTE_ONLY = re.compile(rb"#if swift\(>=5\.8\)\n\s*@_documentation\(visibility: private\)\n\s*#endif\n")


def first_error(source: bytes) -> "str | None":
    tree = Parser(Language(tree_sitter_swift.language())).parse(ATTRIBUTE_ONLY.sub(b"", source))
    nodes = [tree.root_node]
    while nodes:
        node = nodes.pop()
        if node.is_error or node.is_missing:
            return f"line {node.start_point[0] + 1}: {node.text[:80]!r}"
        nodes.extend(child for child in node.children if child.has_error or child.is_missing)
    return None


def main() -> None:
    paths = sorted(path for folder in sys.argv[1:] for path in Path(folder).rglob("*.swift"))
    errors = {path: error for path in paths if (error := first_error(path.read_bytes()))}
    for path, error in errors.items():
        print(f"{path}: {error}", file=sys.stderr)
    if errors or not paths:
        sys.exit(f"{len(errors)} of {len(paths)} Swift files do not parse")
    if first_error(b"func broken( {") is None:
        sys.exit("the parser finds nothing wrong with anything")
    print(f"{len(paths)} Swift files parse")


if __name__ == "__main__":
    main()
