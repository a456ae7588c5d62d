"""The letter that tells of a new version of an agreement, in the language of who gets it (R23)."""

from documents.privacy.privacy_notice import NoticeKind, PrivacyNotice
from language.languages import Language

NAMES = {
    NoticeKind.AGREEMENT: {
        Language.ENGLISH: "user agreement",
        Language.SIMPLIFIED: "用户协议",
        Language.TRADITIONAL: "使用者協議",
    },
    NoticeKind.TERMS: {
        Language.ENGLISH: "terms of service",
        Language.SIMPLIFIED: "服务条款",
        Language.TRADITIONAL: "服務條款",
    },
}
WORDS = {
    Language.ENGLISH: (
        "Our %(name)s has changed",
        "There is a new version of our %(name)s (%(number)s), in force since %(day)s. What is new:\n\n%(news)s\n\n"
        "Please read it and tell us whether you agree. If you do not, or have a question, write to %(contact)s.",
    ),
    Language.SIMPLIFIED: (
        "我们的%(name)s已更新",
        "我们的%(name)s有了新版本（%(number)s），自 %(day)s 起生效。主要变更如下：\n\n%(news)s\n\n"
        "请您阅读并告知是否同意。如果不同意或有疑问，请联系 %(contact)s。",
    ),
    Language.TRADITIONAL: (
        "我們的%(name)s已更新",
        "我們的%(name)s有了新版本（%(number)s），自 %(day)s 起生效。主要變更如下：\n\n%(news)s\n\n"
        "請您閱讀並告知是否同意。如果不同意或有疑問，請聯絡 %(contact)s。",
    ),
}


def letter(notice: PrivacyNotice, language: Language) -> tuple[str, str]:
    """Return subject and text."""
    subject, text = WORDS[language]
    name = NAMES[NoticeKind(notice.kind)][language]
    words = {
        "name": name,
        "number": notice.number,
        "day": f"{notice.published_at:%Y-%m-%d}",
        "news": notice.news(language.value),
        "contact": notice.contact,
    }
    return subject % words, text % words
