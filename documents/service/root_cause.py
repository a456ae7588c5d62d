"""Root causes of complaints (R69)."""

from language.words import N_, Choice


class RootCause(Choice):
    """What lies at the root of it (R69)."""

    SERVICE = "service", N_("Conduct of service")
    COMMUNICATION = "communication", N_("Communication")
    PROCESS = "process", N_("Our process")
    SKILL = "skill", N_("Knowledge or skill")
    DESIGN = "design", N_("Design of the product")
    DEFECT = "defect", N_("Defect or workmanship")
    SUPPLIER = "supplier", N_("Supplier or third party")
    SYSTEM = "system", N_("Computer system")
    EXPECTATION = "expectation", N_("Expectation that was never promised")
    OTHER = "other", N_("Other")
