"""Following a stream of events: silence and sleep are noticed, and nothing is asked for twice."""

from typing import Any, Final

import pytest
from playwright.sync_api import Page

FOLLOW: Final = """async () => {
    window.calls = []; window.heard = []; window.states = [];
    window.fetch = (url, {signal}) => {
        const call = {url, aborted: false};
        const body = new ReadableStream({start(stream) {
            call.say = text => stream.enqueue(new TextEncoder().encode(text));
            signal.addEventListener("abort", () => { call.aborted = true; stream.error(signal.reason); });
        }});
        window.calls.push(call);
        return Promise.resolve(new Response(body));
    };
    const {follow} = await import("/static/frontend/events.js");
    follow("/stream", 3, event => window.heard.push(event.sequence), state => window.states.push(state));
}"""
SEE: Final = """seen => {
    Object.defineProperty(document, "hidden", {value: !seen, configurable: true});
    document.dispatchEvent(new Event("visibilitychange"));
}"""
SILENCE_MS: Final = 20_000
"""The server says something every five seconds."""


@pytest.fixture
def following(stranger_page: Page) -> Page:
    """A page that follows a stream from the third event on; its server and its clock are the test's."""
    stranger_page.clock.install()
    stranger_page.goto("/sign-in")
    stranger_page.evaluate(FOLLOW)
    stranger_page.wait_for_function("window.states.length === 1")
    return stranger_page


def say(page: Page, text: str) -> None:
    """On the newest connection."""
    page.evaluate("text => window.calls.at(-1).say(text)", text)


def connections(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate("window.calls.map(({url, aborted}) => ({url, aborted}))")
    return found


def test_a_silent_connection_is_given_up_and_taken_up_at_the_cursor(following: Page) -> None:
    say(following, 'id: 4\nevent: job\ndata: {"sequence": 4}\n\n')
    following.wait_for_function("window.heard.length === 1")
    following.clock.run_for(SILENCE_MS + 1000)
    following.clock.run_for(1000)
    following.wait_for_function("window.calls.length === 2")
    assert connections(following) == [
        {"url": "/stream?after=3", "aborted": True},
        {"url": "/stream?after=4", "aborted": False},
    ]
    following.wait_for_function("window.states.join() === 'live,again,live'")


def test_a_connection_on_which_nothing_happens_but_the_server_breathes_stays(following: Page) -> None:
    for _ in range(5):
        following.clock.run_for(SILENCE_MS - 5000)
        say(following, ": nothing new\n\n")
        following.wait_for_timeout(20)
    assert connections(following) == [{"url": "/stream?after=3", "aborted": False}]


def test_after_sleep_the_connection_is_made_anew(following: Page) -> None:
    following.evaluate(SEE, False)
    # Asleep, no timer runs; on waking the clock has jumped.
    following.clock.set_system_time(following.evaluate("Date.now()") + 3_600_000)
    following.evaluate(SEE, True)
    following.wait_for_function("window.calls[0].aborted")
    following.clock.run_for(1000)
    following.wait_for_function("window.calls.length === 2")


def test_a_glance_at_another_page_changes_nothing(following: Page) -> None:
    following.evaluate(SEE, False)
    following.clock.run_for(5000)
    following.evaluate(SEE, True)
    assert connections(following) == [{"url": "/stream?after=3", "aborted": False}]


def test_the_end_of_the_stream_is_the_end(following: Page) -> None:
    say(following, "event: end\ndata: {}\n\n")
    following.wait_for_function("window.states.join() === 'live,end'")
    following.clock.run_for(10 * SILENCE_MS)
    assert len(connections(following)) == 1
