"""Replying from a ticket's page: a ready-made text is seen, filled in, before it goes out."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from documents.conversation.canned_reply import CannedReply
from documents.conversation.message import Message
from documents.people.user import User
from documents.tickets.complaint import Complaint
from security.permissions import Role

JSON = {"Accept": "application/json"}


@pytest.fixture
def ticket(app, actor):
    li = User(name="李雷", email="li@example.com", region="TW").save()
    return Complaint(content="王五 said that the lamp hums.", user=li).save(now=datetime.now(UTC))


@pytest.fixture
def ready(app, actor):
    texts = {"english": "We settle {number} by {due}.", "traditional": "{number} 將於 {due} 前處理。"}
    return CannedReply(name="On its way", **texts).save()


@pytest.fixture
def clerk(signed_in):
    return signed_in(Role.STAFF)


def url(ticket):
    return f"/admin/complaints/do/reply/?id={ticket.pk}"


def written(answer) -> str:
    return re.search(r'<textarea[^>]*name="text"[^>]*>\r?\n?(.*?)</textarea>', answer.text, re.S)[1]


def marks(answer) -> str:
    return re.search(r'name="drafted" value="([^"]*)"', answer.text)[1]


def fill(clerk, ticket, **answers):
    return clerk.send(url(ticket), {"fill": "1", **answers})


def paused(ticket):
    """Its clock stands still, so that there is no due time."""
    for step in ("screen", "ask"):
        getattr(Complaint.objects.get(pk=ticket.pk), step)(
            datetime.now(UTC) + timedelta(seconds=1), **({"note": "Which lamp?"} if step == "ask" else {})
        )
    return Complaint.objects.get(pk=ticket.pk)


@pytest.mark.clause("R37")
def test_the_page_offers_the_replies_in_use_and_the_ticket_s_language(clerk, ticket, ready, actor):
    CannedReply(name="Of old", english="x", active=False).save()

    page = clerk.get(url(ticket)).text

    assert f'value="{ready.pk}">On its way' in page
    assert "Of old" not in page
    assert re.search(r"<option selected[^>]*value=\"zh_Hant_TW\"|value=\"zh_Hant_TW\" selected", page)


@pytest.mark.clause("R37")
def test_fill_in_writes_the_text_for_this_ticket_and_sends_nothing(clerk, ticket, ready):
    answer = fill(clerk, ticket, canned=str(ready.pk), language="zh_Hant_TW")

    assert answer.status_code == 200
    assert re.fullmatch(rf"{ticket.number} 將於 \d{{4}}-\d\d-\d\d \d\d:\d\d 前處理。", written(answer))
    assert "Still to be written by hand" not in answer.text
    assert Message.objects.count() == 0


def test_a_script_gets_the_same_as_data(clerk, ticket, ready):
    page = fill(clerk, ticket, canned=str(ready.pk))
    data = clerk.send(url(ticket), {"fill": "1", "canned": str(ready.pk)}, headers=JSON).json

    assert data["answers"] == {"text": written(page), "language": "zh_Hant_TW"}
    assert (data["note"], data["drafted"]) == ("", marks(page))


@pytest.mark.clause("R37")
def test_a_blank_that_stays_open_is_named_and_stops_the_sending(clerk, ticket, ready):
    waiting = paused(ticket)

    shown = fill(clerk, waiting, canned=str(ready.pk), language="en")
    sent = clerk.send(url(waiting), {"text": written(shown), "language": "en"})

    assert written(shown) == f"We settle {ticket.number} by {{due}}."
    assert "Still to be written by hand: {due}." in shown.text
    assert sent.status_code == 422
    assert "cannot be filled in: {due}" in sent.text
    assert Message.objects.count() == 0


@pytest.mark.clause("R37")
def test_what_goes_out_is_what_was_seen_and_changed(clerk, ticket, ready):
    shown = fill(clerk, ticket, canned=str(ready.pk), language="en")

    clerk.send(url(ticket), {"text": f"{written(shown)} Sorry!", "language": "en", "canned": str(ready.pk)})

    assert Message.objects.get().text == f"{written(shown)} Sorry!"


def test_another_reply_replaces_an_untouched_text_and_leaves_a_written_one(clerk, ticket, ready, actor):
    other = CannedReply(name="Sorry", english="We are sorry.").save()
    shown = fill(clerk, ticket, canned=str(ready.pk), language="en")
    again = {"canned": str(other.pk), "language": "en", "drafted": marks(shown)}

    untouched = fill(clerk, ticket, text=written(shown), **again)
    touched = fill(clerk, ticket, text="Dear Li,", **again)

    assert written(untouched) == "We are sorry."
    assert written(touched) == "Dear Li,\n\nWe are sorry."


@pytest.mark.clause("R52", "R72")
def test_a_reply_that_is_our_answer_answers_the_ticket_and_asks(clerk, ticket):
    ticket.investigate(datetime.now(UTC))

    clerk.send(url(ticket), {"text": "A new lamp.", "language": "en", "settles": "y"})

    assert Complaint.objects.get().state == "answered"
    assert "5 – Very satisfied" in Message.objects.get().text
    shown = clerk.get(f"/admin/complaints/details/?id={ticket.pk}").text
    assert "By mail, with our answer" in shown
    assert "Please ask the user" not in shown


@pytest.mark.clause("R72")
@pytest.mark.parametrize("state", ["sent", "returned"])
def test_who_could_not_be_asked_by_mail_is_to_be_asked_by_phone(clerk, ticket, state):
    ticket.investigate(datetime.now(UTC))
    ticket.answer(datetime.now(UTC), "Told on the phone.")
    message = Message.objects.get()
    message.mark_sent(datetime.now(UTC)) if state == "sent" else message.mark_rejected("550 unknown")
    message.save()

    shown = clerk.get(f"/admin/complaints/details/?id={ticket.pk}").text

    assert ("Please ask by phone" in shown) == (state == "returned")


@pytest.mark.clause("R72")
def test_the_page_says_why_nobody_was_asked_by_mail_until_they_said_something(clerk, app, actor):
    wang = User(name="王五").save()
    ticket = Complaint(content="The lamp hums.", user=wang, state="investigating").save(now=datetime.now(UTC))
    ticket.answer(datetime.now(UTC), "Told on the phone.")
    page = f"/admin/complaints/details/?id={ticket.pk}"

    assert "By phone, as no e-mail address is known." in clerk.get(page).text
    told = {"satisfaction": "fair", "told_on": "hotline"}
    clerk.send(f"/admin/complaints/do/confirm/?id={ticket.pk}", told)

    assert "Please ask the user" not in clerk.get(page).text
    assert "Fair · Hotline" in clerk.get(f"/admin/complaints/timeline/?id={ticket.pk}").text


@pytest.mark.clause("R56")
@pytest.mark.parametrize("late", [True, False])
def test_why_it_took_longer_is_asked_only_of_what_is_late(clerk, app, actor, late):
    began = datetime.now(UTC) - timedelta(days=90 if late else 0)
    ticket = Complaint(content="The lamp hums.", state="investigating").save(now=began)

    page = clerk.get(f"/admin/complaints/do/answer/?id={ticket.pk}").text
    sent = clerk.send(f"/admin/complaints/do/answer/?id={ticket.pk}", {"note": "A new lamp."})

    assert ("Why it took longer than promised" in page) is late
    assert sent.status_code == (422 if late else 302)
    assert Complaint.objects.get(pk=ticket.pk).state == ("investigating" if late else "answered")


@pytest.mark.clause("R56")
def test_a_reason_that_was_given_is_not_asked_for_again(clerk, app, actor):
    began = datetime.now(UTC) - timedelta(days=90)
    known = {"state": "investigating", "delay_reason": "The maker was away."}
    ticket = Complaint(content="The lamp hums.", **known).save(now=began)

    answer = clerk.send(f"/admin/complaints/do/answer/?id={ticket.pk}", {"note": "A new lamp."})

    assert answer.status_code == 302
    assert Complaint.objects.get(pk=ticket.pk).state == "answered"


def test_replies_that_go_out_by_themselves_are_no_choice(clerk, ticket, ready, actor):
    survey = CannedReply(name="How was it?", use="survey", english="How did we deal with it?").save()

    assert "How was it?" not in clerk.get(url(ticket)).text
    clerk.send(url(ticket), {"canned": str(survey.pk), "language": "en", "text": ""})
    assert Message.objects.count() == 0


def test_without_an_address_it_is_said_before_anybody_writes(clerk, app, actor):
    ticket = Complaint(content="The lamp hums.").save(now=datetime.now(UTC))

    page = clerk.get(url(ticket))

    assert page.status_code == 200
    assert f"No e-mail address is known for {ticket.number}." in page.text


def test_a_reply_that_was_retired_meanwhile_is_refused_in_words(clerk, ticket, ready):
    ready.active = False
    ready.save()

    answer = clerk.send(url(ticket), {"fill": "1", "canned": str(ready.pk)})

    assert answer.status_code == 200
    assert "Ready-made reply: Not a valid choice" in answer.text


@pytest.mark.parametrize("wrong", [{"language": "klingon"}, {"canned": "nonsense"}, {"text": "x" * 20_001}])
def test_what_is_no_answer_fills_nothing_in_and_loses_nothing(clerk, ticket, ready, wrong):
    given = {"text": "Dear Li,", "canned": str(ready.pk)} | wrong

    answer = fill(clerk, ticket, **given)

    assert answer.status_code == 200
    assert written(answer) == given["text"]
    assert re.search(r"(Language|Ready-made reply|What we write): \w+", answer.text)


def test_beside_it_stands_what_was_said_with_its_black_bars(clerk, ticket):
    ticket.black_out(datetime.now(UTC), "王五", "somebody else's name")

    page = clerk.get(url(ticket)).text

    assert "██ said that the lamp hums." in page
    assert "王五" not in page


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN])
def test_who_may_not_reply_gets_no_draft_either(signed_in, ticket, ready, role):
    assert fill(signed_in(role), ticket, canned=str(ready.pk)).status_code == 403
