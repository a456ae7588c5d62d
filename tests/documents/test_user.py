"""Whom we work for: their kinds, what we know of them, and who looks after them."""

import pytest
from bson import ObjectId
from mongoengine import ValidationError

import runtime
from documents.erasure.deletion_request import DeletionRequest
from documents.people.user import CustomerClass, Relation, Source, User, UserKind
from security.keyring import Keyring
from tests.factories import MORNING, UserFactory


@pytest.fixture(autouse=True)
def users(database, actor):
    runtime.configure(keyring=Keyring.new())
    return database["users"]


@pytest.mark.clause("R1")
@pytest.mark.parametrize(("field", "choices"), [("kind", UserKind), ("relation", Relation)])
def test_users_are_of_the_kinds_the_policy_names(field, choices):
    for choice in choices:
        assert getattr(UserFactory(**{field: choice}), field) == choice
    with pytest.raises(ValidationError, match=field):
        UserFactory(**{field: "alien"})


def test_the_kinds_are_those_of_the_policy():
    assert set(UserKind) == {"individual", "enterprise", "institution"}
    assert {"partner", "consumer", "prospect"} <= set(Relation)


@pytest.mark.clause("R2", "R98")
def test_what_we_may_know_is_kept_sealed(users):
    known = {
        "name": "李小明",
        "phone": "+86 138 0000 0000",
        "email": "li@example.com",
        "project_needs": "客廳設計",
        "design_preferences": "原木色",
    }
    user = UserFactory(**known)

    assert {name: getattr(User.objects(pk=user.pk).first(), name) for name in known} == known
    raw = str(users.find_one())
    assert not [value for value in known.values() if value in raw]


@pytest.mark.clause("R5")
def test_where_the_data_comes_from_is_always_said(users):
    user = UserFactory(source=Source.FORM, source_note="Form of 2 March")

    assert (user.source, user.source_note) == (Source.FORM, "Form of 2 March")
    with pytest.raises(ValidationError, match="source"):
        UserFactory(source="hearsay")


@pytest.mark.clause("R10", "R11")
def test_a_customer_has_a_class_and_a_manager_of_their_own():
    manager = ObjectId()
    for one in CustomerClass:
        user = UserFactory(customer_class=one, account_manager=manager)
        assert (user.customer_class, user.account_manager) == (one, manager)


@pytest.mark.clause("R28")
def test_every_user_has_a_number_of_their_own():
    numbers = [UserFactory().number for _ in range(3)]

    assert len(set(numbers)) == 3
    assert all(number.startswith("U-") for number in numbers)


@pytest.mark.clause("R24")
def test_a_deletion_is_asked_for_once():
    user = UserFactory()

    for _ in range(2):
        user.request_deletion(MORNING, "asked by letter")

    request = DeletionRequest.objects.get()
    assert (request.user, request.reason) == (user.pk, "asked by letter")


def test_a_request_for_deletion_says_nothing_of_the_person(database):
    UserFactory(name="李小明").request_deletion(MORNING, "asked by letter")

    assert "李小明" not in str(database["deletion_requests"].find_one())
