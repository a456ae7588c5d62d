"""Ready-made replies: in three languages, with blanks that the ticket fills in."""

from datetime import UTC, datetime

import pytest
from mongoengine import ValidationError

from documents.conversation.canned_reply import CannedReply, render
from documents.conversation.message import Message
from documents.people.user import User
from documents.staff.staff import Staff
from documents.tickets.complaint import Complaint
from language.languages import Language
from records.declaration.actions import ActionRefused
from security.actor import Actor, act_as
from tests.factories import PriceFactory


@pytest.fixture(autouse=True)
def _somebody(database, actor):
    """An empty database, and Lin Mei, who writes."""


def ticket(now, **facts) -> Complaint:
    user = User(name="李雷", email="lilei@example.cn", region=facts.pop("region", "CN")).save(now=now)
    made = Complaint(content="The lamp hums.", user=user, **facts).save(now=now)
    return Complaint.objects.get(pk=made.pk)


def canned(**facts) -> CannedReply:
    texts = {
        "english": "We settle {number} by {due}. {handler}",
        "simplified": "{user_number}，您好：{number} 将于 {due} 前处理。",
        "traditional": "{user_number}，您好：{number} 將於 {due} 前處理。",
    }
    return CannedReply(**{"name": "On its way", **texts, **facts}).save()


def test_what_goes_out_without_a_person_names_who_deals_with_it(now):
    ann = Staff(name="Ann", email="ann@steward.example", roles=["staff"]).save(now=now)
    reply, theirs, nobodys = canned(), ticket(now, assignee=ann.pk), ticket(now)

    with act_as(Actor.job("progress-notices")):
        assert reply.rendered(theirs, Language.ENGLISH).endswith("Ann")
        with pytest.raises(ActionRefused, match="handler"):
            reply.rendered(nobodys, Language.ENGLISH)


@pytest.mark.clause("R37")
@pytest.mark.parametrize(
    ("region", "text"),
    [
        ("CN", "U-000001，您好：C-2030-000001 将于 2030-01-18 18:00 前处理。"),
        ("TW", "U-000001，您好：C-2030-000001 將於 2030-01-18 18:00 前處理。"),
        (None, "We settle C-2030-000001 by 2030-01-18 18:00. Lin Mei"),
    ],
)
def test_a_ready_made_reply_goes_out_in_the_language_of_the_person_filled_in(now, region, text):
    complaint = ticket(now, region=region, due_at=datetime(2030, 1, 18, 10, tzinfo=UTC), source="elsewhere")

    complaint.reply(now, canned=canned().pk)

    assert Message.objects.get().text == text


def test_what_is_written_goes_before_what_is_ready_made_and_is_filled_in_as_well(now):
    ticket(now).reply(now, "About {number}: come by.", Language.ENGLISH, canned().pk)

    assert Message.objects.get().text == "About C-2030-000001: come by."


def test_a_language_without_a_text_reads_the_english_one(now):
    ticket(now).reply(now, "", Language.TRADITIONAL, canned(traditional="", english="Hello.").pk)

    assert Message.objects.get().text == "Hello."


@pytest.mark.parametrize("chosen", ["nothing", "retired"])
def test_without_a_word_nothing_goes_out(now, chosen):
    pk = None if chosen == "nothing" else canned(active=False).pk

    with pytest.raises(ActionRefused, match="Please write something"):
        ticket(now).reply(now, canned=pk)

    assert Message.objects.count() == 0


@pytest.mark.parametrize("blank", ["{name}", "{due.year}", "{}", "{__class__}"])
def test_a_blank_that_nothing_fills_in_is_refused_or_stays_as_it_is(blank):
    if blank == "{due.year}":  # no blank at all: it is text
        assert render(blank, {"due": "x"}) == blank
        return
    with pytest.raises(ValidationError):
        canned(english=f"Dear {blank}")


def test_what_is_filled_in_is_not_read_for_blanks_itself():
    assert render("{number} {due}", {"number": "{due}", "due": "today"}) == "{due} today"


@pytest.mark.clause("R37")
def test_a_blank_that_cannot_be_filled_in_is_named_and_nothing_goes_out(now):
    paused, language = ticket(now), Language.ENGLISH
    paused.due_at = None

    with pytest.raises(ActionRefused, match=r"cannot be filled in: \{due\}\."):
        paused.reply(now, "We settle {number} by {due}.", language)

    assert Message.objects.count() == 0


@pytest.mark.clause("R37")
def test_a_draft_is_filled_in_for_the_ticket_and_names_what_it_lacks(now):
    complaint, ready = ticket(now), canned()

    whole = complaint.draft_reply(canned=ready.pk)
    complaint.due_at = None
    lacking = complaint.draft_reply(canned=ready.pk, language=Language.ENGLISH)

    assert whole.answers["text"].startswith("U-000001，您好：C-2030-000001")
    assert (whole.answers["language"], whole.blanks) == (Language.SIMPLIFIED, [])
    assert lacking.answers["text"] == "We settle C-2030-000001 by {due}. Lin Mei"
    assert lacking.blanks == ["{due}"]
    assert Message.objects.count() == 0


def test_a_draft_keeps_what_was_written_already(now):
    draft = ticket(now).draft_reply("Dear {handler},", Language.ENGLISH, canned(english="Hello.").pk)

    assert draft.answers["text"] == "Dear Lin Mei,\n\nHello."


# -- Prices


@pytest.mark.clause("R39")
@pytest.mark.parametrize(
    ("region", "text"),
    [("CN", "标志设计: CNY 12,000.00"), ("TW", "標誌設計: TWD 50,000.00"), (None, "Logo: CNY 12,000.00")],
)
def test_a_reply_quotes_the_price_in_force_in_what_its_person_pays_with(now, region, text):
    for facts in ({"amount": 12_000}, {"amount": 50_000, "currency": "TWD"}):
        price = PriceFactory(**facts)
        with act_as(Actor("staff:sue", "Sue")):
            price.approve(now)
    reply = canned(**dict.fromkeys(("english", "simplified", "traditional"), "{price_logo}"))

    ticket(now, region=region).reply(now, canned=reply.pk)

    assert Message.objects.get().text == text


@pytest.mark.clause("R39")
def test_a_price_that_is_not_approved_is_not_quoted(now):
    PriceFactory()

    with pytest.raises(ActionRefused, match="price_logo"):
        ticket(now).reply(now, "It costs {price_logo}.")

    assert Message.objects.count() == 0


def test_prices_are_read_only_where_one_is_quoted(now, commands):
    complaint = ticket(now)
    commands.forget()

    complaint.reply(now, "Thank you, {handler} here.")

    assert "prices" not in {on for _name, on in commands.sent}
