"""A headless Chromium for tests of pages: driven over its debugging pipe as a person would use it. No npm, no port.

    with chromium.Browser() as browser:
        page = browser.open("file:///…/page.html")
        page.choose("#files", ["a.json"])       # as the file chooser does
        page.drop("#drop", ["folder"])          # as a drag from the file manager does
        page.wait("document.title === 'done'")
        page.text("#result")

Protocol: Chrome DevTools Protocol, JSON messages ended by NUL on file descriptors 3 (to the browser) and 4 (from it).
"""
import base64
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import time

PATIENCE = 60  # seconds for anything a page is asked for; generous, because the machine may be busy


class Browser:
    def __enter__(self):
        self.profile = tempfile.mkdtemp(prefix="cw-chromium-")
        to_browser, self.to = os.pipe()
        self.back, from_browser = os.pipe()
        spare = [os.dup(to_browser), os.dup(from_browser)]

        def pipes():
            # Away from 3 and 4 first, so that neither is overwritten before it is used.
            ends = [os.dup(end) for end in spare]
            high = [os.dup2(end, 100 + i) for i, end in enumerate(ends)]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        arguments = ["chromium", "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--no-first-run", "--disable-gpu",
                     "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
                     f"--user-data-dir={self.profile}", "--window-size=1100,1400", "about:blank"]
        self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        close_fds=False, preexec_fn=pipes, start_new_session=True)
        for end in (to_browser, from_browser, *spare):
            os.close(end)
        self.held, self.number, self.events = b"", 0, []
        return self

    def __exit__(self, *_):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # its own group, begun above: the browser and its helpers
        except ProcessLookupError:
            pass
        self.process.wait()
        os.close(self.to)
        os.close(self.back)
        shutil.rmtree(self.profile, ignore_errors=True)

    def ask(self, method, session=None, **parameters):
        """One command and its answer; events that come meanwhile are kept."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters} | ({"sessionId": session} if session else {})
        os.write(self.to, json.dumps(message).encode() + b"\0")
        limit = time.monotonic() + PATIENCE
        while True:
            answer = self.next_message(limit)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def next_message(self, limit):
        while b"\0" not in self.held:
            ready, _, _ = select.select([self.back], [], [], max(0, limit - time.monotonic()))
            piece = os.read(self.back, 1 << 20) if ready else b""
            if not piece:
                raise TimeoutError("the browser does not answer")
            self.held += piece
        message, _, self.held = self.held.partition(b"\0")
        return json.loads(message)

    def open(self, address):
        """A page in a new tab, watched from its first request on."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        page = Page(self, self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        for domain in ("Page", "Runtime", "Network", "Log"):
            page.ask(f"{domain}.enable")
        page.ask("Page.navigate", url=address)
        page.wait("location.href !== 'about:blank' && document.readyState === 'complete'")
        return page


class Page:
    def __init__(self, browser, session):
        self.browser, self.session = browser, session

    def ask(self, method, **parameters):
        return self.browser.ask(method, self.session, **parameters)

    def run(self, script):
        """What a script in the page says; a promise is awaited."""
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def wait(self, condition):
        """Until a condition in the page holds; the page itself looks at every frame."""
        held = self.run("new Promise(resolve => {"
                        f"  const limit = performance.now() + {PATIENCE - 5} * 1000;"
                        f"  const look = () => ({condition}) ? resolve(true) : performance.now() > limit ? resolve(false) : setTimeout(look, 20);"
                        "  look(); })")
        if not held:
            raise TimeoutError(f"never became true: {condition}; status: {self.text('#status')}")

    def text(self, selector):
        """The text that a person sees there."""
        return self.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? null")

    def type(self, selector, text):
        self.run(f"document.querySelector({json.dumps(selector)}).select()")
        self.ask("Input.insertText", text=text)

    def press(self, key, code):
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                     **({"text": "\r"} if key == "Enter" and kind == "keyDown" else {}))

    def middle(self, selector):
        return self.run(f"(() => {{ const spot = document.querySelector({json.dumps(selector)}); spot.scrollIntoView({{block: 'center'}});"
                        " const box = spot.getBoundingClientRect(); return {x: box.x + box.width / 2, y: box.y + box.height / 2}; })()")

    def click(self, selector):
        spot = self.middle(selector)
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **spot)

    def choose(self, selector, paths):
        """Answers the file chooser of an <input type=file>."""
        handle = self.ask("Runtime.evaluate", expression=f"document.querySelector({json.dumps(selector)})")["result"]["objectId"]
        self.ask("DOM.setFileInputFiles", objectId=handle, files=[str(path) for path in paths])

    def drop(self, selector, paths):
        """Drags files or folders from the file manager onto something."""
        spot, data = self.middle(selector), {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.ask("Input.dispatchDragEvent", type=kind, data=data, **spot)

    def picture(self, path):
        pathlib.Path(path).write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=True)["data"]))

    def pdf(self):
        return base64.b64decode(self.ask("Page.printToPDF", preferCSSPageSize=True)["data"])

    def complaints(self):
        """Errors of scripts and of the content policy, and every address that the page asked for."""
        self.run("1")
        mine = [event for event in self.browser.events if event.get("sessionId") == self.session]
        bad = [event for event in mine if event["method"] == "Runtime.exceptionThrown" or
               (event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] == "error")]
        asked = [event["params"]["request"]["url"] for event in mine if event["method"] == "Network.requestWillBeSent"]
        return bad, asked
