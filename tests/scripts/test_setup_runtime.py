"""Reading a machine's apt sources and pointing them at a newer release."""

import io
from pathlib import Path

import pytest
import setup_runtime
from setup_apt import Source, apt_conf, parse_deb822, parse_one_line, read_sources, render_sources, retarget
from setup_console import CommandError, Console, SetupError
from setup_runtime import PrivateRuntime, family, parse_glibc, parse_os_release

BOOKWORM = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_CODENAME=bookworm\n'


@pytest.mark.parametrize(
    ("text", "version"),
    [("glibc 2.36", (2, 36)), ("glibc 2.41.9", (2, 41)), ("musl 1.2", None), ("glibc", None), ("", None), (None, None)],
)
def test_the_c_library_is_read(text: str | None, version: tuple[int, int] | None) -> None:
    assert parse_glibc(text) == version


def test_one_line_sources_with_options_and_comments() -> None:
    text = (
        "# deb http://old.example bookworm main\n"
        "deb [arch=amd64 signed-by=/a.gpg trusted=yes] http://mirror.example/debian bookworm main contrib # x\n"
        "deb-src http://mirror.example/debian bookworm main\n"
        "deb\thttp://tabs.example/debian   bookworm-updates main\n"
        "deb http://incomplete.example\n"
    )
    sources = parse_one_line(text)
    assert sources[0] == Source(
        ("http://mirror.example/debian",),
        ("bookworm",),
        ("main", "contrib"),
        {"Signed-By": "/a.gpg", "Trusted": "yes"},
    )
    assert sources[1] == Source(("http://tabs.example/debian",), ("bookworm-updates",), ("main",))
    assert len(sources) == 2


def test_deb822_sources_with_embedded_key_continuation_and_disabled_stanzas() -> None:
    text = """\
# The main archive
Types: deb deb-src
URIs: http://one.example/debian https://two.example/debian
Suites: bookworm
 bookworm-updates
Components: main non-free
# a remark within the stanza
Architectures: amd64
signed-by:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
 -----END PGP PUBLIC KEY BLOCK-----

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://src.example/debian
Suites: bookworm
Components: main
"""
    (source,) = parse_deb822(text)
    assert source.uris == ("http://one.example/debian", "https://two.example/debian")
    assert source.suites == ("bookworm", "bookworm-updates")
    assert source.components == ("main", "non-free")
    assert set(source.options) == {"Signed-By"}
    assert source.options["Signed-By"].splitlines()[-1] == " -----END PGP PUBLIC KEY BLOCK-----"


def test_every_source_file_of_the_machine_is_read(tmp_path: Path) -> None:
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (tmp_path / "sources.list").write_text("deb http://a.example/debian bookworm main\n")
    (parts / "b.list").write_text("deb http://b.example/debian bookworm main\n")
    (parts / "c.sources").write_text(
        "Types: deb\nURIs: mirror+file:///etc/apt/mirrors/debian.list\nSuites: bookworm\nComponents: main\n"
    )
    (parts / "d.list.save").write_text("deb http://d.example/debian bookworm main\n")
    assert [source.uris[0] for source in read_sources(tmp_path)] == [
        "http://a.example/debian",
        "http://b.example/debian",
        "mirror+file:///etc/apt/mirrors/debian.list",
    ]


def test_retargeting_keeps_mirror_trust_and_security_and_leaves_strangers_out() -> None:
    key = {"Signed-By": "/k.gpg"}
    sources = [
        Source(("http://m/debian",), ("bookworm", "bookworm-updates", "bookworm-backports"), ("main", "contrib"), key),
        Source(("http://m/debian-security",), ("bookworm-security",), ("main",)),
        Source(("http://m/debian-security",), ("bookworm-security",), ("main",)),
        Source(("cdrom:[Debian",), ("bookworm",), ("main",)),
        Source(("http://vendor/tool",), ("stable",), ("main",)),
        Source(("http://vendor/docker",), ("bookworm",), ("stable",)),
    ]
    assert retarget(sources, "bookworm", "trixie") == [
        Source(("http://m/debian",), ("trixie", "trixie-updates"), ("main",), key),
        Source(("http://m/debian-security",), ("trixie-security",), ("main",)),
    ]


def test_rendered_sources_read_back_the_same() -> None:
    source = Source(("http://m/debian",), ("trixie",), ("main",), {"Signed-By": "\n -----BEGIN\n .\n x\n -----END"})
    other = Source(("http://n/debian",), ("trixie-security",), ("main",))
    assert parse_deb822(render_sources([source, other])) == [source, other]


def test_apt_writes_in_its_own_folder_only(tmp_path: Path) -> None:
    conf = apt_conf(tmp_path)
    for setting in ("Dir::State", "Dir::State::lists", "Dir::Cache", "Dir::Cache::archives"):
        assert f'{setting} "{tmp_path}' in conf
    assert "#clear APT::Update::Post-Invoke;" in conf


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BOOKWORM, ("debian", "bookworm")),
        ("ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=jammy\n", ("ubuntu", "jammy")),
        (
            'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=vera\nUBUNTU_CODENAME=jammy\n',
            ("ubuntu", "jammy"),
        ),
    ],
)
def test_the_family_of_a_distribution(text: str, expected: tuple[str, str]) -> None:
    assert family(parse_os_release(text)) == expected


def test_another_distribution_is_told_what_to_do() -> None:
    with pytest.raises(SetupError, match="this is Rocky Linux 9") as refusal:
        family(parse_os_release('ID="rocky"\nID_LIKE="rhel fedora"\nPRETTY_NAME="Rocky Linux 9"\n'))
    assert "Dockerfile" in str(refusal.value)


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    folder = tmp_path / "etc"
    (folder / "apt" / "sources.list.d").mkdir(parents=True)
    (folder / "os-release").write_text(BOOKWORM)
    return folder


def runtime(tmp_path: Path, etc: Path) -> PrivateRuntime:
    return PrivateRuntime(tmp_path / "venv", Console(tmp_path / "log", io.StringIO()), etc)


def test_without_apt_it_says_so(tmp_path: Path, etc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup_runtime.shutil, "which", lambda name: None)
    with pytest.raises(SetupError, match="apt-get and dpkg-deb"):
        runtime(tmp_path, etc).fetch()


def test_without_a_mirror_it_says_where_it_looked(tmp_path: Path, etc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup_runtime.shutil, "which", lambda name: name)
    with pytest.raises(SetupError, match=r"apt/sources\.list.* for a mirror of debian bookworm") as refusal:
        runtime(tmp_path, etc).fetch()
    assert "libc6" in str(refusal.value)


def test_an_unreachable_mirror_is_named_without_its_password(
    tmp_path: Path, etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (etc / "apt" / "sources.list").write_text("deb http://me:secret@mirror.example/debian bookworm main\n")
    monkeypatch.setattr(setup_runtime.shutil, "which", lambda name: name)

    def fail(self: Console, command: list[str], **_: object) -> None:
        raise CommandError(command, 100, "E: Could not connect")

    monkeypatch.setattr(Console, "run", fail)
    with pytest.raises(SetupError, match=r"mirror\.example/debian.*\n.*Could not connect") as refusal:
        runtime(tmp_path, etc).fetch()
    assert "secret" not in str(refusal.value)
