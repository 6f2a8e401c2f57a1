"""Names are followed through source files. Each test has packages of its own names: modules that are found stay so."""

import sys

import pytest

from kedro_batch.compiler.project.python_source import base_classes, find_class, find_functions, find_source


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write the modules of a package that raises if it is imported, and return what finds it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(package, **modules):
        for name, source in {"__init__": "", **modules}.items():
            file = tmp_path.joinpath(package, *f"{name}.py".split("__in__"))
            file.parent.mkdir(parents=True, exist_ok=True)
            (file.parent / "__init__.py").touch()
            file.write_text(source + "\nraise RuntimeError('imported')\n")

    yield write
    assert not {name for name in sys.modules if name.startswith("some_")}


def bases(dotted):
    return list(base_classes(dotted))


def test_the_source_of_a_module_is_found_without_importing_it(write, tmp_path):
    write("some_modules", one="", inner__in__two="")
    (tmp_path / "some_folder").mkdir()
    (tmp_path / "some_folder" / "three.py").touch()
    assert find_source("some_modules") == tmp_path / "some_modules" / "__init__.py"
    assert find_source("some_modules.one") == tmp_path / "some_modules" / "one.py"
    assert find_source("some_modules.inner.two") == tmp_path / "some_modules" / "inner" / "two.py"
    assert find_source("some_folder.three") == tmp_path / "some_folder" / "three.py"
    for nothing in ("some_modules.none", "some_folder", "some_nothing.none", "sys", "math", "", ".", "a..b"):
        assert find_source(nothing) is None


def test_a_class_has_a_name_bases_and_methods(write):
    write(
        "some_class",
        a="class A(B[int], metaclass=M, flag=True):\n    def f(self): ...\n    if x:\n        async def g(self): ...",
    )
    found = find_class("some_class.a.A")
    assert found is not None
    assert (found.name, found.bases, set(found.methods)) == ("some_class.a.A", ("B",), {"f", "g"})
    for nothing in (
        "some_class.a.B",
        "some_class.a.A.f",
        "some_class.a",
        "some_class",
        "A",
        "",
        "some_class.a.",
        "dict",
    ):
        assert find_class(nothing) is None
    assert bases("some_class.a.B") == []


@pytest.mark.parametrize(
    ("number", "source"),
    [
        *enumerate(
            [
                "from kedro.io import MemoryDataset\nclass A(MemoryDataset): ...",
                "from kedro.io import MemoryDataset as Renamed\nclass A(Renamed): ...",
                "from kedro.io.memory_dataset import *\nclass A(MemoryDataset): ...",
                "import kedro.io\nclass A(kedro.io.MemoryDataset): ...",
                "import kedro.io as io\nclass A(io.MemoryDataset): ...",
                "import kedro.io.memory_dataset as m\nclass A(m.MemoryDataset): ...",
                "from kedro import io\nclass A(io.MemoryDataset): ...",
                "from kedro import io\nBase = io.MemoryDataset\nclass A(Base): ...",
                "from kedro import io\nBase: type = io.MemoryDataset\nclass A(Base): ...",
                "import kedro.io\nA = kedro.io.MemoryDataset\nclass A(A): ...",
                "from .base import Base\nclass A(Base): ...",
                "from . import base\nclass A(base.Base): ...",
                "from .again import B\nclass A(B): ...",
                "from .base import *\nclass A(Base): ...",
                "class B(A): ...\nfrom .base import Base\nclass A(Base, B): ...",
                "class A(Mixin, B): ...\nfrom .base import Base as B",
                "try:\n    from no import B\nexcept ImportError:\n    from .base import Base as B\nclass A(B): ...",
                "try:\n    from .base import Base\nexcept ImportError:\n    Base = object\nclass A(Base): ...",
                "if X:\n    from .base import Base\nelse:\n    class Base: ...\nclass A(Base): ...",
                "from .base import Base\nclass Inner(Base): ...\nclass A(Inner): ...",
                "from .base import Base\nclass Base(Base): ...\nclass A(Base): ...",
                "class Base: ...\nfrom .base import Base\nclass A(Base): ...",
                "from .base import Base\nA = Base",
                "from .base import Base as A",
                "from .base import Base\nA = B = Base()",
            ]
        )
    ],
)
def test_bases_are_found_wherever_they_come_from(write, number, source):
    package = f"some_bases_{number}"
    base = "from kedro.io.memory_dataset import MemoryDataset\nclass Base(MemoryDataset): ..."
    write(package, __init__="from .a import A as Exported", a=source, base=base, again="from .base import Base as B")
    for name in (f"{package}.a.A", f"{package}.Exported"):
        assert "kedro.io.memory_dataset.MemoryDataset" in bases(name)


def test_the_bases_of_installed_classes_are_followed_to_the_end():
    assert bases("kedro_datasets.pandas.CSVDataset") == [
        "kedro.io.core.AbstractVersionedDataset",
        *bases("kedro.io.core.AbstractVersionedDataset"),
    ]
    assert "kedro.io.core.AbstractDataset" in bases("kedro_datasets.pandas.CSVDataset")


def test_classes_that_a_package_imports_lazily_are_found(write):
    lazy = "a, b, c = lazy.attach(__name__, submod_attrs={'one': ['A'], **more, 'two': ['B', x], x: y})"
    write(
        "some_lazy", __init__=f"import lazy_loader as lazy\nA: Any\n{lazy}", one="class A: ...", two="class B(C): ..."
    )
    found = [find_class(f"some_lazy.{name}") for name in "ABx"]
    assert [one and one.name for one in found] == ["some_lazy.one.A", "some_lazy.two.B", None]


def test_a_name_that_leads_back_to_itself_has_no_end_and_no_class(write):
    write(
        "some_circle",
        a="from .b import X",
        b="from .c import *\nclass A(B): ...\nclass B(A): ...",
        c="from .b import *",
    )
    assert find_class("some_circle.a.X") is None
    assert set(bases("some_circle.b.A")) == {"some_circle.b.B"}


def test_a_class_that_takes_the_name_of_its_base_is_the_one_that_is_found(write):
    write("some_name", a="from .b import A\nclass A(A):\n    def mine(self): ...", b="class A: ...")
    found = find_class("some_name.a.A")
    assert found is not None
    assert (found.name, found.bases, set(found.methods)) == ("some_name.a.A", ("some_name.b.A",), {"mine"})


def test_what_is_not_python_defines_nothing(write, tmp_path):
    write("some_broken", a="class A(", b="\0", c="from .a import A\nclass C(A): ...\nx = 'a\\d'")
    (tmp_path / "some_broken" / "d.py").write_bytes(b"# coding: latin-1\nclass D:\n    '''\xe4'''")
    (tmp_path / "some_broken" / "e.py").write_bytes(b"class E:\n    '''\xe4'''")
    assert find_class("some_broken.a.A") is None
    assert find_class("some_broken.b.B") is None
    assert bases("some_broken.c.C") == ["some_broken.a.A"]
    assert find_class("some_broken.d.D")
    assert not find_class("some_broken.e.E")


def test_the_functions_of_a_module_are_found(write):
    write("some_functions", a="def f(): ...\nif x:\n    def g(): ...\nclass A:\n    def h(self): ...")
    assert set(find_functions("some_functions.a")) == {"f", "g"}
    assert not find_functions("some_functions.none")
