"""Working time: spans, calendars, public holidays and local time. Pure: no database."""
