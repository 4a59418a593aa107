"""Parses Swift and Dart sources with tree-sitter: a first look where there is no compiler. It knows the grammar, and no types."""

import re
import sys
from pathlib import Path

import tree_sitter_dart
import tree_sitter_swift
from tree_sitter import Language, Parser

# What is to be refused, so that a parser that finds nothing wrong with anything is found out.
LANGUAGES = {
    ".swift": (tree_sitter_swift, b"func broken( {"),
    ".dart": (tree_sitter_dart, b"class Broken { void f( {"),
}
# An attribute alone between `#if` and `#endif` is Swift, and unknown to the grammar.
ATTRIBUTE_ONLY = re.compile(rb"#if swift\(>=5\.8\)\n\s*@_documentation\(visibility: private\)\n\s*#endif\n")


def first_error(grammar, source: bytes) -> "str | None":
    tree = Parser(Language(grammar.language())).parse(ATTRIBUTE_ONLY.sub(b"", source))
    nodes = [tree.root_node]
    while nodes:
        node = nodes.pop()
        if node.is_error or node.is_missing:
            return f"line {node.start_point[0] + 1}: {node.text[:80]!r}"
        nodes.extend(child for child in node.children if child.has_error or child.is_missing)
    return None


def main() -> None:
    for suffix, (grammar, broken) in LANGUAGES.items():
        paths = sorted(path for folder in sys.argv[1:] for path in Path(folder).rglob(f"*{suffix}"))
        errors = {path: error for path in paths if (error := first_error(grammar, path.read_bytes()))}
        for path, error in errors.items():
            print(f"{path}: {error}", file=sys.stderr)
        if errors or not paths or first_error(grammar, broken) is None:
            sys.exit(f"{len(errors)} of {len(paths)} {suffix} files do not parse")
        print(f"{len(paths)} {suffix} files parse")


if __name__ == "__main__":
    main()
