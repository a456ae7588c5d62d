"""PDFs as small as they can be, for tests that read them."""

import io
import zlib

from pypdf import PdfWriter


def pdf(*pages: str) -> bytes:
    """A PDF with a line of text on each page, in a font that knows Chinese."""
    return assembled([f"BT /F1 12 Tf 20 200 Td <{text.encode('utf-16-be').hex()}> Tj ET" for text in pages])


def scan() -> bytes:
    """A PDF whose one page is a grey square."""
    return assembled(["0.5 g 20 20 200 200 re f"])


def locked(content: bytes, password: str) -> bytes:
    """The same PDF, which only opens with a password; with "" for everybody."""
    writer, file = PdfWriter(), io.BytesIO()
    writer.append(io.BytesIO(content))
    writer.encrypt(password, "owner", algorithm="AES-256")
    writer.write(file)
    return file.getvalue()


def bursting() -> bytes:
    """A small PDF with a page that unpacks to millions of marks."""
    return assembled(["BT /F1 12 Tf " + "<0041> Tj 0 -1 Td " * 1_000_000 + "ET"])


def assembled(drawn: list[str]) -> bytes:
    kids = " ".join(f"{4 + 2 * place} 0 R" for place in range(len(drawn)))
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(drawn)} >>".encode(),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts ["
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> >>] >>",
    ]
    for place, marks in enumerate(drawn):
        stream = zlib.compress(marks.encode())
        head = f"/Parent 2 0 R /MediaBox [0 0 300 300] /Contents {5 + 2 * place} 0 R"
        parts += [
            f"<< /Type /Page {head} /Resources << /Font << /F1 3 0 R >> >> >>".encode(),
            b"<< /Filter /FlateDecode /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream),
        ]
    file, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(parts) + 1, table)
    tail = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, len(file))
    return file + head + tail
