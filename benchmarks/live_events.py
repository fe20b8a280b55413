"""How soon a browser and 200 websockets hear what a service said, and whether all of it: `python -m benchmarks.live_events`.

Half-way the backend is killed by SIGKILL and started again; listeners come back with their cursor. The exit status is 1
where a limit is not reached, or an event was lost or came twice.
"""

import argparse
import asyncio
import json
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from playwright.async_api import Page, async_playwright
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from benchmarks.workspace import Place, backend, free_port, place, serving
from hwservice.api.settings import TOKEN_VARIABLE

_P95_MS: Final = 300.0
_CAUGHT_UP_S: Final = 1.0
"""After the last socket was opened."""
_TOKEN: Final = "a token of the benchmark's own"
_PASSWORD: Final = "a password of the benchmark's own"
_ACCOUNT: Final = f"""
import django; django.setup()
from backend.accounts.models import Scope, User
from backend.accounts.tokens import issue
user = User.objects.create_user("listener@example.org", "{_PASSWORD}")
print(issue(user, "benchmark", list(Scope))[1])
"""
_LISTEN: Final = """path => {
    window.heard = [];
    const listen = after => {
        const socket = new WebSocket(`ws://${location.host}${path}?after=${after}`);
        socket.onmessage = ({data}) => {
            const event = JSON.parse(data);
            after = event.sequence;
            window.heard.push([event.sequence, event.line, Date.now() / 1000]);
        };
        socket.onclose = ({code}) => code === 1000 ? window.over = true : setTimeout(listen, 200, after);
    };
    listen(0);
}"""


@dataclass
class Listener:
    """What one listener heard: sequence, line, time; and when its connections came about."""

    job: str
    opened: list[float] = field(default_factory=list)
    heard: list[tuple[int, str, float]] = field(default_factory=list)

    async def listen(self, port: int, headers: dict[str, str]) -> None:
        """Until the job's end, over any number of connections."""
        while True:
            after = self.heard[-1][0] if self.heard else 0
            url = f"ws://127.0.0.1:{port}/ws/v1/jobs/{self.job}/events?after={after}"
            try:
                async with connect(url, additional_headers=headers, open_timeout=30) as socket:
                    self.opened.append(time.time())
                    while True:
                        event = json.loads(await socket.recv())
                        self.heard.append((event["sequence"], event["line"], time.time()))
            except ConnectionClosed as closed:
                if closed.rcvd is not None and closed.rcvd.code == 1000:
                    return
            except (OSError, TimeoutError, WebSocketException):
                pass
            await asyncio.sleep(0.2)

    def is_whole(self, lines: int) -> bool:
        """Every event once, in order, and every line that the job said."""
        numbers = [sequence for sequence, _, _ in self.heard]
        said = [int(line.split()[0]) for _, line, _ in self.heard if line]
        return numbers == list(range(1, len(numbers) + 1)) and said == list(range(lines))

    def lags_s(self, away: Sequence[tuple[float, float]]) -> list[float]:
        """How late each line was; without those that were said while not everybody listened."""
        said = [(float(line.split()[1]), at) for _, line, at in self.heard if line]
        return [at - time_ for time_, at in said if not any(begin <= time_ <= end for begin, end in away)]


@dataclass(frozen=True)
class Stage:
    """The services, and who may listen."""

    where: Place
    port: int
    headers: dict[str, str]


async def _sign_in(page: Page, stage: Stage) -> None:
    """A page of the workspace's own, whose socket the backend trusts."""
    await page.goto(f"http://127.0.0.1:{stage.port}/sign-in")
    await page.get_by_label("E-mail address").fill("listener@example.org")
    await page.get_by_label("Password").fill(_PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(lambda url: "sign-in" not in url)


async def _submit(stage: Stage, jobs: int) -> list[str]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{stage.port}/api/v1", headers=stage.headers) as client:
        project = (await client.post("/projects", json={"name": "talk"})).raise_for_status().json()["id"]
        body = {"kind": "elaborate", "accelerator": "edge-8x8"}
        made = [await client.post(f"/projects/{project}/jobs", json=body) for _ in range(jobs)]
        return [str(answer.raise_for_status().json()["id"]) for answer in made]


async def _measure(
    stage: Stage, given: argparse.Namespace
) -> tuple[list[Listener], Listener, list[tuple[float, float]]]:
    """All sockets, the browser, and when not everybody listened."""
    seconds = given.lines / given.per_second
    async with AsyncExitStack() as ends:
        first = ends.enter_context(serving(stage.where, stage.port, "/healthz/live", *backend(stage.port)))
        chromium = (await ends.enter_async_context(async_playwright())).chromium
        browser = await chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        ends.push_async_callback(browser.close)
        page = await browser.new_page()
        await _sign_in(page, stage)
        jobs = await _submit(stage, given.jobs)
        listeners = [Listener(jobs[number % len(jobs)]) for number in range(given.sockets)]
        begun, asked = first.cpu_s, time.time()
        tasks = [asyncio.create_task(one.listen(stage.port, stage.headers)) for one in listeners]
        await page.evaluate(_LISTEN, f"/ws/v1/jobs/{jobs[0]}/events")
        await asyncio.sleep(seconds / 2)
        used_s, killed = first.cpu_s - begun, time.time()
        first.process.kill()
        await asyncio.to_thread(first.process.wait)
        again = serving(stage.where, stage.port, "/healthz/live", *backend(stage.port))
        await asyncio.to_thread(ends.enter_context, again)
        back = time.time()
        print(f"the backend used {2 * used_s / seconds:.0%} of a processor up to its death", flush=True)
        await asyncio.wait_for(asyncio.gather(*tasks), 3 * seconds + 60)
        await page.wait_for_function("window.over", timeout=60_000)
        heard: list[tuple[int, str, float]] = [tuple(row) for row in await page.evaluate("window.heard")]
        ready = [max(one.opened[turn] for one in listeners) for turn in (0, 1)]
        print(f"all sockets open after {ready[0] - asked:.1f} s, and again {ready[1] - back:.1f} s after the restart")
        away = [(0.0, ready[0] + _CAUGHT_UP_S), (killed - 0.5, ready[1] + _CAUGHT_UP_S)]
        return listeners, Listener(jobs[0], heard=heard), away


def _report(listeners: list[Listener], browser: Listener, away: list[tuple[float, float]], lines: int) -> bool:
    good = True
    for name, group in (("browser", [browser]), (f"{len(listeners)} sockets", listeners)):
        lags = sorted(lag for one in group for lag in one.lags_s(away))
        p50, p95, most = (1e3 * lags[int(part * (len(lags) - 1))] for part in (0.5, 0.95, 1.0))
        whole = sum(one.is_whole(lines) for one in group)
        print(
            f"{name:<12} p50 {p50:6.1f} ms, p95 {p95:6.1f} ms, most {most:6.1f} ms, {whole} of {len(group)} heard all once"
        )
        good = good and whole == len(group) and p95 <= _P95_MS
    print(f"p95 <= {_P95_MS:g} ms and nothing lost: {'' if good else 'NOT '}reached")
    return good


def main() -> int:
    """Measure and say whether the limits are reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=8, help="over which the sockets are spread; all run at a time")
    parser.add_argument("--lines", type=int, default=40, help="that each job says")
    parser.add_argument("--per-second", type=float, default=1.0)
    given = parser.parse_args()
    service_port = free_port()
    choices = {"hwservice_url": f"http://127.0.0.1:{service_port}", "hwservice_token": _TOKEN}
    with ExitStack() as ends:
        where = ends.enter_context(place(running_per_user="8", **choices))
        where = Place(
            where.folder,
            {**where.variables, TOKEN_VARIABLE: _TOKEN, "DJANGO_SETTINGS_MODULE": "backend.config.settings"},
        )
        where.run("manage.py", "migrate", "--verbosity", "0")
        headers = {"Authorization": f"Bearer {where.run('-c', _ACCOUNT)}"}
        talk: list[Any] = ["benchmarks.talker", service_port, where.folder / "service", given.lines, given.per_second]
        ends.enter_context(serving(where, service_port, "/v1/health", "-m", *map(str, talk)))
        found = asyncio.run(_measure(Stage(where, free_port(), headers), given))
    return 0 if _report(*found, given.lines) else 1


if __name__ == "__main__":
    sys.exit(main())
