"""The quick starts of the READMEs. Runs against the sandbox: `python quick_start.py`, with `pip install idvkit-sandbox`."""

from __future__ import annotations

# [quick start]
from typing import Callable

import httpx

from idvkit import Account, Done, Outcome, Present, Redirect
from idvkit.client import Client, MemoryStore
from idvkit.httpx import sender


def verify(api_base: str, clock: Callable[[], int], sleep_until: Callable[[int], None]) -> Outcome:
    """Takes one user through Jumio Authentication for Web."""
    # Once, at start-up. Without `options` this is the real Jumio.
    account = Account(
        provider="jumio",
        region="us",
        api_token="sandbox-jumio-token",
        api_secret="sandbox-jumio-secret",
        user_agent="YourCompany YourApp/v1.0",
        callback={"url": "https://yourcompany.example/jumio"},
        options={"development": True, "api_base": api_base},
    )
    store = MemoryStore()  # in place of yours: a row for each verification, with a revision to compare and swap
    client = Client(account, store, sender(httpx.Client()), clock=clock)

    # For each user: begin, and go as far as it goes without the user.
    id = client.begin(
        {
            "flow": "jumio_authentication",
            "enrollment_transaction_reference": "22222222-2222-4222-8222-222222222222",
            "success_url": "http://localhost:3000/back",
            "locale": "de",
        },
        key="order-7",
    )
    step = client.advance(id)
    if not isinstance(step, Present):
        raise RuntimeError("it could not begin")

    # The user's browser goes through it and comes back to your `success_url`. That is a hint, and no more.
    url = user_takes_a_selfie(step.journey)
    client.tell(id, Redirect(url))

    # A worker of yours goes on when `until` comes. Only what it fetches decides.
    while True:
        step = client.advance(id)
        if isinstance(step, Done):
            return step.outcome
        sleep_until(step.until)
# [/quick start]

# [in the sandbox]
import re

import idvkit_sandbox
from idvkit import Journey


def user_takes_a_selfie(journey: Journey) -> str:
    """What a user does in the sandbox's page: press the button, and be sent back."""
    link = next(way.url for way in journey.ways if way.type == "redirect")
    with httpx.Client(trust_env=False) as browser:
        browser.get(link).raise_for_status()
        token = re.findall(r"authorizationToken=([^&]*)", link)[0]
        answer = browser.post(link, data={"authorizationToken": token, "action": "acceptable"})
    return answer.headers["location"]


if __name__ == "__main__":
    with idvkit_sandbox.start() as sandbox:
        print(verify(f"{sandbox.url}/jumio/us", sandbox.now, lambda until: sandbox.advance(until - sandbox.now())))
# [/in the sandbox]
