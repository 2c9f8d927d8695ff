"""The coaching app behind a real nginx with the configuration that the documentation gives."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from review_calls import PASSWORD, fill
from sqlalchemy import select
from test_review_rights import field

from pipeline.store import Store, open_store
from pipeline.store.review_tables import AuditLine

ROOT = Path(__file__).parents[1]
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
pytestmark = [
    pytest.mark.nginx,
    pytest.mark.skipif(NGINX is None, reason="no nginx is installed (apt-get install nginx-light)"),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("nginx")
    with open_store(str(folder / "s.db")) as opened:
        fill(opened, folder)
        yield opened


@pytest.fixture(scope="module")
def served(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    """The app and nginx before it: addresses by TLS and without, and the certificate."""
    folder = tmp_path_factory.mktemp("proxy")
    behind, plain, secure = free_port(), free_port(), free_port()
    certificate = self_signed(folder)
    app = [sys.executable, "-m", "pipeline", "review", "--port", str(behind), "--store", store.place.text]
    text = (ROOT / "docs" / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    for old, new in (
        ("listen 80;", f"listen 127.0.0.1:{plain};"), ("listen 443 ssl;", f"listen 127.0.0.1:{secure} ssl;"),
        ("127.0.0.1:8080", f"127.0.0.1:{behind}"), ("/etc/ssl/certs/review.example.com.pem", str(certificate)),
        ("/etc/ssl/private/review.example.com.key", str(folder / "key.pem")),
        ("client_header_timeout 10s", "client_header_timeout 1s"), ("/var/log/nginx/", f"{folder}/"),
    ):  # fmt: skip
        assert old in text
        text = text.replace(old, new)
    paths = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/distribution.error.log; events {{}}\n"
        f"http {{ access_log {folder}/distribution.access.log; {paths}\n{text}\n}}\n"
    )
    assert NGINX is not None
    proxy = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with running(app, behind), running(proxy, secure):
        yield f"https://localhost:{secure}", f"http://localhost:{plain}", certificate


@contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}) as process:
        try:
            for _ in range(2400):  # a busy machine takes a minute
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert process.poll() is None
                time.sleep(0.05)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def self_signed(folder: Path) -> Path:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key, name = generate_private_key(SECP256R1()), x509.Name([])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1)
    )
    made = made.add_extension(names, critical=True)
    (folder / "cert.pem").write_bytes(made.sign(key, SHA256()).public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(private)
    (folder / "key.pem").chmod(0o600)
    return folder / "cert.pem"


@pytest.fixture
def client(served: tuple[str, str, Path]) -> Iterator[httpx.Client]:
    """A browser that trusts the certificate and claims to come from elsewhere."""
    trusting = ssl.create_default_context(cafile=str(served[2]))
    forged = {"x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "http", "forwarded": "for=203.0.113.9"}
    with httpx.Client(base_url=served[0], verify=trusting, headers=forged, timeout=60) as made:
        yield made


def sign_in(client: httpx.Client) -> httpx.Response:
    token = field(client.get("/login").text, "csrf_token")
    form = {"username": "coach1", "password": PASSWORD, "csrf_token": token}
    return client.post("/login", data=form, headers={"origin": str(client.base_url).rstrip("/")})


def test_without_tls_nobody_gets_further_than_the_way_to_it(served: tuple[str, str, Path]) -> None:
    answer = httpx.get(f"{served[1]}/calls/call-a1", timeout=60)
    assert (answer.status_code, answer.headers["location"]) == (
        301,
        "https://review.example.com/calls/call-a1",
    )
    assert "set-cookie" not in answer.headers
    forged = httpx.get(f"{served[1]}/x", headers={"host": "evil.example.com"}, timeout=60)
    assert forged.headers["location"] == "https://review.example.com/x"


def test_cookies_are_secure_and_the_browser_is_told_to_stay(client: httpx.Client) -> None:
    answer = sign_in(client)
    assert answer.status_code == 303
    kept = next(
        value for value in answer.headers.get_list("set-cookie") if value.startswith("callgauge_session=")
    )
    for part in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
        assert part in kept
    page = client.get("/calls/call-a1")
    assert page.status_code == 200
    assert page.headers["strict-transport-security"].startswith("max-age=")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "nginx/" not in page.headers.get("server", "")


def test_who_comes_is_who_nginx_sees(client: httpx.Client, store: Store) -> None:
    assert sign_in(client).status_code == 303
    with store.reading() as session:
        addresses = set(session.scalars(select(AuditLine.address).where(AuditLine.event == "login")))
    assert addresses == {"127.0.0.1"}


def test_a_range_of_the_sound_comes_through(client: httpx.Client) -> None:
    sign_in(client)
    whole = client.get("/calls/call-a1/audio")
    part = client.get("/calls/call-a1/audio", headers={"range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, whole.content[1000:2000])
    assert part.headers["content-range"] == f"bytes 1000-1999/{len(whole.content)}"


def test_a_form_of_another_site_is_refused(client: httpx.Client) -> None:
    sign_in(client)
    token = field(client.get("/calls/call-a1").text, "csrf_token")
    form = {"csrf_token": token, "act": "comment", "text": "x"}
    wrong = client.post("/calls/call-a1/acts", data=form, headers={"origin": "https://evil.example"})
    assert wrong.status_code == 403
    right = client.post(
        "/calls/call-a1/acts", data=form, headers={"origin": str(client.base_url).rstrip("/")}
    )
    assert right.status_code == 303


def test_too_much_and_too_slow(client: httpx.Client, served: tuple[str, str, Path]) -> None:
    assert client.post("/login", content=b"x" * 70_000).status_code == 413
    assert client.get("/login", headers={"x-long": "x" * 40_000}).status_code in (400, 431)
    port = httpx.URL(served[0]).port
    context = ssl.create_default_context(cafile=str(served[2]))
    with (
        socket.create_connection(("127.0.0.1", port or 0), timeout=60) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as slow,
    ):
        slow.sendall(b"GET /login HTTP/1.1\r\nHost: loc")  # and no more
        assert b" 200 " not in slow.recv(1000)  # cut off, with 408 or without a word


def test_no_log_holds_what_was_searched_for(client: httpx.Client, served: tuple[str, str, Path]) -> None:
    folder = served[2].parent
    sign_in(client)
    wanted = "Fennimore 13911112222"
    assert client.get("/search", params={"q": wanted}).status_code == 200
    page = client.get("/calls/call-a1", headers={"referer": f"{served[0]}/search?q=Fennimore"})
    assert page.status_code == 200
    asked = httpx.get(f"{served[1]}/search", params={"q": wanted}, timeout=60)
    assert (asked.status_code, asked.headers["server"]) == (301, "nginx")
    assert client.get(f"/{'x' * 40_000}?q={wanted}").status_code in (400, 414)
    kept = folder / "callgauge.access.log"
    wait_for(lambda: '"GET /search" 301' in kept.read_text())
    assert '"GET /search" 200' in kept.read_text()
    assert_untold(folder)


def assert_untold(folder: Path) -> None:
    """No log, nginx's own before ours neither, has a query or a part of one."""
    logs = {path.name: path.read_text() for path in folder.glob("*.log")}
    assert len(logs) == 4
    for name, text in logs.items():
        assert "Fennimore" not in text and "13911112222" not in text and "q=" not in text, name


def wait_for(true: Callable[[], bool]) -> None:
    """A log is written after its answer."""
    for _ in range(100):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("not written")


def test_guessing_passwords_is_slowed_down(client: httpx.Client, served: tuple[str, str, Path]) -> None:
    codes = [client.get("/login", params={"q": "Fennimore"}).status_code for _ in range(40)]
    assert codes[0] == 200
    assert codes[-1] == 429
    folder = served[2].parent
    wait_for(lambda: '"GET /login" 429' in (folder / "callgauge.access.log").read_text())
    assert_untold(folder)  # who is refused is told in the log of errors, too
