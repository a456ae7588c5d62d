"""The pages of tickets: steps by role, papers, black bars, the line of time and the board."""

import re
from datetime import timedelta
from io import BytesIO

import pytest

from documents.conversation.attachment import Attachment
from documents.conversation.note import Note
from documents.deadlines.calendar_override import CalendarDay
from documents.people.user import User
from documents.tickets.complaint import Complaint
from documents.tickets.dispute import Outcome
from documents.tickets.repeat_detection import link_recurrences
from documents.tickets.states import State
from documents.tickets.workflows import COMPLAINT_WORKFLOW
from records.declaration.actions import Upload
from records.storage import writer
from records.storage.audit import AuditEntry
from security.permissions import TICKETS, Role, may
from tests.documents.test_attachments import PNG

S = State


@pytest.fixture
def person(app, actor, now):
    return User(name="李雷").save(now=now)


@pytest.fixture
def ticket(person, now):
    return Complaint(content="王五 said that the lamp hums.", user=person).save(now=now)


def page(browser, ticket, name="details", collection="complaints"):
    return browser.get(f"/admin/{collection}/{name}/?id={ticket.pk}")


def do(browser, ticket, verb, **answers):
    return browser.send(f"/admin/complaints/do/{verb}/?id={ticket.pk}", answers)


@pytest.mark.parametrize("role", Role)
def test_every_step_is_open_to_the_roles_that_the_table_names(signed_in, actor, now, role):
    browser = signed_in(role)
    for step in COMPLAINT_WORKFLOW.transitions.values():
        ticket = Complaint(content="It hums.", state=min(step.sources)).save(now=now)

        answer = browser.get(f"/admin/complaints/do/{step.name}/?id={ticket.pk}")

        assert (answer.status_code == 403) != may({role}, step.requires, TICKETS), step.name
        offered = f"/admin/complaints/do/{step.name}/" in page(browser, ticket).text
        assert offered == may({role}, step.requires, TICKETS), step.name


@pytest.mark.clause("R45")
def test_an_illegal_step_is_refused_in_words_and_changes_nothing(signed_in, ticket):
    browser = signed_in(Role.STAFF)

    answer = do(browser, ticket, "close", note="done", cause="process", measures="none")

    assert answer.status_code == 302
    assert "is not possible" in page(browser, ticket).text
    assert Complaint.objects.get(pk=ticket.pk).version == ticket.version


@pytest.mark.clause("R69")
def test_what_a_step_lacks_is_said_on_its_form_and_the_answers_stay(signed_in, actor, now):
    ticket = Complaint(content="It hums.", state=S.CONFIRMED, due_at=now).save(now=now)
    browser = signed_in(Role.STAFF)

    answer = do(browser, ticket, "close", note="A new lamp.", delay_reason="Parts.", cause="defect")

    assert answer.status_code == 422
    assert "only with its measures" in answer.text
    assert "A new lamp." in answer.text
    assert Complaint.objects.get(pk=ticket.pk).state == S.CONFIRMED


class TestEvidence:
    @pytest.fixture
    def evidence(self, ticket, now):
        return Attachment.on(ticket, Upload('灯 "1".png', "text/html", PNG), "the lamp", now)

    @pytest.mark.clause("R61")
    def test_a_file_is_sent_from_the_page_and_fetched_as_a_file(self, signed_in, ticket):
        browser = signed_in(Role.STAFF)

        sent = do(browser, ticket, "attach", file=(BytesIO(PNG), "lamp.png"), what="the lamp")
        assert sent.status_code == 302, sent.text

        one = Attachment.objects.get()
        assert f"/admin/attachments/file/?id={one.pk}" in page(browser, ticket).text
        answer = page(browser, one, "file", "attachments")
        assert answer.data == PNG
        assert AuditEntry.objects.get(record=one.pk, deed="export").actor_name == browser.staff.name

    def test_no_browser_shows_it_as_a_page(self, signed_in, evidence):
        headers = page(signed_in(Role.STAFF), evidence, "file", "attachments").headers

        assert headers["Content-Type"] == "image/png"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Disposition"].startswith("attachment;")
        assert "\n" not in headers["Content-Disposition"]
        assert "no-store" in headers["Cache-Control"]

    @pytest.mark.parametrize(("role", "status"), [(r, 403 if r is Role.ADMIN else 200) for r in Role])
    def test_only_those_who_handle_or_audit_tickets_fetch_it(self, signed_in, evidence, role, status):
        assert page(signed_in(role), evidence, "file", "attachments").status_code == status

    def test_nobody_signed_in_gets_nothing(self, client, evidence):
        assert page(client, evidence, "file", "attachments").status_code in {302, 401}

    def test_a_page_in_disguise_is_refused_on_the_form(self, signed_in, ticket):
        html = BytesIO(b"<html><script>alert(1)</script></html>")

        answer = do(signed_in(Role.STAFF), ticket, "attach", file=(html, "lamp.png"))

        assert answer.status_code == 422
        assert "not kept" in answer.text
        assert Attachment.objects.count() == 0


def test_black_bars_lie_over_the_words_in_list_and_page_until_somebody_says_why(signed_in, ticket, now):
    ticket.black_out(now, "王五", "somebody else's name")
    browser = signed_in(Role.STAFF)

    assert "王五" not in page(browser, ticket).text
    assert "██ said" in page(browser, ticket).text
    assert "王五" not in browser.get("/admin/complaints/").text

    shown = browser.send(
        f"/admin/complaints/reveal/?id={ticket.pk}",
        {"fields": "content", "reason": "the original is asked for"},
    )
    assert "王五" in shown.text
    assert AuditEntry.objects.get(deed="reveal").reason == "the original is asked for (content)"


@pytest.mark.clause("R55")
def test_a_merged_tickets_papers_and_steps_are_shown_with_the_one_that_goes_on(
    signed_in, ticket, person, now
):
    double = Complaint(content="The lamp hums!", user=person).save(now=now)
    double.add_note(now, "The same lamp, it seems.")
    double.merge(now, merged_into=ticket.pk, note="one lamp")
    browser = signed_in(Role.STAFF)

    text = page(browser, ticket).text
    assert "The same lamp, it seems." in text
    assert double.number in text
    assert f"{double.number}: Merged into another" in page(browser, ticket, "timeline").text


class TestTimeline:
    @pytest.mark.clause("R51", "R64")
    def test_steps_notes_files_changes_and_clocks_stand_on_one_page(self, signed_in, ticket, now):
        ticket.screen(now)
        ticket.add_note(now, "Ask the workshop.")
        Attachment.on(ticket, Upload("lamp.png", "image/png", PNG), "", now)
        ticket = Complaint.objects.get(pk=ticket.pk)
        ticket.priority = "high"
        ticket.save(now=now)

        text = page(signed_in(Role.STAFF), ticket, "timeline").text

        for words in ("Screening", "Ask the workshop.", "lamp.png", "Priority", "Due: First response"):
            assert words in text

    def test_it_names_who_deals_with_it_and_who_was_told(self, signed_in, account, ticket, now):
        bob = account(Role.STAFF, name="Bob")
        browser = signed_in(Role.SUPERVISOR)
        do(browser, ticket, "give", to=str(bob.pk))

        text = page(browser, ticket, "timeline").text

        assert "Assignee: Bob" in text
        assert "told to Bob" in text

    @pytest.mark.clause("R68")
    def test_a_dispute_stands_there_with_its_court_its_number_and_its_end(self, signed_in, actor, now):
        known = {"cause": "communication", "measures": "A call first."}
        ticket = Complaint(content="x", state=S.NEGOTIATION).save(now=now)
        ticket.litigate(now, "Pudong Court", "2026-1234")
        ticket.close(now + timedelta(hours=1), "Over.", **known, outcome=Outcome.IN_PART)

        text = page(signed_in(Role.STAFF), ticket, "timeline").text

        for words in ("Pudong Court", "Case number: 2026-1234", "Litigation: Decided in part for each"):
            assert words in text

    @pytest.mark.clause("R44")
    def test_what_was_keyed_in_late_is_marked(self, signed_in, actor, now):
        late = Complaint(content="x", channel="hotline", received_at=now - timedelta(hours=5)).save(now=now)
        soon = Complaint(content="x", channel="hotline", received_at=now - timedelta(hours=3)).save(now=now)
        browser = signed_in(Role.STAFF)

        assert "keyed in late" in page(browser, late, "timeline").text
        assert "keyed in late" not in page(browser, soon, "timeline").text

    def test_it_asks_little_of_the_database(self, signed_in, ticket, now, commands):
        for number in range(12):
            ticket.add_note(now, f"note {number}")
        browser = signed_in(Role.STAFF)
        page(browser, ticket, "timeline")
        commands.forget()

        page(browser, ticket, "timeline")

        ours = {"complaints", "notes", "attachments", "audit", "outbox", "follow_ups"}
        assert len([1 for name, on in commands.sent if name in {"find", "aggregate"} and on in ours]) <= 6

    def test_who_may_not_read_notes_does_not_see_them_there(self, signed_in, ticket, now):
        ticket.add_note(now, "Ask the workshop.")

        assert "Ask the workshop." not in page(signed_in(Role.ADMIN), ticket, "timeline").text
        assert Note.objects.count() == 1


class TestBoard:
    def board(self, browser, query=""):
        answer = browser.get(f"/admin/complaints/board/{query}")
        assert answer.status_code == 200
        return answer.text

    def test_the_register_leads_there(self, signed_in):
        assert 'href="/admin/complaints/board/"' in signed_in(Role.STAFF).get("/admin/complaints/").text

    @pytest.mark.clause("R51")
    def test_open_tickets_stand_under_their_state_and_closed_ones_nowhere(self, signed_in, actor, now):
        waiting = Complaint(content="x", state=S.WAITING).save(now=now)
        closed = Complaint(content="x", state=S.CLOSED, closed_at=now).save(now=now)

        text = self.board(signed_in(Role.STAFF))

        column = text.split('id="column-waiting"')[1].split("</section>")[0]
        assert waiting.number in column
        assert closed.number not in text

    def test_a_column_shows_so_many_and_links_to_the_rest(self, signed_in, actor, now):
        for _number in range(22):
            Complaint(content="x", state=S.WAITING).save(now=now)

        text = self.board(signed_in(Role.STAFF))

        assert text.count('class="board-card"') == 20
        assert "/admin/complaints/?state=waiting" in text
        assert '<span class="count">22</span>' in text

    @pytest.fixture
    def four(self, signed_in, actor, now):
        """A browser, and tickets: mine, Bob's, nobody's and an urgent one of nobody's."""
        browser, bob = signed_in(Role.STAFF), signed_in(Role.STAFF, name="Bob").staff
        facts = [
            {"assignee": browser.staff.pk, "kind": "price"},
            {"assignee": bob.pk},
            {},
            {"priority": "urgent"},
        ]
        return browser, bob, [Complaint(content="x", **one).save(now=now).number for one in facts]

    def shown(self, browser, query):
        return re.findall(r"C-\d{4}-\d{6}(?=</a>)", self.board(browser, query))

    @pytest.mark.clause("R51")
    @pytest.mark.parametrize(
        ("query", "places"),
        [
            ("", {0, 1, 2, 3}),
            ("?assignee=me", {0}),
            ("?assignee=nobody", {2, 3}),
            ("?assignee=BOB", {1}),
            ("?kind=price", {0}),
            ("?priority=urgent", {3}),
            ("?assignee=nobody&priority=normal", {2}),
            ("?assignee=nonsense&kind=none&priority=", {0, 1, 2, 3}),
        ],
    )
    def test_it_is_narrowed_by_whose_which_kind_and_how_urgent(self, four, query, places):
        browser, bob, numbers = four

        found = self.shown(browser, query.replace("BOB", str(bob.pk)))

        assert set(found) == {numbers[place] for place in places}

    def test_what_it_is_narrowed_to_stands_in_its_controls_and_in_the_way_to_the_list(self, four):
        browser, _bob, _numbers = four

        text = self.board(browser, "?assignee=nobody&priority=urgent")

        assert '<option value="nobody" selected>Nobody' in text
        assert '<option value="urgent" selected>Urgent' in text
        assert "/admin/complaints/?closed_at=empty&amp;assignee=empty&amp;priority=urgent" in text


class TestKindred:
    """What other tickets mean for this one stands on top of its page."""

    @pytest.mark.clause("R55", "R67")
    def test_the_same_trouble_again_is_said_on_both(self, signed_in, ticket, person, now):
        again = Complaint(content="It hums again.", user=person).save(now=now + timedelta(days=2))
        writer.save(*link_recurrences([again], now), again, now=now)
        browser = signed_in(Role.STAFF)

        assert "The same trouble again" in page(browser, again).text
        assert f"details/?id={ticket.pk}" in page(browser, again).text
        assert f"details/?id={again.pk}" in page(browser, ticket).text

    @pytest.mark.clause("R55")
    def test_a_merged_ticket_says_where_it_goes_on(self, signed_in, ticket, person, now):
        double = Complaint(content="The lamp hums!", user=person).save(now=now)
        double.merge(now, merged_into=ticket.pk, note="one lamp")
        browser = signed_in(Role.STAFF)

        assert "was merged and goes on in another" in page(browser, double).text
        assert "were merged into this one" in page(browser, ticket).text

    def test_a_double_that_was_merged_is_not_called_the_same_trouble_again(
        self, signed_in, ticket, person, now
    ):
        double = Complaint(content="The lamp hums!", user=person).save(now=now + timedelta(days=1))
        writer.save(*link_recurrences([double], now), double, now=now)
        double.merge(now, merged_into=ticket.pk, note="one lamp")

        text = page(signed_in(Role.STAFF), ticket).text

        assert "were merged into this one" in text
        assert "The same trouble again. Tickets" not in text

    def test_one_without_others_says_nothing(self, signed_in, ticket):
        assert "same trouble" not in page(signed_in(Role.STAFF), ticket).text


class TestOffers:
    """One to three usual steps are buttons; the rest waits in the menu, by subject."""

    def offered(self, browser, ticket):
        bar, menu = (
            page(browser, ticket).text.split('class="actions"')[1].split("</header>")[0].split("<details", 1)
        )
        return bar, menu.split("</details>")[0]

    @pytest.mark.parametrize(
        ("state", "usual"),
        [
            (S.SCREENING, ["Mark as assigned", "Ask the user", "Drop"]),
            (S.INVESTIGATING, ["Propose a solution", "Record our answer", "Reply to the user"]),
            (S.CONFIRMED, ["Close", "Reply to the user"]),
        ],
    )
    def test_the_usual_steps_of_a_state_are_buttons_the_first_is_the_primary_one(
        self, signed_in, actor, now, state, usual
    ):
        browser = signed_in(Role.STAFF)
        ticket = Complaint(content="x", state=state, assignee=browser.staff.pk).save(now=now)

        bar, menu = self.offered(browser, ticket)

        labels = re.findall(r'class="button[^"]*"[^>]*>([^<]+)<', bar)
        assert labels[: len(usual) + 1] == [*usual, "Edit"]
        assert re.findall(r'class="button primary[^"]*"[^>]*>([^<]+)<', bar) == usual[:1]
        assert not [label for label in usual if f">{label}<" in menu]

    def test_what_is_nobodys_is_to_be_taken_on_first(self, signed_in, ticket):
        bar, _menu = self.offered(signed_in(Role.STAFF), ticket)

        assert re.findall(r'class="button primary[^"]*"[^>]*>([^<]+)<', bar) == ["Take it on"]

    def test_the_menu_is_grouped_and_ends_each_group_with_what_destroys(self, signed_in, ticket):
        _bar, menu = self.offered(signed_in(Role.SUPERVISOR), ticket)

        groups = re.findall(r'<p id="acts-\w+">([^<]+)<', menu)
        assert groups == [
            "Who deals with it",
            "Next steps",
            "Promises and measures",
            "Papers",
            "Personal data",
        ]
        papers = menu.split("acts-papers")[2].split("</div>")[0]
        assert re.findall(r'class="item[^"]*"[^>]*>([^<]+)<', menu.split('id="acts-data"')[1])[-1] == "Delete"
        assert "Add a note" in papers

    def test_among_the_next_steps_stand_steps_alone(self, signed_in, ticket):
        _bar, menu = self.offered(signed_in(Role.SUPERVISOR), ticket)

        steps = menu.split('<p id="acts-life">')[1].split("</div>")[0]
        labels = set(re.findall(r'class="item[^"]*"[^>]*>([^<]+)<', steps))
        assert labels
        assert labels <= {step.label for step in COMPLAINT_WORKFLOW.transitions.values()}

    def test_a_step_that_asks_one_thing_asks_it_by_its_name(self, signed_in, actor, now):
        ticket = Complaint(content="x", state=S.DISSATISFIED).save(now=now)
        browser = signed_in(Role.SUPERVISOR)

        button = re.search(r"<button[^>]*>Negotiate</button>", page(browser, ticket).text)[0]
        asked = do(browser, ticket, "negotiate").text

        assert 'data-confirm="Negotiate" data-reason="With whom, and about what"' in button
        assert '<label for="reason">With whom, and about what ' in asked
        assert Complaint.objects.get(pk=ticket.pk).state == S.DISSATISFIED

    def test_a_record_with_few_things_to_do_has_no_menu(self, signed_in, actor):
        browser = signed_in(Role.ADMIN)
        day = CalendarDay(calendar="TW", day="2026-07-10", reason="Typhoon").save()

        text = browser.get(f"/admin/calendar_days/details/?id={day.pk}").text

        assert "more-acts" not in text
        assert ">Withdraw<" in text
