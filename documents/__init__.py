"""What is kept, and what is promised about it: no Flask. One file a document, one name in the list."""

from documents.absence import Absence
from documents.agreement import Agreement
from documents.attachment import Attachment
from documents.canned_reply import CannedReply
from documents.certificate import Certificate
from documents.complaint import Complaint
from documents.consent import Consent
from documents.contact_point import ContactPoint
from documents.deadline_rule import DeadlineRule
from documents.declaration.registry import register
from documents.deletion import DeletionRequest
from documents.erasure_plan import ErasurePlan
from documents.feedback import Feedback
from documents.follow_up import FollowUp
from documents.help_article import HelpArticle
from documents.hold import Hold
from documents.legal_clock import LegalClock
from documents.measure import Measure
from documents.message import Message
from documents.note import Note
from documents.price import Price
from documents.privacy_notice import PrivacyNotice
from documents.purge_guard import PurgeGuard
from documents.purge_stop import PurgeStop
from documents.quarantine import Quarantined
from documents.recall import Recall
from documents.refund import Refund
from documents.refund_rule import RefundRule
from documents.retention_rule import RetentionRule
from documents.reveal import Reveal
from documents.review import Review
from documents.service_standard import ServiceStandard
from documents.sharing import Sharing
from documents.staff import Staff
from documents.staff_mail import StaffMail
from documents.subject_request import SubjectRequest
from documents.task import Task
from documents.third_party import ThirdParty
from documents.tombstone import Tombstone
from documents.user import User
from documents.working_calendar import CalendarDay

register(Feedback, Complaint, User, Consent, DeletionRequest, Tombstone, Staff, Task)
register(Note, Message, CannedReply, Attachment, FollowUp)
register(Refund, ServiceStandard, Price, HelpArticle, ContactPoint, Review, Measure)
register(PrivacyNotice, Agreement, ThirdParty, Sharing, Recall, Hold)
register(RetentionRule, PurgeGuard, Quarantined, PurgeStop)
register(StaffMail)
register(DeadlineRule, CalendarDay, RefundRule, Absence)
register(ErasurePlan, Certificate, SubjectRequest, LegalClock, Reveal)
