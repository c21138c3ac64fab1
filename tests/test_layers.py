"""The rules of the house: which module may import which. Reads the code, imports none of it."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FEATURES = [
    *(
        "uploads",
        "ingest",
        "cases",
        "images",
        "analyses",
        "reports",
        "annotations",
        "feedback",
        "reviews",
        "comments",
        "sharing",
    ),
    *("exports", "notifications", "accounts", "partners", "oversight", "keys"),
]

# Lowest first. Of each layer: its modules, and whether they may import one another.
LAYERS: list[tuple[str, list[str], str]] = [
    ("1 ground", ["api.errors", "api.permissions", "api.settings", "api.telemetry"], "listed"),
    ("2a capabilities", ["api.persistence", "api.imaging"], "own folder"),
    ("2b capabilities", ["api.storage", "api.identity", "api.events", "api.inference", "api.mail", "api.push",
                         "api.budgets"], "own folder"),
    ("3 transaction", ["api.unit_of_work"], "own folder"),
    ("4 features", [f"api.{name}" for name in FEATURES], "own folder"),
    ("5 edges", ["schema", "api.routes"], "own folder"),
    ("6 entry", ["api.app", "api.worker", "api.backends", "api.server", "api.network", "api.client", "api.demo",
                 "api.commands", "api.__main__"], "all"),
]  # fmt: skip
GROUND = {"api.permissions": {"api.errors"}, "api.telemetry": {"api.settings", "api.permissions"}}
NO_INPUT_OUTPUT = ["api.imaging", "api.inference.tensors", "api.permissions"]
INPUT_OUTPUT = {
    "asyncio",
    "httpx",
    "os",
    "pathlib",
    "shutil",
    "socket",
    "sqlalchemy",
    "sqlmodel",
    "subprocess",
    "tempfile",
}


def modules() -> Iterator[tuple[str, Path]]:
    for folder in ("api", "schema"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            yield name.removesuffix(".__init__"), path


def imports(path: Path) -> set[str]:
    """Every module that a file imports, wherever in the file."""
    found: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    # GraphQL types name each other in annotations only: that is no import when the code runs.
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            assert node.module is not None
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def place(module: str) -> tuple[int, str, str] | None:
    """Layer number, the listed name it falls under, and the rule among its neighbours."""
    for number, (_, names, rule) in enumerate(LAYERS):
        for name in names:
            if module == name or module.startswith(f"{name}."):
                return number, name, rule
    return None


KNOWN = {name for name, _ in modules()}


def own_imports(path: Path) -> set[str]:
    return {name for name in imports(path) if name in KNOWN and name not in ("api", "api.persistence", "schema")}


def test_every_module_has_a_layer() -> None:
    homeless = [name for name, _ in modules() if name != "api" and place(name) is None]

    assert homeless == []


def test_imports_go_down_only() -> None:
    wrong: list[str] = []
    for module, path in modules():
        here = place(module)
        if here is None:
            continue
        for imported in own_imports(path):
            there = place(imported)
            if there is None or imported == module:
                continue
            if there[0] > here[0] or (there[0] == here[0] and not may_import_neighbour(module, here, there)):
                wrong.append(f"{module} imports {imported}")

    assert wrong == []


def may_import_neighbour(module: str, here: tuple[int, str, str], there: tuple[int, str, str]) -> bool:
    if here[2] == "all":
        return True
    if here[2] == "listed":
        return there[1] in GROUND.get(here[1], set()) or here[1] == there[1]
    return here[1] == there[1]


def test_no_import_cycles() -> None:
    graph = {module: own_imports(path) - {module} for module, path in modules()}
    # A package's own __init__ gathers what its modules offer; they import each other directly.
    state: dict[str, int] = {}
    cycles: list[str] = []

    def visit(module: str, trail: list[str]) -> None:
        state[module] = 1
        for imported in sorted(graph[module]):
            if state.get(imported) == 1:
                cycles.append(" -> ".join([*trail[trail.index(imported) :], imported]))
            elif imported not in state:
                visit(imported, [*trail, imported])
        state[module] = 2

    for module in sorted(graph):
        if module not in state:
            visit(module, [module])

    assert cycles == []


def test_pure_modules_do_no_input_or_output() -> None:
    wrong = [
        f"{module} imports {name}"
        for module, path in modules()
        if any(module == pure or module.startswith(f"{pure}.") for pure in NO_INPUT_OUTPUT)
        for name in imports(path)
        if name.split(".")[0] in INPUT_OUTPUT
    ]

    assert wrong == []


def test_only_backends_chooses_implementations() -> None:
    implementations = {
        "api.storage.filesystem",
        "api.storage.local_keys",
        "api.identity.local",
        "api.identity.cognito",
        "api.inference.embedded",
        "api.inference.triton",
        "api.mail.mailbox",
        "api.mail.smtp",
    }
    choosers = {
        module
        for module, path in modules()
        if own_imports(path) & implementations
        and not module.startswith(("api.storage", "api.identity", "api.inference", "api.mail"))
    }

    assert choosers == {"api.backends"}


def test_names_say_what_things_are() -> None:
    vague = {"util", "utils", "helper", "helpers", "common", "misc", "base", "manager", "managers"}

    assert [name for name, _ in modules() if vague & set(name.split("."))] == []
