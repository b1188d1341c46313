//! The one iCalendar writer (RFC 5545).
