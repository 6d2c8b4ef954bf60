"""What Slack is told."""

from monitoring.alerts.channels.slack import SlackChannel
from monitoring.settings import SlackSettings
from monitoring.status import Status
from tests.alerts.messages import LINKS, NO_LINKS, resolve, trigger
from tests.support.hooks import Listener


def posted(listener: Listener, *messages, links=LINKS) -> dict:
    SlackChannel(SlackSettings(name="ops", type="slack", url=listener.url), links).send(messages)
    return listener.heard[-1].json


def texts(body: dict) -> str:
    return "\n".join(block["text"]["text"] for each in body["attachments"] for block in each["blocks"])


def test_the_subject_is_the_text_and_the_rest_is_blocks_in_the_colour_of_the_state(listener: Listener) -> None:
    body = posted(listener, trigger())
    assert body["text"] == "Redis is down: connection refused, since 12:03:10 UTC (40 s)"
    assert body["attachments"][0]["color"] == "#c93a26"
    assert "It said: connection refused by 10.0.0.7\nGroup: Infrastructure" in texts(body)
    assert posted(listener, trigger(status=Status.DEGRADED))["attachments"][0]["color"] == "#e0a030"
    assert posted(listener, resolve())["attachments"][0]["color"] == "#26734f"


def test_it_links_to_the_page_and_to_acknowledging_until_it_is_over(listener: Listener) -> None:
    page = "<https://status.example/status/redis|Status page>"
    acknowledge = "<https://status.example/acknowledge?key=daymark/redis/1&amp;sign=x|Acknowledge>"
    assert f"{page} · {acknowledge}" in texts(posted(listener, trigger()))
    assert "Acknowledge" not in texts(posted(listener, resolve()))
    assert "http" not in texts(posted(listener, trigger(), links=NO_LINKS))


def test_it_lets_slack_open_no_link_by_itself(listener: Listener) -> None:
    body = posted(listener, trigger())
    assert body["unfurl_links"] is False and body["unfurl_media"] is False


def test_nothing_in_a_message_means_anything_to_slack(listener: Listener) -> None:
    body = posted(listener, trigger(title="<!channel> & co", error="<https://evil.example|click>", cause=None))
    assert body["text"].startswith("&lt;!channel&gt; &amp; co is down: &lt;https://evil.example|click&gt;")
    assert "<https://evil" not in str(body)


def test_several_messages_are_one_digest(listener: Listener) -> None:
    body = posted(listener, trigger(), trigger(title="Shop", check="shop"), resolve(title="Search"))
    assert body["text"] == "3 alerts: 2 down, 1 back" and len(listener.heard) == 1
    assert [line.split(" is ")[0] for line in texts(body).splitlines()] == ["• Redis", "• Shop", "• Search"]


def test_a_digest_of_a_hundred_fits_into_what_slack_takes(listener: Listener) -> None:
    body = posted(listener, *[trigger(title=f"Check {'x' * 150} {number}") for number in range(100)])
    blocks = body["attachments"][0]["blocks"]
    assert max(len(block["text"]["text"]) for block in blocks) <= 3000 and len(blocks) <= 50
    assert texts(body).endswith("… and 60 more") and len(texts(body).splitlines()) == 41
