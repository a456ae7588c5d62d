"""What is kept, and what is promised about it: no Flask. One file a document, one name in the list."""

from documents.conversation.attachment import Attachment
from documents.conversation.canned_reply import CannedReply
from documents.conversation.message import Message
from documents.conversation.note import Note
from documents.deadlines.calendar_override import CalendarDay
from documents.deadlines.deadline_rule import DeadlineRule
from documents.erasure.certificate import Certificate
from documents.erasure.deletion_request import DeletionRequest
from documents.erasure.erasure_plan import ErasurePlan
from documents.erasure.tombstone import Tombstone
from documents.people.user import User
from documents.privacy.agreement import Agreement
from documents.privacy.consent import Consent
from documents.privacy.data_recall import DataRecall
from documents.privacy.data_sharing import DataSharing
from documents.privacy.pii_access import PiiAccess
from documents.privacy.privacy_notice import PrivacyNotice
from documents.privacy.statutory_deadline import StatutoryDeadline
from documents.privacy.subject_request import SubjectRequest
from documents.privacy.third_party import ThirdParty
from documents.retention.purge_approval import PurgeApproval
from documents.retention.purge_limit import PurgeLimit
from documents.retention.quarantine import QuarantinedRecord
from documents.retention.retention_rule import RetentionRule
from documents.service.contact_point import ContactPoint
from documents.service.corrective_action import CorrectiveAction
from documents.service.help_article import HelpArticle
from documents.service.price import Price
from documents.service.refund_rule import RefundRule
from documents.service.review import Review
from documents.staff.absence import Absence
from documents.staff.staff import Staff
from documents.tickets.complaint import Complaint
from documents.tickets.feedback import Feedback
from documents.tickets.follow_up import FollowUp
from documents.tickets.refund import Refund
from documents.tickets.service_standard import ServiceStandard
from documents.work.notification_email import NotificationEmail
from documents.work.task import Task
from records.declaration.registry import register
from records.legal_hold import LegalHold

register(Feedback, Complaint, User, Consent, DeletionRequest, Tombstone, Staff, Task)
register(Note, Message, CannedReply, Attachment, FollowUp)
register(Refund, ServiceStandard, Price, HelpArticle, ContactPoint, Review, CorrectiveAction)
register(PrivacyNotice, Agreement, ThirdParty, DataSharing, DataRecall, LegalHold)
register(RetentionRule, PurgeLimit, QuarantinedRecord, PurgeApproval)
register(NotificationEmail)
register(DeadlineRule, CalendarDay, RefundRule, Absence)
register(ErasurePlan, Certificate, SubjectRequest, StatutoryDeadline, PiiAccess)
