"""Slack: an incoming webhook, with blocks (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks)."""

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from monitoring.alerts import words
from monitoring.alerts.channel import Links
from monitoring.alerts.channels.limit import MARGIN_SECONDS
from monitoring.alerts.channels.posting import Post
from monitoring.alerts.message import Message
from monitoring.settings import SlackSettings

MOST_LINES = 40
SECTION_LETTERS = 2900
"""A block's text may have 3,000 letters."""

Block = dict[str, Any]


class SlackChannel:
    """Says each message in the webhook's own room, with a bar in the colour of what it says."""

    digests: ClassVar[bool] = True

    def __init__(self, settings: SlackSettings, links: Links) -> None:
        self.name = settings.name
        self.longest_seconds = settings.timeout + MARGIN_SECONDS
        self._settings, self._links = settings, links

    def send(self, messages: Sequence[Message]) -> str:
        """Post one message, or several as one; return what Slack answered, Undelivered where it took nothing."""
        body = self._one(messages[0]) if len(messages) == 1 else self._digest(messages)
        return Post(self._settings.url, msgspec.json.encode(body), {}, set()).send(self._settings.timeout)

    def _one(self, message: Message) -> Block:
        lines = words.details(message)
        blocks = [_section("\n".join(map(escaped, lines)))] if lines else []
        links = " · ".join(_link(*pair) for pair in words.links(message, self._links))
        blocks += [_section(links)] if links else []
        return _payload(words.subject(message), blocks, [message])

    def _digest(self, messages: Sequence[Message]) -> Block:
        lines = [self._line(message) for message in messages[:MOST_LINES]]
        rest = len(messages) - MOST_LINES
        lines += [f"… and {rest} more"] if rest > 0 else []
        return _payload(words.digest(messages), [_section(text) for text in _chunks(lines)], messages)

    def _line(self, message: Message) -> str:
        links = " · ".join(_link(*pair) for pair in words.links(message, self._links))
        return f"• {escaped(words.subject(message))}" + (f" ({links})" if links else "")


def escaped(text: str) -> str:
    """Return text in which nothing means anything to Slack: no link, no mention, no channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _payload(text: str, blocks: list[Block], messages: Sequence[Message]) -> Block:
    """Return what is posted. The text stands above the bar and in notifications."""
    attachment = {"color": words.color(messages), "fallback": escaped(text), "blocks": blocks}
    return {
        "text": escaped(text),
        "attachments": [attachment] if blocks else [],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:SECTION_LETTERS]}}


def _link(words: str, address: str) -> str:
    return f"<{escaped(address).replace('|', '%7C')}|{escaped(words)}>"


def _chunks(lines: Sequence[str]) -> list[str]:
    """Return the lines in texts that fit into a block each."""
    chunks = [""]
    for line in lines:
        if len(chunks[-1]) + len(line) >= SECTION_LETTERS:
            chunks.append("")
        chunks[-1] += ("\n" if chunks[-1] else "") + line
    return chunks
