"""The page of ``imgda serve --ui``: every state, with and without a script, and nothing kept anywhere."""

from __future__ import annotations

import base64
import json
import re
import shutil
import uuid
from pathlib import Path

import pytest
from bundles import DCM, concept, order_of
from lxml import html

pytest.importorskip("typst", reason="the extra [paper] is not installed")

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
BIOPSY = FIXTURES / "lung-biopsy"
ORDER, DOCUMENT = (BIOPSY / "bundle.json").read_bytes(), (BIOPSY / "document.xml").read_bytes()
REFUSED = json.dumps(order_of(code=concept(DCM, "OT"), bodySite=None)).encode()


@pytest.fixture(scope="module")
def ui(make_server):
    return make_server("--workers", "1", "--ui")


def send(server, data: bytes, name: str = "file", path: str = "/ui", **headers: str):
    mark = uuid.uuid4().hex
    more = '; filename="order.json"' if name == "file" else ""
    head = f'--{mark}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode()
    body = head + data + f"\r\n--{mark}--\r\n".encode()
    return server.request("POST", path, body, Content_Type=f"multipart/form-data; boundary={mark}", **headers)


def page(answer):
    return html.fromstring(answer.body.decode())


def sections(answer) -> list[str]:
    return page(answer).xpath("//nav//a/@href")


# --- states ----------------------------------------------------------------------------------------------------------


def test_the_start_is_a_form_with_examples_that_says_that_nothing_is_kept(ui):
    answer = ui.request("GET", "/ui", Accept_Language="fr")
    root = page(answer)
    assert answer.status == 200
    assert root.xpath("//form[@action='/ui?lang=fr']//input[@type='file'][@id=//label/@for]")
    assert len(root.xpath("//a[contains(@href, 'example=')]")) == 3
    assert "Rien n'est conservé ni envoyé ailleurs" in root.text_content()


@pytest.mark.parametrize("name", ["knee-radiograph", "lung-biopsy", "hip-and-knee-radiographs"])
def test_an_example_is_a_fixture(ui, name):
    example = ROOT / "bridge" / "views" / "page" / "examples" / f"{name}.json"
    assert example.read_bytes() == (FIXTURES / name / "bundle.json").read_bytes()
    assert ui.request("GET", f"/ui?example={name}").status == 200


@pytest.mark.parametrize("field", ["file", "text"])
def test_an_order_has_its_whole_result(ui, field):
    answer = send(ui, ORDER, field)
    root = page(answer)
    assert answer.status == 200
    assert sections(answer) == ["#paper", "#findings", "#losses", "#trace", "#xml", "#downloads"]
    assert root.xpath("//*[@autofocus]/@id") == ["result"]
    assert "ESSAI-QUERCY" in root.xpath("string(//section[@id='paper'])")
    assert len(root.xpath("//tr[contains(@class, 't ')]")) > 100


def test_a_line_of_the_sheet_leads_to_the_trace_and_the_trace_to_the_document(ui):
    root = page(send(ui, ORDER))
    (row,) = root.xpath("//section[@id='paper']//tr[th='Motif']")
    (target,) = row.xpath(".//a/@href")
    traced = root.get_element_by_id(target[1:])
    assert traced.get("data-p") in row.get("data-f").split(" ")
    (place,) = traced.xpath(".//a/code/text()")
    assert "Hémoptysies" in root.get_element_by_id(place).text_content()


def test_the_files_are_in_the_page(ui):
    links = page(send(ui, DOCUMENT)).xpath("//section[@id='downloads']//a")
    files = {link.get("download").rpartition(".")[2]: link.get("href").partition("base64,")[2] for link in links}
    assert base64.b64decode(files["xml"]) == DOCUMENT
    assert base64.b64decode(files["pdf"]).startswith(b"%PDF-1.7")


def test_a_document_shows_what_its_order_does_not_hold(ui):
    more = DOCUMENT.replace(b"</text>", b"<paragraph>Porteuse d'un filtre</paragraph></text>", 1)
    answer = send(ui, more)
    assert sections(answer) == ["#paper", "#findings", "#losses", "#received", "#xml", "#downloads"]
    assert "Porteuse d'un filtre" in page(answer).xpath("string(//section[@id='received'])")
    assert page(answer).xpath("//section[@id='downloads']//a[contains(@href, 'fhir+json')]")


def test_a_refused_order_has_its_findings_and_no_paper(ui):
    answer = send(ui, REFUSED)
    assert answer.status == 422
    assert sections(answer) == ["#findings", "#downloads"]
    assert "IMGDA-" in page(answer).xpath("string(//section[@id='findings'])")


@pytest.mark.parametrize("data", [b'{"resourceType":', b"<ClinicalDocument xmlns='urn:hl7-org:v3'>", b"MSH|^~", b""])
def test_what_cannot_be_read_is_said_above_the_form(ui, data):
    answer = send(ui, data, path="/ui?lang=en")
    root = page(answer)
    assert answer.status in (400, 422)
    assert root.xpath("//*[@role='alert']//*[@autofocus]")
    assert "Remedy" in root.xpath("string(//*[@role='alert'])")
    assert root.xpath("//input[@aria-describedby='help error']")


def test_a_document_that_is_no_order_is_shown_under_a_warning(ui):
    broken = re.sub(rb"<recordTarget>.*?</recordTarget>", b"", DOCUMENT, flags=re.DOTALL)
    answer = send(ui, broken)
    assert answer.status == 422
    assert "N'A PAS PU ÊTRE LU" in page(answer).xpath("string(//*[@role='alert'])")


# --- who may call ----------------------------------------------------------------------------------------------------


def test_there_is_no_page_unless_it_is_asked_for(server):
    assert server.request("GET", "/ui").status == 404


def test_another_name_and_another_site_are_refused(ui):
    assert ui.request("GET", "/ui", Host="evil.example").status == 403
    assert send(ui, ORDER, Sec_Fetch_Site="cross-site").status == 403
    assert send(ui, ORDER, Origin="https://evil.example").status == 403
    assert ui.request("GET", "/ui", Host="localhost:8043").status == 200


@pytest.fixture(scope="module")
def strict(make_server, tmp_path_factory):
    """A page that asks for a token, takes 6 MiB, and has a folder of its own for temporary files."""
    folder = tmp_path_factory.mktemp("strict")
    (folder / "token").write_text("s3cret-é")
    (folder / "imgda.toml").write_text("[limits]\ninput_mib = 6\n")
    (folder / "tmp").mkdir()
    options = ("--token-file", str(folder / "token"), "--config", str(folder / "imgda.toml"))
    return make_server("--workers", "1", "--ui", *options, env={"TMPDIR": str(folder / "tmp")}), folder / "tmp"


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"me:{password}".encode()).decode()


def test_a_browser_shows_the_token_as_a_password(strict):
    server, _ = strict
    asked = server.request("GET", "/ui")
    assert (asked.status, asked.headers["www-authenticate"][:5]) == (401, "Basic")
    assert server.request("GET", "/ui", Authorization=basic("s3cret-é")).status == 200
    assert server.request("GET", "/ui", Authorization=basic("other")).status == 401
    assert server.convert(ORDER, Authorization=basic("s3cret-é")).status == 401


def test_a_body_that_is_too_large_is_said_with_the_form(strict):
    server, _ = strict
    answer = send(server, b"x" * 7_000_000, Authorization=basic("s3cret-é"))
    assert answer.status == 413
    assert "IMGDA-0105" in page(answer).xpath("string(//*[@role='alert'])")
    assert page(answer).xpath("//form")


def test_every_answer_has_the_strict_headers(ui):
    for path in ("/ui", "/ui/style.css", "/ui/page.js", "/ui/AtkinsonHyperlegible-Bold.ttf"):
        headers = ui.request("GET", path).headers
        assert "default-src 'none'; script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"


def test_nothing_of_an_order_is_written_anywhere(strict):
    server, folder = strict
    canary = b"CANARI-Zq81"
    large = ORDER.replace(b"ESSAI-QUERCY", canary).replace(b"JVBERi0", b"JVBERi0" + b"A" * 4 * 1_000_000, 1)
    assert send(server, large, Authorization=basic("s3cret-é")).status in (200, 422)
    assert not any(folder.rglob("*"))
    assert not any(canary.decode() in line for line in server.log)


# --- in a browser ----------------------------------------------------------------------------------------------------

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


SMALL = (FIXTURES / "knee-radiograph" / "bundle.json").read_text("utf-8")


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: the page is not tried in a browser")
    if CHROMIUM is None:
        pytest.skip("no Chromium: the page is not tried in a browser")
    with api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def tab(browser, ui):
    """Opens tabs that note what they say and what they ask for."""
    opened = []

    def open_tab(**options):
        context = browser.new_context(locale="fr-FR", **options)
        made = context.new_page()
        made.set_default_timeout(120_000)
        made.heard, made.asked = [], []
        made.on("console", lambda message: made.heard.append(message.text))
        made.on("pageerror", lambda error: made.heard.append(str(error)))
        made.on("dialog", lambda dialog: made.heard.append(f"dialog {dialog.message}"))
        made.on("request", lambda request: made.asked.append(request.url))
        made.goto(f"http://localhost:{ui.port}/ui")
        opened.append((context, made))
        return made

    yield open_tab
    for context, made in opened:
        foreign = [url for url in made.asked if not url.startswith((f"http://localhost:{ui.port}/ui", "data:"))]
        assert (made.heard, foreign) == ([], [])
        context.close()


@pytest.mark.parametrize("script", [True, False])
def test_the_keyboard_alone_gets_the_result_on_a_narrow_screen(tab, script):
    one = tab(java_script_enabled=script, viewport={"width": 320, "height": 800})
    for _ in range(12):
        if one.evaluate("document.activeElement.id") == "text":
            break
        one.keyboard.press("Tab")
    one.keyboard.insert_text(SMALL)
    one.keyboard.press("Tab")
    one.keyboard.press("Enter")
    one.wait_for_selector("#result")
    assert one.evaluate("document.activeElement.id") == "result"
    assert one.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_file_that_is_dropped_is_read_and_a_line_that_is_pointed_at_marks_what_made_it(tab):
    one = tab()
    data = one.evaluate_handle(
        "text => { const data = new DataTransfer(); data.items.add(new File([text], 'order.json')); return data }", SMALL
    )
    one.dispatch_event("body", "drop", {"dataTransfer": data})
    one.wait_for_selector("#result")
    line = one.locator("#paper tr", has_text="Modalité").first
    line.hover()
    lit = one.locator(".lit")
    assert "lit" in line.get_attribute("class")
    assert one.locator("tr.t.lit").count() >= 1
    assert one.locator("#document .lit").count() >= 1
    one.locator("#document .lit").first.dispatch_event("mouseover")
    assert "lit" in line.get_attribute("class")
    one.keyboard.press("Escape")
    assert lit.count() == 0
    one.check("input[name=fate][value=lost]")
    assert one.locator("tr.t:visible").count() == one.locator("tr.t.lost").count()


def test_hostile_values_stay_values(tab):
    one = tab()
    hostile = "</script><img src=x onerror=alert(1)><script>alert(2)</script>"
    order = json.loads(SMALL)
    patient = next(entry["resource"] for entry in order["entry"] if entry["resource"]["resourceType"] == "Patient")
    for name in patient["name"]:
        name["family"] = hostile
    one.fill("#text", json.dumps(order))
    one.click("#send")
    one.wait_for_selector("#result")
    assert hostile in one.inner_text("#paper")


def test_axe_finds_nothing_serious_in_a_result(tab):
    """A short page: of the result of a whole order axe says the same, but takes a minute for it."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    one = tab(bypass_csp=True)
    one.fill("#text", SMALL)
    one.click("#send")
    one.wait_for_selector("#result")
    one.evaluate("document.querySelectorAll('#trace, #xml, #downloads').forEach(e => e.remove())")
    found = axe.Axe().run(one).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found if rule["impact"] in ("serious", "critical")] == []
