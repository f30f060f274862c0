"""Several senders of one service: each with its settings, known by a header or by its token; and settings that are read again."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from bundles import bundle
from certificates import certificate
from waiting import wait

import bridge
from bridge.run.workers.versions import settings_digest
from bridge.settings import Settings, Texts, load

ORDER = json.dumps(bundle()).encode()
WITHOUT_REASON = json.loads(ORDER)
for entry in WITHOUT_REASON["entry"]:
    entry["resource"].pop("reasonCode", None)
WITHOUT_REASON = json.dumps(WITHOUT_REASON).encode()


def settings(text: str) -> str:
    return f'[texts]\nnot_recorded = "{text}"\n'


def document(text: str) -> bytes:
    return bridge.to_cda(ORDER, settings=Settings(texts=Texts(not_recorded=text))).document


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def two_senders(path: Path) -> Path:
    """A folder of two senders: the clinic, known by its token, and the practice, by its name."""
    (path / "clinic.toml").write_text(settings("Rien du tout"), "utf-8")
    (path / "clinic.token").write_text("clinic-secret\n", "utf-8")
    (path / "practice.toml").write_text(settings("Néant") + "[limits]\ninput_mib = 1\n", "utf-8")
    (path / "general").write_text("general-secret", "utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return two_senders(tmp_path_factory.mktemp("senders"))


@pytest.fixture(scope="module")
def several(folder, make_server):
    return make_server("--workers", "1", "--config", str(folder), "--token-file", str(folder / "general"))


def test_each_sender_has_the_document_that_its_settings_make(several, folder):
    clinic = several.convert(ORDER, **bearer("clinic-secret"))
    practice = several.convert(ORDER, **bearer("general-secret"), Imgda_Sender="practice")
    assert [clinic.body, practice.body] == [document("Rien du tout"), document("Néant")]
    assert b"IMGDA-" not in clinic.body
    for name, answer in (("clinic", clinic), ("practice", practice)):
        assert answer.headers["imgda-sender"] == name
        assert answer.headers["imgda-settings"] == settings_digest(load(folder / f"{name}.toml"))
        assert several.wait_for(answer.headers["x-request-id"])["sender"] == name


def test_a_refusal_says_whose_settings_refused(several, folder):
    answer = several.convert(WITHOUT_REASON, **bearer("clinic-secret"))
    assert (answer.status, answer.headers["imgda-sender"]) == (422, "clinic")
    assert answer.headers["imgda-settings"] == settings_digest(load(folder / "clinic.toml"))


def test_a_sender_is_never_taken_for_another(several):
    general = bearer("general-secret")
    for headers, status in (
        ({**bearer("clinic-secret"), "Imgda_Sender": "practice"}, 403),
        ({**bearer("clinic-secret"), "Imgda_Sender": "clinic"}, 200),
        ({**general, "Imgda_Sender": "nobody"}, 403),
        ({**general, "Imgda_Sender": "../clinic"}, 403),
        (general, 403),
        ({"Imgda_Sender": "practice"}, 401),
        ({**bearer("wrong"), "Imgda_Sender": "practice"}, 401),
    ):
        answer = several.convert(ORDER, **headers)
        assert answer.status == status, headers
        assert status != 403 or answer.code == "IMGDA-1704"
    assert several.request("GET", "/models", **general).status == 200


def test_the_bound_of_a_body_is_that_of_its_sender(several):
    large = b" " * (2 * 1024 * 1024) + ORDER
    assert several.convert(large, **bearer("general-secret"), Imgda_Sender="practice").status == 413
    assert several.convert(large, **bearer("clinic-secret")).status == 200


def test_who_names_nobody_has_the_default_settings_where_there_are_some(own_server, tmp_path):
    folder = two_senders(tmp_path)
    (folder / "default.toml").write_text(settings("Par défaut"), "utf-8")
    (folder / "clinic.token").unlink()
    server = own_server("--workers", "1", "--config", str(folder))
    assert server.convert(ORDER).body == document("Par défaut")
    assert server.convert(ORDER, Imgda_Sender="clinic").body == document("Rien du tout")


def test_a_service_that_tells_no_senders_apart_refuses_to_be_told_one(server):
    for name in ("clinic", ""):
        answer = server.convert(ORDER, Imgda_Sender=name)
        assert (answer.status, answer.code) == (403, "IMGDA-1704")
    assert server.convert(ORDER).headers["imgda-settings"] == settings_digest(Settings())


# --- settings read again -------------------------------------------------------------------------------------------------------


def hang_up(server: Any, event: str, times: int = 1) -> dict[str, Any]:
    """Have the settings read again; the line that the log says of it."""
    server.process.send_signal(signal.SIGHUP)
    wait(lambda: sum(f'"{event}"' in line for line in server.log) == times)
    return json.loads(next(line for line in reversed(server.log) if f'"{event}"' in line))


def test_sighup_has_the_settings_and_tokens_read_again_and_faulty_ones_change_nothing(own_server, tmp_path):
    folder = two_senders(tmp_path)
    several = own_server("--workers", "1", "--config", str(folder), "--token-file", str(folder / "general"))
    (folder / "clinic.toml").write_text(settings("Autre chose"), "utf-8")
    (folder / "clinic.token").write_text("clinic-changed", "utf-8")
    (folder / "third.toml").write_text(settings("Troisième"), "utf-8")
    told = hang_up(several, "settings read")
    assert sorted(told["settings"]) == ["clinic", "practice", "third"]
    assert several.convert(ORDER, **bearer("clinic-changed")).body == document("Autre chose")
    assert several.convert(ORDER, **bearer("clinic-secret")).status == 401
    assert several.convert(ORDER, **bearer("general-secret"), Imgda_Sender="third").body == document("Troisième")
    assert several.request("GET", "/readyz").status == 200
    for number, wrong in enumerate(("[", "unknown = 1", '[limits]\ndepth = "x"'), 1):
        (folder / "practice.toml").write_text(wrong, "utf-8")
        (folder / "clinic.toml").write_text(settings("Jamais lu"), "utf-8")
        told = hang_up(several, "settings kept", number)
        assert told["level"] == "error"
        assert told["file"].endswith("practice.toml")
        assert told["findings"][0]["code"].startswith("IMGDA-10")
        assert several.convert(ORDER, **bearer("clinic-changed")).body == document("Autre chose")
    assert several.stop() == 0


def test_many_requests_of_two_senders_and_hang_ups_between_them_are_each_answered_by_the_settings_of_their_own(
    own_server, tmp_path
):
    """While the clinic's settings change again and again, the practice's stay; nobody has an answer of another's, or none."""
    two_senders(tmp_path)
    server = own_server("--workers", "2", "--config", str(tmp_path), "--token-file", str(tmp_path / "general"))
    texts = ["Rien du tout", "Rien de plus"]
    right = {"clinic-secret": {document(text) for text in texts}, "general-secret": {document("Néant")}}
    wrong: list[int] = []
    answered = dict.fromkeys(right, 0)
    stop = threading.Event()

    def send(token: str) -> None:
        named = {} if token == "clinic-secret" else {"imgda_sender": "practice"}
        while not stop.is_set():
            answer = server.convert(ORDER, **bearer(token), **named)
            answered[token] += 1
            if answer.status != 200 or answer.body not in right[token]:
                wrong.append(answer.status)

    clients = [threading.Thread(target=send, args=(token,)) for token in (*right, *right)]
    for client in clients:
        client.start()
    for turn in range(1, 6):
        before = dict(answered)
        (tmp_path / "clinic.toml").write_text(settings(texts[turn % 2]), "utf-8")
        server.process.send_signal(signal.SIGHUP)
        wait(lambda turn=turn: sum('"settings read"' in line for line in server.log) == turn)
        assert server.convert(ORDER, **bearer("clinic-secret")).body == document(texts[turn % 2])
        wait(lambda before=before: all(answered[token] > before[token] + 2 for token in right))
    stop.set()
    for client in clients:
        client.join()
    assert wrong == []


def test_a_service_without_settings_lives_through_a_hang_up(server):
    hang_up(server, "settings read")
    assert server.convert(ORDER).status == 200


# --- files that are not right --------------------------------------------------------------------------------------------------


def started(*options: object) -> tuple[int, str]:
    """What becomes of a service that cannot start."""
    command = [sys.executable, "-m", "bridge", "serve", "--port", "0", "--lang", "en", *map(str, options)]
    found = subprocess.run(command, capture_output=True, timeout=600, text=True)  # never ends: a hang
    return found.returncode, found.stderr


def test_a_token_may_have_a_byte_order_mark(own_server, tmp_path):
    (tmp_path / "token").write_bytes(b"\xef\xbb\xbfs3cret\r\n")
    server = own_server("--workers", "1", "--token-file", str(tmp_path / "token"))
    assert server.request("GET", "/models", **bearer("s3cret")).status == 200


@pytest.mark.parametrize("token", [b"\xff\xfe\x00", b"\x80\x81binary\x00", b"", b" \n", b"two\nlines", "é".encode("latin-1")])
def test_a_token_that_is_none_is_named(tmp_path, token):
    (tmp_path / "the-token").write_bytes(token)
    code, told = started("--token-file", tmp_path / "the-token")
    assert code == 2
    assert "the-token" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("fault", ["none", "name", "settings", "token", "same", "alone"])
def test_a_folder_that_is_not_right_is_told_with_the_file(tmp_path, fault):
    def write(name: str, text: str) -> Path:
        (tmp_path / name).write_text(text, "utf-8")
        return tmp_path / name

    if fault != "none":
        write("right.toml", "")
    files = {
        "none": lambda: tmp_path,
        "name": lambda: write("not a name.toml", ""),
        "settings": lambda: write("wrong.toml", "unknown = 1"),
        "token": lambda: write("right.token", ""),
        "alone": lambda: write("alone.token", "x"),
        "same": lambda: (write("a.token", "x"), write("a.toml", ""), write("b.toml", ""), write("b.token", "x"))[-1],
    }
    wrong = files[fault]()
    code, told = started("--config", tmp_path)
    assert code == (78 if fault == "settings" else 2)
    assert wrong.name in told


def test_a_wrong_certificate_or_key_is_named(tmp_path):
    right, key = certificate(tmp_path, "one")
    _, other = certificate(tmp_path, "two")
    (tmp_path / "text.pem").write_text("no PEM")
    locked = tmp_path / "locked.pem"
    command = ["openssl", "rsa", "-aes256", "-passout", "pass:xxxx", "-in", key, "-out", locked]
    subprocess.run(command, check=True, capture_output=True)
    for cert, secret, named in (
        (right, other, other),
        (right, tmp_path / "text.pem", tmp_path / "text.pem"),
        (tmp_path / "text.pem", key, tmp_path / "text.pem"),
        (right, locked, locked),
    ):
        code, told = started("--tls-cert", cert, "--tls-key", secret)
        assert (code, str(named) in told) == (2, True), told


def test_sighup_has_the_certificate_read_again(own_server, tmp_path):
    (old, old_key), (new, new_key) = certificate(tmp_path, "old"), certificate(tmp_path, "new")
    server = own_server("--workers", "1", "--tls-cert", str(old), "--tls-key", str(old_key), certificate=old)
    kept = (old.read_bytes(), old_key.read_bytes())
    old.write_bytes(new.read_bytes())
    hang_up(server, "settings kept")
    assert server.request("GET", "/models").status == 200
    old_key.write_bytes(new_key.read_bytes())
    hang_up(server, "settings read")
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        server.request("GET", "/models")
    old.write_bytes(kept[0])
    old_key.write_bytes(kept[1])


def test_connections_that_never_shake_hands_are_counted_by_their_address(own_server, tmp_path):
    right, key = certificate(tmp_path, "one")
    options = ["--workers", "1", "--connections", "20", "--body-timeout", "5"]
    server = own_server(*options, "--tls-cert", str(right), "--tls-key", str(key), certificate=right)
    with ExitStack() as clients:
        for _ in range(100):
            clients.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
        assert server.request("GET", "/healthz").status == 200
        files = Path(f"/proc/{server.process.pid}/fd")
        if files.is_dir():
            wait(lambda: sum(1 for _ in files.iterdir()) < 20 + 20)
