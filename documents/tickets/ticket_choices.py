"""What is found out about a ticket, what is done about it, and what its person says to that."""

from language.words import N_, Choice


class Frequency(Choice):
    """How often the problem shows (R47)."""

    ONCE = "once", N_("Once")
    SOMETIMES = "sometimes", N_("Sometimes")
    OFTEN = "often", N_("Often")
    ALWAYS = "always", N_("Always")


class Impact(Choice):
    """How much it matters to the user (R47)."""

    LOW = "low", N_("Hardly")
    MEDIUM = "medium", N_("Noticeably")
    HIGH = "high", N_("Severely")
    BLOCKING = "blocking", N_("Cannot work at all")


class Responsibility(Choice):
    """Whose doing it was (R62)."""

    OURS = "ours", N_("Ours")
    USERS = "users", N_("The user's")
    THIRD_PARTY = "third-party", N_("A third party's")
    SHARED = "shared", N_("Shared")
    NOBODYS = "nobodys", N_("Nobody's")


class Remedy(Choice):
    """What the person gets (R37, R62)."""

    EXPLANATION = "explanation", N_("Explanation")
    APOLOGY = "apology", N_("Apology")
    REPAIR = "repair", N_("Repair")
    REDONE = "redone", N_("Work done again")
    EXCHANGE = "exchange", N_("Exchange")
    REFUND = "refund", N_("Refund")
    COMPENSATION = "compensation", N_("Compensation")
    NOTHING = "nothing", N_("Nothing is owed")


class FeedbackResolution(Choice):
    """How feedback is dealt with (R53)."""

    FIX = "fix", N_("Fixed by a technician")
    PRODUCT_PLAN = "product-plan", N_("Assessed and put into the product plan")
    PROCESS = "process", N_("Process reviewed")
    TRAINING = "training", N_("Staff concerned trained")
    ANSWER = "answer", N_("Answered, nothing to change")


class Grade(Choice):
    """How satisfied the person is: five grades, a score each (R72)."""

    VERY_SATISFIED = "very-satisfied", N_("Very satisfied")
    SATISFIED = "satisfied", N_("Satisfied")
    FAIR = "fair", N_("Fair")
    DISSATISFIED = "dissatisfied", N_("Dissatisfied")
    VERY_DISSATISFIED = "very-dissatisfied", N_("Very dissatisfied")

    @property
    def score(self) -> int:
        """Five is best."""
        return 5 - list(Grade).index(self)

    @property
    def is_content(self) -> bool:
        return self.score >= Grade.FAIR.score


class NotValid(Choice):
    """Why feedback is dropped; the values of `documents.tickets.feedback.Screening` (R45)."""

    FALSE = "false", N_("Not true")
    UNRELATED = "unrelated", N_("Not our business")
    REPEATED = "repeated", N_("Said before")
