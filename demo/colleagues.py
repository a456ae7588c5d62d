"""The company's staff: one account a role to sign in with, and those who handle the tickets."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from secrets import choice

from demo.random_choices import id_from, some_day
from documents.staff.staff import Department, Staff
from security.actor import Actor
from security.permissions import Role
from working_time.regions import Region

SIGN_INS = {
    Role.STAFF: "周雨桐",
    Role.SUPERVISOR: "林雅婷",
    Role.COMPLIANCE: "Helen Carter",
    Role.AUDITOR: "顾文澜",
    Role.ADMIN: "許志豪",
}
SECOND_OFFICER = ("沈若琳", "second-officer")
"""Approves what the first has planned."""
HANDLERS = {
    "zh_CN": {
        "陈嘉宁": "jianing.chen",
        "陆一鸣": "yiming.lu",
        "宋知夏": "zhixia.song",
        "唐婉清": "wanqing.tang",
    },
    "zh_TW": {"張庭瑋": "tingwei.chang", "黃詩涵": "shihhan.huang", "吳柏翰": "pohan.wu"},
    "en": {"Oliver Grant": "oliver.grant", "Priya Nair": "priya.nair"},
}
REGIONS = {"zh_CN": (Region.CN,), "zh_TW": (Region.TW,)}
DEPARTMENTS = (Department.COMPLAINTS, Department.SERVICE)
OF_THE_ACCOUNT = "zh_CN"
HEAD_OF_SERVICE = ("魏海东", "haidong.wei")
LEFT_THE_COMPANY = ("Daniel Moore", "daniel.moore")
HOST = "steward.example"
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that reads like something else


@dataclass(frozen=True)
class Colleagues:
    """Who works here: those who sign in to the demo, those who handle tickets by language, and others."""

    accounts: dict[Role, Staff]
    second_officer: Staff
    handlers: dict[str, list[Staff]]
    others: list[Staff]

    def handling(self, language: str) -> list[Staff]:
        """Those who handle tickets in this language; the account of a plain member of staff has work too."""
        return [
            *self.handlers[language],
            *([self.accounts[Role.STAFF]] if language == OF_THE_ACCOUNT else []),
        ]

    def everyone(self) -> list[Staff]:
        return [
            *self.accounts.values(),
            self.second_officer,
            *(one for group in self.handlers.values() for one in group),
            *self.others,
        ]


def colleagues(rng: Random, now: datetime) -> Colleagues:
    """Everyone on the staff; nobody has a password yet."""

    def hired(
        name: str, address: str, role: Role, department: Department = Department.OTHER, *regions: Region
    ) -> Staff:
        created = some_day(rng, now, 2300, 1900)
        return Staff(
            id=id_from(rng, created),
            name=name,
            email=f"{address}@{HOST}",
            roles=[role.value],
            department=department,
            regions=list(regions),
            created_at=created,
            fs_uniquifier=uuid.uuid4().hex,
        )

    left = hired(*LEFT_THE_COMPANY, Role.STAFF)
    left.active = False
    accounts = {role: hired(name, role.value, role) for role, name in SIGN_INS.items()}
    accounts[Role.STAFF].department = Department.PRODUCT
    handlers = {
        language: [
            hired(name, address, Role.STAFF, DEPARTMENTS[place % 2], *REGIONS.get(language, ()))
            for place, (name, address) in enumerate(group.items())
        ]
        for language, group in HANDLERS.items()
    }
    head = hired(*HEAD_OF_SERVICE, Role.SUPERVISOR, Department.SERVICE)
    return Colleagues(accounts, hired(*SECOND_OFFICER, Role.COMPLIANCE), handlers, [head, left])


def give_passwords(staff: Colleagues, hash_password: Callable[[str], str]) -> dict[str, dict[str, str]]:
    """Let the account of each role sign in, and the second officer; return role, address and password of
    each, which are kept nowhere else."""
    sign_ins = {}
    accounts = {role.value: member for role, member in staff.accounts.items()}
    for name, member in (accounts | {"second-officer": staff.second_officer}).items():
        password = "-".join("".join(choice(READABLE) for _ in range(5)) for _ in range(3))
        member.password = hash_password(password)
        sign_ins[name] = {"role": member.roles[0], "email": member.email, "password": password}
    return sign_ins


def as_actor(member: Staff) -> Actor:
    """The member of staff as the author of a change."""
    return Actor(f"staff:{member.pk}", member.name, member.may_roles(), origin="demo")
